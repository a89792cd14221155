"""`poseloom data show`: rows and pairs as one page; `poseloom data mean-pose`: the rotation nearest to all."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tasks" / "mesh_recovery"))

from people_tables import drawn_table

import poseloom
from poseloom.cli.main import main
from poseloom.data import Table, describe_table, pair_table, prepare
from poseloom.data.sources.procedural import Procedural
from poseloom.pose.rotations import rotvec_to_rotmat


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """A table of eight drawn people, described and in pairs, and the folder of its pictures."""
    folder = tmp_path_factory.mktemp("people")
    table = drawn_table(folder, rows=8)
    describe_table(table)
    pair_table(table)
    return table, folder / "pictures" / "drawn"


def test_a_page_shows_pictures_bodies_and_texts(people, tmp_path):
    table, pictures = people
    page = tmp_path / "people.html"
    assert (
        main(["data", "show", str(table), "--pictures", str(pictures), "--out", str(page), "-n", "3", "--first"]) == 0
    )
    told = page.read_text(encoding="utf-8")
    rows = Table(table)
    assert [rows.id(row) in told for row in range(5)] == [True, True, True, False, False]
    assert told.count("<article>") == 3 and told.count('src="data:image/webp') == 9, "picture, upright, as it is seen"
    assert all(rows.texts(row)[0].text.split(".")[0].replace("'", "&#x27;") in told for row in range(3))
    assert not re.search(r"(src|href)=\"(?!data:)", told), "nothing is fetched"


def test_pairs_are_shown_with_their_instructions(people, tmp_path):
    table, pictures = people
    page = tmp_path / "pairs.html"
    asked = ["data", "show", str(table), "--pictures", str(pictures), "--out", str(page), "--pairs", "-n", "2"]
    assert main([*asked, "--no-bodies"]) == 0
    told = page.read_text(encoding="utf-8")
    assert told.count("<article>") == 2 and told.count("<img") == 4


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--out", "a.png"], "expected a name that ends in .html"),
        (["--out", "a.html", "-n", "0"], "-n 0: expected 1 to 1,000"),
        (["--out", "a.html", "--split", "nowhere"], "has no rows of split nowhere"),
        (["--out", "a.html", "--pictures", "elsewhere"], "is missing"),
    ],
)
def test_what_cannot_be_shown(people, tmp_path, capsys, monkeypatch, more, words):
    monkeypatch.chdir(tmp_path)
    assert main(["data", "show", str(people[0]), *more]) == 2
    assert words in capsys.readouterr().err and not list(tmp_path.iterdir())


def test_the_mean_pose_is_nearer_to_all_than_any_of_them(tmp_path, capsys):
    table, out = tmp_path / "T", tmp_path / "mean.npz"
    prepare(Procedural(rows=30), table)
    assert main(["data", "mean-pose", str(table), "--out", str(out)]) == 0
    assert "the mean of 30 poses" in capsys.readouterr().out
    poses = rotvec_to_rotmat(Table(table).poses().without_heading().rotations[:, :22])
    mean = rotvec_to_rotmat(poseloom.load(out).pose.rotations[0, :22])

    def away(one):
        return (poses - one).square().sum((-2, -1)).sum(0)

    others = torch.stack([away(one) for one in poses])
    assert bool((away(mean) <= others.amin(0) + 1e-4).all())
