"""generate, edit, caption, instruct --model and models, with tiny models that were not trained."""

import hashlib
import json

import pytest
from PIL import Image
from safetensors.torch import load_file, save_file

import poseloom
from poseloom.checkpoints import registry

TEXT = "a person with the left arm raised"


@pytest.fixture(autouse=True)
def installed(tiny_models, monkeypatch):
    """The tiny models are the shipped ones."""
    monkeypatch.setattr(registry, "WEIGHTS", tiny_models.folder)


def test_generate_keeps_and_draws_four_poses(command, tmp_path):
    out, picture = tmp_path / "poses.npz", tmp_path / "poses.png"
    status, told, _ = command("generate", TEXT, "--out", out, "--render", picture)
    assert status == 0 and told.count("facts hold") == 4
    assert len(poseloom.load(out)) == 4 and Image.open(picture).width > 700


def test_generate_json_is_json_and_the_seed_counts(command):
    rows = [json.loads(command("generate", TEXT, "-n", 2, "--seed", seed, "--json")[1]) for seed in (1, 1, 2)]
    assert rows[0] == rows[1] and rows[0]["poses"] != rows[2]["poses"]
    assert len(rows[0]["poses"]) == 2 and len(rows[0]["poses"][0]["rotations"]) == 52
    assert rows[0]["poses"][0]["facts_read"] == 1


def test_generate_verified_is_at_least_as_true(command):
    plain, checked = (
        [pose["facts_true"] for pose in json.loads(command("generate", TEXT, "--json", *more)[1])["poses"]]
        for more in ((), ("--verify",))
    )
    assert sum(checked) >= sum(plain)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "any pose"),
        ("a flubber with the left arm raised", "understood: the left arm is raised; not understood: flubber; assumed"),
        ("left arm up " * 5_000, "15,000 words, the first 250 are read"),
    ],
)
def test_what_is_not_understood_is_told_on_stderr(command, text, told):
    status, out, err = command("generate", text, "-n", 1, "--json")
    made = json.loads(out)
    assert status == 0 and told in err
    assert made["not_understood"] == (["flubber"] if "flubber" in text else [])


@pytest.mark.parametrize(
    ("text", "told"),
    [("der linke Arm ist gehoben", "it looks like German"), ("handstnd-ish flubber", "like it"), ("42 🥝", "--anyway")],
)
def test_of_what_nothing_is_understood_nothing_is_drawn(command, text, told):
    status, out, err = command("generate", text, "-n", 1)
    assert status == 2 and not out and "nothing is understood" in err and told in err
    assert command("generate", text, "-n", 1, "--anyway")[0] == 0


def test_edit_draws_before_and_after(command, motion_file, tmp_path):
    out, picture = tmp_path / "edited.npz", tmp_path / "edited.png"
    options = ("--frame", 3, "-n", 2, "--verify", "--out", out, "--render", picture)
    status, told, _ = command("edit", motion_file, "raise the left arm", *options)
    assert status == 0 and told.count("pose ") == 2 and "facts hold" in told
    edited, original = poseloom.load(out), poseloom.load(motion_file)
    assert len(edited) == 2 and edited.pose.joints == original.pose.joints
    assert Image.open(picture).width > 700
    row = json.loads(command("edit", motion_file, "raise the left arm", "--json")[1])
    assert row["frame"] == 0 and len(row["poses"]) == 1


def test_caption_says_a_text_a_second(command, motion_file, tmp_path):
    status, out, err = command("caption", motion_file)
    assert (
        status == 0
        and not err
        and [line.split(":")[0] for line in out.splitlines()]
        == [
            "frame 0 (0.00 s)",
            "frame 20 (1.00 s)",
        ]
    )
    rows = json.loads(command("caption", motion_file, "--every", 10, "--beams", 2, "--json")[1])["texts"]
    assert [row["frame"] for row in rows] == [0, 10, 20, 30]
    drawn = [
        command("caption", motion_file, "--frame", 5, "--unchecked", "--top-k", 9, "--seed", seed)[1]
        for seed in (1, 1, 2)
    ]
    assert drawn[0] == drawn[1] != drawn[2]
    assert command("caption", motion_file, "--frame", 5, "--render", tmp_path / "said.png")[0] == 0
    assert (tmp_path / "said.png").stat().st_size > 1000


def test_instruct_speaks_by_rule_unless_a_model_is_asked_for(command, motion_file, tiny_models):
    frames = ("--frames", "0", "39")
    by_rule = command("instruct", motion_file, *frames)[1]
    learned = command("instruct", motion_file, *frames, "--model")[1]
    by_path = command("instruct", motion_file, *frames, "--model", tiny_models["instruction"])[1]
    unchecked = command("instruct", motion_file, *frames, "--model", "--unchecked")[1]
    assert by_rule != unchecked and learned == by_path
    status, _, err = command("instruct", motion_file, *frames, "--model", "--version", "full")
    assert status == 2 and "belong to the rules" in err


