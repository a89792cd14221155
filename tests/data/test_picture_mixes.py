"""The mixes of the benchmark as data, and those in a user's file."""

import json

import pytest

from poseloom.base.errors import PoseloomError
from poseloom.cli.main import main
from poseloom.data.picture_mixes import MIXES, find_mix, outside
from poseloom.data.sources.catalogue import NAMES


def test_the_eleven_mixes_are_there_with_all_of_their_shares():
    assert [one.name for one in MIXES] == [f"mix-{number}" for number in range(1, 12)]
    for one in MIXES:
        assert sum(one.shares.values()) == pytest.approx(1.0, abs=1e-9)
        assert set(one.shares) <= {*NAMES, *outside()}
    assert find_mix("Mix-6").shares["eft-mpii"] == 0.021 and find_mix("mix-4").mse == 53.9
    assert find_mix("mix-2").line == "mix-2: h36m 0.5, mpi-inf-3dhp 0.3, eft-coco 0.2 (MSE 55.98, L1 55.25 mm)"


def test_a_mix_of_ones_own(tmp_path):
    path = tmp_path / "mine.json"
    path.write_text(json.dumps({"shares": {"coco": 3, "photos": 1}}))
    assert find_mix(str(path)).shares == {"coco": 3, "photos": 1} and find_mix(str(path)).name == "mine"


@pytest.mark.wrong_types
@pytest.mark.parametrize(
    ("content", "line"),
    [
        ({"shares": {"cocoo": 1}}, "did you mean 'coco'"),
        ({"shares": {"coco": 0}}, "expected a share above 0, got 0"),
        ({"shares": {"coco": "much"}}, "expected a share above 0, got 'much'"),
        ({"shares": {}}, "names no data set"),
        ([], "expected a table of shares"),
    ],
)
def test_wrong_mixes_are_told(tmp_path, content, line):
    (tmp_path / "mine.json").write_text(json.dumps(content))
    with pytest.raises(PoseloomError, match=line):
        find_mix(str(tmp_path / "mine.json"))
    with pytest.raises(PoseloomError, match="unknown mix 'mix-12'"):
        find_mix("mix-12")


def test_the_command_shows_them(capsys):
    assert main(["data", "list", "--mixes"]) in (0, None)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 11 and lines[3] == "mix-4: h36m 0.2, muco 0.3, eft-coco 0.5 (MSE 53.90 mm)"
    assert main(["data", "list", "--json"]) in (0, None)
    told = json.loads(capsys.readouterr().out)
    assert told["mixes"][0]["shares"] == {"h36m": 0.34, "mpi-inf-3dhp": 0.33, "coco": 0.33}
    assert {"coco", "photos", "deepfashion"} <= {one["name"] for one in told["sources"]}
