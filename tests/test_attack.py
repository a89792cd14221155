"""Hostile files that were met: each is refused in one line that says what is wrong, fast and in little memory."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import poseloom
from poseloom.base.errors import LONGEST_MESSAGE, PoseloomError
from poseloom.formats.pose_file import clip_to_sequence, read_pose_file, sequence_to_keypoints
from poseloom.pose import Clip, Pose, sample

ATTACK = Path(__file__).resolve().parents[2] / "shared" / "field" / "attack"
there = pytest.mark.skipif(not ATTACK.exists(), reason="the files are not here: ../shared/field/attack")


def refused(command, *arguments, words):
    status, _, told = command(*arguments)
    assert status == 2 and told.count("\n") == 1 and words in told, told
    assert len(told) <= LONGEST_MESSAGE + len("poseloom: \n")


@there
@pytest.mark.parametrize("words", [("data", "export"), ("index", "build")])
def test_offsets_of_a_table_are_looked_at_before_they_are_used(command, tmp_path, words):
    refused(command, *words, ATTACK / "table-offsets", "--out", tmp_path / "out.json", words="Offset invariant failure")


@there
@pytest.mark.parametrize("name", ["bytesinf", "deep", "rows"])
def test_manifests_of_a_table(command, tmp_path, name):
    shutil.copy(ATTACK / "manifests" / f"{name}.json", tmp_path / "manifest.json")
    refused(command, "data", "info", tmp_path, words="manifest.json: is ")


@there
def test_a_bomb_in_a_checkpoint(command, tmp_path):
    refused(
        command, "models", "import", ATTACK / "deflate3g.pth", words="unpacks from 2,917,004 to 3,000,000,273 bytes"
    )


@there
def test_names_of_a_million_characters(command):
    refused(command, "models", "import", ATTACK / "longkey.pth", words="has the weight 'xxx")


@there
@pytest.mark.parametrize("name", ["113", "962"])
def test_cards_of_models(name):
    with pytest.raises(PoseloomError, match=r"recipe.model: expected named values; export or get both files again"):
        poseloom.load_model(ATTACK / "cards" / name / "model.safetensors")


@there
def test_the_header_of_an_index(command):
    refused(command, "search", "standing", "--index", ATTACK / "index-header", words="build the index again")


@there
def test_a_checkpoint_of_a_training():
    from poseloom.training.checkpoint import read_checkpoint

    with pytest.raises(PoseloomError, match=r"last.ckpt: is damaged, cut off, or no checkpoint"):
        read_checkpoint(ATTACK / "last.ckpt")


@there
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("r_latent.toml", "model.latent: expected 1 to 16,384, got 1000000000000"),
        ("r_neg.toml", "model.latent: expected 1 to 16,384, got -5"),
        ("r_rows.toml", "data.procedural: expected 0 to 10,000,000, got 1000000000000"),
        ("r_val0.toml", "data.validation: expected 1 to 1,000,000, got 0"),
        ("laugh4.yaml", "has aliases"),
    ],
)
def test_recipes(command, tmp_path, name, words):
    refused(command, "train", ATTACK / "recipes" / name, "--out", tmp_path / "run", words=words)


@there
def test_signs_without_people():
    with pytest.raises(PoseloomError, match="nobody is in it"):
        sequence_to_keypoints(read_pose_file(ATTACK / "no-points.pose"))


# -- without files ---------------------------------------------------------------------------------------------------


def bvh(tmp_path, name="Hips", channels="3 Zrotation Xrotation Yrotation"):
    text = f"HIERARCHY\nROOT {name}\n{{\nOFFSET 0 0 0\nCHANNELS {channels}\nEnd Site\n{{\nOFFSET 0 1 0\n}}\n}}\n"
    (tmp_path / "a.bvh").write_text(f"{text}MOTION\nFrames: 1\nFrame Time: 0.01\n0 0 0\n")
    return tmp_path / "a.bvh"


def test_a_joint_has_few_channels(command, tmp_path):
    path = bvh(tmp_path, channels=f"{10**6} " + "Xrotation " * 10**6)
    refused(command, "describe", path, words="has more channels than a joint can have")


def test_a_joint_with_a_name_of_a_million_characters(command, tmp_path):
    refused(command, "describe", bvh(tmp_path, name="x" * 10**6), words="use at most 200")


@pytest.mark.parametrize("field", ["rotations", "translation"])
def test_what_cannot_be_drawn(field):
    zeros = {"rotations": torch.zeros(1, 22, 3), "translation": torch.zeros(1, 3)}
    with pytest.raises(PoseloomError, match=f"pose.{field}: expected numbers up to"):
        poseloom.render(Pose(**zeros | {field: zeros[field] + 1e30}), 32)


@pytest.mark.wrong_types
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"n": 1.5}, "n is 1.5, expected 1 to 10,000 poses"),
        ({"text": None}, "text: expected text, got None"),
        ({"seed": "1"}, "seed is '1'"),
        ({"seed": 2**64}, "seed is 18446744073709551616"),
    ],
)
def test_arguments_of_generate(tiny_models, arguments, words):
    with pytest.raises(PoseloomError, match=words):
        poseloom.generate(**{"text": "standing", "model": tiny_models["generation"]} | arguments)


@pytest.mark.wrong_types
@pytest.mark.parametrize("seed", [1.5, "1", 2**64, None])
def test_seeds_of_texts(seed):
    pose = Pose(torch.zeros(1, 22, 3))
    for write in (lambda: poseloom.describe(pose, seed), lambda: poseloom.instruct(pose, pose, seed)):
        with pytest.raises(PoseloomError, match="seed is "):
            write()


@pytest.mark.parametrize("suffix", [".bvh", ".npz", ".json"])
def test_nothing_is_no_motion_to_save(tmp_path, suffix):
    with pytest.raises(PoseloomError, match="no frames"):
        poseloom.save(Pose(torch.zeros(0, 22, 3)), tmp_path / f"a{suffix}")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("target", ["a.bvh", "link.bvh"])
def test_the_file_that_is_read_is_not_written_over(command, tmp_path, target):
    path, out = tmp_path / "a.bvh", tmp_path / target
    poseloom.save(Pose(torch.zeros(2, 22, 3)), path)
    (tmp_path / "link.bvh").symlink_to(path)
    before = path.read_bytes()
    for words in (("convert", path, out), ("edit", path, "bend the left knee", "--out", out)):
        refused(command, *words, words="is the file that is read; choose another name, or replace it with --force")
        assert path.read_bytes() == before
    assert command("convert", path, out, "--force")[0] == 0
    assert command("convert", path, tmp_path / "c.bvh")[0] == 0


def test_no_command_writes_over_what_it_reads(command, tmp_path):
    """Whatever it reads: motions, signs, tables of names."""
    motion, table, signs, model = (tmp_path / name for name in ("a.json", "map.json", "a.pose", "m.safetensors"))
    poseloom.save(Pose(torch.zeros(2, 22, 3)), motion)
    poseloom.save(sample(2, seed=1), tmp_path / "a.glb")
    poseloom.save(sample(2, seed=1), signs)
    table.write_text("{}")
    model.write_bytes(b"weights")
    commands = (
        ("angles", motion, "--out", motion),
        ("convert", motion, table, "--joint-map", table),
        ("edit", motion, "bend the left knee", "--joint-map", table, "--out", table),
        ("caption", tmp_path / "a.glb", "--render", tmp_path / "a.glb"),
        ("sign", "--repair", signs, "--out", signs),
        ("sign", "--learned", "--start", signs, "--out", signs, "flathand extfingerl palml chest touch"),
        ("models", "import", model, "--out", model),
    )
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    for words in commands:
        refused(command, *words, words="is the file that is read; choose another name, or replace it with --force")
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_table_is_not_exported_over_its_manifest(command, numbered):
    before = (numbered / "manifest.json").read_bytes()
    refused(command, "data", "export", numbered, "--out", numbered / "manifest.json", words="the table itself")
    assert (numbered / "manifest.json").read_bytes() == before


INDEX = """
import sys
from poseloom.data import Table
from poseloom.search import TableRows, build_index
build_index(TableRows(Table.open(sys.argv[1])), sys.argv[2])
"""


def files(folder):
    return [path for path in folder.rglob("*") if path.is_file() and path.name != "lock"]


def test_an_index_has_the_same_bytes_in_any_process(described, tmp_path):
    folders = tmp_path / "a", tmp_path / "b"
    for folder, seed in zip((*folders, folders[1]), "123", strict=True):
        command = [sys.executable, "-c", INDEX, described, folder]
        subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": seed})
    first, second = ({path.relative_to(folder): path.read_bytes() for path in files(folder)} for folder in folders)
    assert first == second and len(first) > 10


CARD = {"latent": 10**12, "text": {"layers": 10**9}, "pose": 3}


@pytest.mark.parametrize("key", CARD)
def test_sizes_in_a_card_are_checked_before_room_is_made(tiny_models, tmp_path, key):
    for suffix in (".safetensors", ".json"):
        shutil.copy(tiny_models["retrieval"].with_suffix(suffix), tmp_path / f"m{suffix}")
    card = json.loads((tmp_path / "m.json").read_text())
    card["recipe"]["model"][key] = CARD[key]
    (tmp_path / "m.json").write_text(json.dumps(card))
    with pytest.raises(PoseloomError, match=rf"m.json.*recipe.model.{key}"):
        poseloom.load_model(tmp_path / "m.safetensors")


def test_a_card_of_a_larger_model_than_its_weights(tiny_models, tmp_path):
    for suffix in (".safetensors", ".json"):
        shutil.copy(tiny_models["retrieval"].with_suffix(suffix), tmp_path / f"m{suffix}")
    card = json.loads((tmp_path / "m.json").read_text())
    card["recipe"]["model"]["text"] |= {"width": 16_000, "layers": 200}
    (tmp_path / "m.json").write_text(json.dumps(card))
    with pytest.raises(PoseloomError, match="does not fit its card: it holds fewer numbers"):
        poseloom.load_model(tmp_path / "m.safetensors")


def test_signs_of_nobody():
    whole = clip_to_sequence(Clip(sample(2)))
    empty = replace(whole, values=whole.values[:, :0], confidence=whole.confidence[:, :0])
    with pytest.raises(PoseloomError, match="nobody is in it"):
        sequence_to_keypoints(empty)
    with pytest.raises(PoseloomError, match="person is 1, expected 0 to 0"):
        sequence_to_keypoints(whole, person=1)