def test_models_are_listed_shown_and_copied(command, tmp_path, tiny_models):
    rows = json.loads(command("models", "list", "--json")[1])["models"]
    own, companions = registry.shipped_names(), registry.companion_names()
    assert [row["name"] for row in rows] == [*own, *companions, registry.KEYPOINTS]
    assert all(row["here"] for row in rows[: len(own)])
    told = command("models", "info", "editing")[1]
    assert "made_up" in told and "12.5" in told and str(tiny_models["editing"]) in told
    shown = json.loads(command("models", "info", "editing", "--json")[1])
    assert shown["figures"] == {"made_up": 12.5} and shown["extras"]["words"].endswith("words")
    status, told, _ = command("models", "export", "editing", "--out", tmp_path)
    assert status == 0 and "task editing" in told
    assert poseloom.load_model(tmp_path / "editing.safetensors").task == "editing"


def test_missing_models_are_told_in_a_line(command, tmp_path, monkeypatch):
    monkeypatch.setattr(registry, "WEIGHTS", tmp_path)
    known = len(registry.shipped_names()) + len(registry.companion_names())
    assert command("models", "list")[1].count("not in this installation") == known + 1
    for arguments in (("generate", TEXT), ("models", "info", "generation")):
        status, out, err = command(*arguments)
        assert status == 2 and not out and err.count("\n") == 1 and "train it" in err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("generate", TEXT, "-n", "0"), "expected 1 to 10,000"),
        (("generate", TEXT, "--model", "editing"), "is of task 'editing', expected 'generation'"),
        (("generate", TEXT, "--model", "nothing"), "no model 'nothing'"),
        (("generate", TEXT, "--render", "poses.gif"), "cannot draw .gif"),
        (("generate", TEXT, "--out", "none/poses.npz"), "does not exist"),
        (("edit", "MOTION", " "), "instruction is empty"),
        (("edit", "MOTION", "raise the left arm", "--frame", "99"), "out of range"),
        (("caption", "MOTION", "--beams", "2", "--top-k", "3"), "beams"),
        (("models", "export", "editing", "--out", "model.bin"), "does not end in .safetensors"),
        (("models", "import", "none.pth"), "does not exist"),
    ],
)
def test_mistakes_are_told_in_a_line(command, motion_file, tmp_path, monkeypatch, arguments, told):
    monkeypatch.chdir(tmp_path)
    status, out, err = command(*(motion_file if one == "MOTION" else one for one in arguments))
    assert status == 2 and not out and err.count("\n") == 1 and told in err
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    from poseloom.cli.main import main

    folder = tmp_path_factory.mktemp("search") / "table"
    main(["data", "prepare", "procedural", "--rows", "60", "--describe", "--out", str(folder)])
    return folder


def test_search_ranks_by_the_vectors_of_a_learned_model(command, table, tmp_path, tiny_models, motion_file):
    index = tmp_path / "index"
    assert command("index", "build", table, "--out", index, "--embedding", "retrieval")[0] == 0
    assert "by retrieval-" in command("index", "info", index)[1]
    status, out, err = command(
        "search", "a flubber with the left arm up", "--index", index, "-k", 60, "--near", "--json"
    )
    found = json.loads(out)
    rows = found["hits"]
    told = "understood: the left arm is raised straight up; not understood: flubber"
    assert status == 0 and len(rows) == 60 and told in err and found["notes"][0] == told
    status, _, err = command("search", "flubber", "--index", index)
    assert status == 2 and "nothing is understood of 'flubber'" in err
    assert [row["score"] for row in rows] == sorted((row["score"] for row in rows), reverse=True)
    by_path = command("search", "kneeling", "--index", index, "--embedding", tiny_models["retrieval"], "--json")[1]
    assert by_path == command("search", "kneeling", "--index", index, "--json")[1]
    like = json.loads(command("search", "--like", motion_file, "--index", index, "-k", 3, "--json")[1])["hits"]
    assert len(like) == 3
    status, out, _ = command("search", "standing", "--index", index, "--statements", "--json")
    assert status == 0 and all(row["holds"] for row in json.loads(out)["hits"])


def test_vectors_of_other_weights_are_refused(command, table, tmp_path, tiny_models, monkeypatch):
    index = tmp_path / "index"
    assert command("index", "build", table, "--out", index)[0] == 0
    status, _, err = command("search", "kneeling", "--index", index, "--embedding", "retrieval")
    assert status == 2 and "no index of learned vectors" in err
    status, _, err = command("index", "build", table, "--out", index, "--embedding", "generation")
    assert status == 2 and "expected 'retrieval'" in err
    assert command("index", "build", table, "--out", index, "--embedding", "retrieval")[0] == 0
    other = tmp_path / "other.safetensors"
    other.write_bytes(tiny_models["retrieval"].read_bytes())
    card = json.loads(tiny_models["retrieval"].with_suffix(".json").read_text())
    weights = {name: value + 1 if value.is_floating_point() else value for name, value in load_file(other).items()}
    save_file(weights, other)
    card["sha256"] = hashlib.sha256(other.read_bytes()).hexdigest()
    other.with_suffix(".json").write_text(json.dumps(card))
    status, out, err = command("search", "kneeling", "--index", index, "--embedding", other)
    assert status == 2 and not out and "name the model that it was built with" in err
    status, _, err = command("search", " ", "--index", index)
    assert status == 2 and "empty question" in err
