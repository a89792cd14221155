"""An index of one space: what is found by a photo, a pose, words and mixtures; sheets; chains from photos to words."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "mesh_recovery"))

from people_tables import drawn_table

import poseloom
from poseloom.base.errors import FileError, PoseloomError
from poseloom.checkpoints import space_index
from poseloom.checkpoints.space_index import BOX, PICTURE, build_space_index
from poseloom.cli.main import main
from poseloom.data import Table
from poseloom.search import Index, TableRows, build_index
from poseloom.tasks.common.recipes import open_recipe
from poseloom.training import fit

QUIET = [("engine.loggers", "[]"), ("engine.accelerator", "cpu")]
WORDS = "The person stands with both arms raised."


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """A table of twelve drawn people and its pictures; a space and a model of bodies, each of a few steps."""
    folder = tmp_path_factory.mktemp("people")
    table = drawn_table(folder, rows=12)
    pictures, features = folder / "pictures" / "drawn", folder / "features"
    data = [("data.table", str(table)), ("data.pictures", str(pictures)), ("data.features", str(features))]
    stage = [("stages.train.epochs", "0"), ("stages.train.steps", "2"), ("stages.train.batch_size", "4")]
    task, recipe = open_recipe("embedding/tiny", [*QUIET, *data])
    space = fit(task.build(recipe), recipe, folder / "space").model
    task, recipe = open_recipe("embedding/bodies", [*QUIET, *data, *stage, ("space", str(space))])
    bodies = fit(task.build(recipe), recipe, folder / "bodies").model
    return Table(table), pictures, features, space, bodies


@pytest.fixture(scope="module")
def index(people, tmp_path_factory):
    """An index of the pictures."""
    table, pictures, features, space, _ = people
    out = tmp_path_factory.mktemp("index") / "I"
    build_space_index(table, out, space, pictures=pictures, features=features)
    return out


def _box(people, row):
    return [float(one) for one in people[0].pictures([row]).box[0]]


@pytest.mark.parametrize("modality", ["image", "pose", "text"])
def test_rows_are_found_by_what_their_own_vectors_say(people, tmp_path, modality):
    table, pictures, features, space, _ = people
    built = build_space_index(table, tmp_path / "I", space, modality, pictures=pictures, features=features)
    index, model = Index(tmp_path / "I"), poseloom.load_model(space, "embedding")
    assert built.rows == len(table) and index.manifest.embedder == f"{model.name}/{modality}"
    given = {"image": str(pictures / "5.png"), "pose": table.poses([5]), "text": WORDS}
    asked = model.embed(image=given["image"], boxes=[_box(people, 5)], pose=given["pose"], target=modality)
    found = poseloom.find(None, index, 3, image=given["image"], pose=given["pose"], box=_box(people, 5), model=space)
    nearest = index.nearest(asked.vectors[0].numpy(), 3)
    assert [hit.row for hit in found] == [hit.row for hit in nearest]
    assert found[0].score == pytest.approx(nearest[0].score, abs=1e-5)


def test_rows_tell_their_pictures_and_their_boxes(people, index):
    table, pictures, *_ = people
    for row in (0, 7):
        hit = Index(index).hit(row)
        assert Path(hit.metadata[PICTURE]) == (pictures / f"{row}.png").resolve() and hit.id == table.id(row)
        assert [float(one) for one in hit.metadata[BOX].split()] == pytest.approx(_box(people, row), rel=1e-4)


def test_words_change_what_a_photo_finds(people, index):
    _, pictures, _, space, _ = people
    photo = {"image": pictures / "2.png", "box": _box(people, 2), "model": space}
    alone, mixed = poseloom.find(None, index, **photo), poseloom.find(WORDS, index, **photo)
    assert [hit.score for hit in alone] != [hit.score for hit in mixed]
    assert [hit.row for hit in mixed] == [hit.row for hit in poseloom.find(None, index, text=WORDS, **photo)]


def test_what_an_index_cannot_be_asked(people, index, tmp_path):
    table, pictures, _, space, _ = people
    build_index(TableRows(table), tmp_path / "geometry")
    with pytest.raises(FileError, match=r"takes words or a pose alone, no photo and no mixture; .*--model embedding"):
        poseloom.find(None, tmp_path / "geometry", image=pictures / "0.png")
    with pytest.raises(PoseloomError, match="nothing is asked"):
        poseloom.find(None, index)
    with pytest.raises(PoseloomError, match="give words once"):
        poseloom.find("arms up", index, text="arms up")
    other = tmp_path / "other.safetensors"
    other.write_bytes(Path(space).read_bytes())
    card = json.loads(Path(space).with_suffix(".json").read_text())
    tensors = poseloom.load_model(space).model.state_dict()
    from safetensors.torch import save

    changed = save({name: value + 0.01 for name, value in tensors.items()})
    other.write_bytes(changed)
    import hashlib

    card["sha256"] = hashlib.sha256(changed).hexdigest()
    other.with_suffix(".json").write_text(json.dumps(card))
    with pytest.raises(FileError, match=r"has vectors made by .* the model is"):
        poseloom.find("arms up", index, model=other)
    with pytest.raises(PoseloomError, match="'imge' is unknown"):
        build_space_index(table, tmp_path / "wrong", space, "imge")


def test_the_commands_search_with_a_mixture_and_show_a_sheet(people, tmp_path, capsys):
    table, pictures, features, space, _ = people
    out, sheet = tmp_path / "I", tmp_path / "found.png"
    kept = ["--pictures", str(pictures), "--features", str(features)]
    assert main(["index", "build", str(table.path), "--model", str(space), *kept, "--out", str(out)]) == 0
    box = ["--box", *[f"{one:g}" for one in _box(people, 3)]]
    asked = ["search", "arms up", "--index", str(out), "--model", str(space), "--image", str(pictures / "3.png"), *box]
    capsys.readouterr()
    assert main([*asked, "-k", "4", "--sheet", str(sheet), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert len(told["hits"]) == 4 and told["sheet"] == str(sheet)
    from PIL import Image

    assert Image.open(sheet).width > 600, "the photo and four people, three in a row"
    pictures_shown = sheet.read_bytes()
    assert main([*asked, "-k", "4", "--render", str(sheet), "--json"]) == 0
    capsys.readouterr()
    assert sheet.read_bytes() == pictures_shown, "--sheet is another name of --render"
    assert main([*asked, "-k", "4", "--render", str(sheet), "--poses", str(table.path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sheet"] == str(sheet)
    assert sheet.read_bytes() != pictures_shown, "the bodies, not the pictures"
    for wrong, words in (
        ([*asked, "--sheet", str(tmp_path / "x.pdf")], "cannot draw .pdf"),
        ([*asked, "--render", str(tmp_path / "x.glb")], "name its table with --poses DIR"),
        (["search", "--index", str(out), "--like", "a.bvh", "--image", "b.png"], "TEXT or --like"),
        (["search", "up", "--text", "up", "--index", str(out)], "the same; give one"),
        (["search", "up", "--box", "0", "0", "9", "9", "--index", str(out)], "--box goes with --image"),
        (["index", "build", str(table.path), "--of", "pose", "--out", str(out)], "--of goes with a model of one space"),
        (["search", "up", "--blend", "--index", str(out)], "--blend goes with TEXT beside --image PHOTO or --pose"),
        ([*asked[:1], *asked[2:], "--blend"], "--blend goes with TEXT beside --image PHOTO or --pose FILE"),
    ):
        assert main(wrong) == 2
        assert words in capsys.readouterr().err


def test_a_build_that_was_stopped_goes_on(people, tmp_path, monkeypatch):
    from poseloom.tasks.embedding import features
    from poseloom.tasks.embedding.encoders import blazepose

    table, pictures, _, space, _ = people
    seen, whole = [], blazepose.BlazePose._one

    def counted(self, item):
        seen.append(item.source.name)
        if len(seen) == 8:
            raise KeyboardInterrupt
        return whole(self, item)

    monkeypatch.setattr(features, "_WRITTEN_AFTER", 5)
    monkeypatch.setattr(blazepose.BlazePose, "_one", counted)
    with pytest.raises(KeyboardInterrupt):
        build_space_index(table, tmp_path / "I", space, pictures=pictures)
    assert not (tmp_path / "I").exists() and len(seen) == 8
    assert build_space_index(table, tmp_path / "I", space, pictures=pictures).rows == 12
    assert len(seen) == 8 + 7, "the first five are kept"
    assert [path.name for path in tmp_path.iterdir()] == ["I"]


def test_several_tables_make_one_index_of_a_space(people, tmp_path):
    table, pictures, features, space, _ = people
    other = drawn_table(tmp_path / "other", rows=10)
    kept = {"pictures": pictures, "features": features}
    built = build_space_index([table, Table(other)], tmp_path / "I", space, **kept)
    index = Index(tmp_path / "I")
    ids = [index.hit(row).id for row in range(built.rows)]
    assert built.rows == len(set(ids)) == 22, "though both tables have the same ids"
    assert ids[0].endswith(table.id(0)) and ids[0] != table.id(0)


def test_people_who_are_too_small_to_be_seen_are_left_out(people, tmp_path, monkeypatch):
    table, pictures, features, space, _ = people
    sides = table.pictures(range(12)).box[:, 2:].max(1)
    limit = float(sorted(sides)[4])
    monkeypatch.setattr(space_index, "SMALLEST", limit)
    kept = {"pictures": pictures, "features": features}
    built = build_space_index(table, tmp_path / "I", space, **kept)
    ids = {Index(tmp_path / "I").hit(row).id for row in range(built.rows)}
    assert ids == {table.id(row) for row in range(12) if sides[row] >= limit} and built.rows < 12
    assert built.notes[-1] == f"left out: {12 - built.rows} pictures of people smaller than {limit:g} pixels"
    assert build_space_index(table, tmp_path / "poses", space, "pose", **kept).rows == 12
    monkeypatch.setattr(space_index, "SMALLEST", 1000.0)
    with pytest.raises(PoseloomError, match="everybody is smaller than 1000 pixels"):
        build_space_index(table, tmp_path / "none", space, **kept)


def test_bodies_come_from_a_photo_that_words_put_right(people):
    _, pictures, _, _, bodies = people
    photo = {"image": pictures / "1.png", "boxes": [_box(people, 1)], "model": bodies}
    alone, right = poseloom.estimate(**photo), poseloom.estimate(text=WORDS, **photo)
    assert alone.poses.rotations.shape == (1, 22, 3) and alone.poses.shape_model == "anny"
    assert not torch.allclose(alone.poses.rotations, right.poses.rotations)
    assert poseloom.estimate(text=WORDS, model=bodies).poses.shape is None, "words tell no shape"
    with pytest.raises(PoseloomError, match="tells no bodies; name embedding_bodies"):
        poseloom.estimate(text=WORDS, model=people[3])


def test_photos_are_told_in_words(people, tmp_path, capsys, monkeypatch):
    table, pictures, _, _, bodies = people
    from poseloom.tasks.embedding.encoders import blazepose

    seen = []
    whole = blazepose.BlazePose._one
    box = _box(people, 0)

    def boxed(self, item):  # the small drawings show nobody whom the detector would find
        seen.append(item.source.name)
        return whole(self, type(item)(item.source, item.box or tuple(box)))

    monkeypatch.setattr(blazepose.BlazePose, "_one", boxed)
    first, second = str(pictures / "0.png"), str(pictures / "4.png")
    assert main(["instruct", first, second, "--model", str(bodies), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["texts"] and seen == ["0.png", "4.png"]
    body, drawn = tmp_path / "body.npz", tmp_path / "body.png"
    space = ["--model", str(people[3]), "--bodies", str(bodies)]
    kept = ["--body", str(body), "--render", str(drawn), "--describe"]
    assert main(["embed", "--image", first, "--text", "arms up", *space, *kept]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("32 numbers of embedding-") and told[1].endswith(".")
    assert poseloom.load(body).pose.joints == 22 and drawn.exists()
    assert main(["caption", str(tmp_path / "x.bvh"), "--model", str(bodies)]) == 2
    assert "is no photo" in capsys.readouterr().err
    with pytest.raises(PoseloomError, match="expected as many"):
        poseloom.instruct_between(
            {"image": [first, second]}, {"pose": table.poses([0]), "image": [first, second]}, bodies
        )
