"""Sources of clips, training, the protocol, and what users call."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from poseloom.base.errors import FileError, PoseloomError
from poseloom.formats.pose_file import PoseSequence, read_pose_file, write_pose_file
from poseloom.tasks.common.recipes import open_recipe, recipe_names
from poseloom.tasks.sign.clips import SignClip, collate
from poseloom.tasks.sign.evaluate import held_out_figures, repair_figures
from poseloom.tasks.sign.layouts import clip_of_prepared, sign_layout, to_clip, to_model_layout
from poseloom.tasks.sign.neighbours import edit_distances, nearest_text
from poseloom.tasks.sign.objective import SignLearner
from poseloom.tasks.sign.predict import LearnedSigner, open_model
from poseloom.tasks.sign.sources import ClipSource, SignData, is_held_out, read_texts, write_clips
from poseloom.tasks.sign.strokes import strokes
from poseloom.training import export_model, fit

_SIGN = "\ue003\ue044\ue082"
_QUICK = [
    ("stages.pretrain.steps", "2"),
    ("stages.sign.steps", "6"),
    ("data.pool", "40"),
    ("data.held_out", "4"),
    ("data.quick", "2"),
    ("data.gallery", "20"),
    ("data.batches", "6"),
    ("engine.loggers", "[]"),
]


def _recipe(*more):
    return open_recipe("sign/tiny", [*_QUICK, *more])


@pytest.fixture(scope="module")
def signer(tmp_path_factory) -> LearnedSigner:
    task, recipe = _recipe()
    folder = tmp_path_factory.mktemp("run")
    fit(task.build(recipe), recipe, folder / "run")
    return open_model(folder / "run" / "model.safetensors")


@pytest.fixture(scope="module")
def holistic() -> PoseSequence:
    clip = strokes(9, 1)[0]
    return sign_layout("holistic-75").sequence(clip.values, clip.confidence)


# -- sources --------------------------------------------------------------------------------------------------


def test_strokes_depend_on_their_seed_and_texts_on_nothing_else():
    a, b = strokes(1, 3), strokes(1, 3)
    assert [one.text for one in a] == [one.text for one in b]
    assert all(np.array_equal(x.values, y.values) for x, y in zip(a, b, strict=True))


def test_held_out_strings_are_never_in_training():
    source = ClipSource(SignData(pool=50, held_out=10))
    training = {clip.text for clip in source.training} | {clip.text for clip in source.sample(3, 200)}
    held_out = {clip.text for clip in source.held_out}
    assert len(source.training) == 50 and len(source.held_out) == 10
    assert not training & held_out
    assert all(map(is_held_out, held_out)) and not is_held_out("")
    fresh = ClipSource(SignData()).sample(5, 20)
    assert not {clip.text for clip in fresh} & held_out and len(fresh) == 20


def test_clips_of_a_function(holistic):
    def always_the_same(seed, count):
        return [strokes(0, 1)[0]] * count

    source = ClipSource(SignData(pool=5), always_the_same)
    held = is_held_out(strokes(0, 1)[0].text)
    with pytest.raises(PoseloomError, match="the source gave 0 of"):
        _ = source.training if held else source.held_out
    with pytest.raises(PoseloomError, match=r"gives 75 keypoints of 3 dims, data.layout openpose-137 has 137 of 2"):
        ClipSource(SignData(layout="openpose-137")).sample(0, 2)
    with pytest.raises(PoseloomError, match="did you mean 'strokes'"):
        ClipSource(SignData(source="stroke")).sample(0, 2)


def test_a_published_folder_is_written_and_read(tmp_path):
    clips = strokes(2, 60)
    layout = sign_layout("holistic-75")
    write_clips(clips, tmp_path / "texts.json", tmp_path / "poses", layout)
    write_pose_file(layout.sequence(clips[0].values * 0, clips[0].confidence * 0), tmp_path / "poses" / "000001.pose")
    (tmp_path / "poses" / "000002.pose").unlink()
    data = SignData(index=str(tmp_path / "texts.json"), poses=str(tmp_path / "poses"), longest=100)
    source = ClipSource(data)
    found = {clip.name: clip for clip in [*source.training, *source.held_out]}
    wanted = {f"{n:06d}": c for n, c in enumerate(clips) if n not in (1, 2) and len(c) <= 100}
    assert sorted(found) == sorted(wanted)
    for name, clip in wanted.items():
        assert found[name].text == clip.text
        np.testing.assert_allclose(found[name].values, clip.values, atol=2e-3)
    assert len(source.sample(0, 7)) == 7
    listed = [{"id": "000005", "hamnosys": "\ue000"}]
    (tmp_path / "list.json").write_text(json.dumps(listed))
    assert read_texts(tmp_path / "list.json") == {"000005": "\ue000"}


def test_folders_without_texts(tmp_path):
    layout = sign_layout("holistic-75")
    for number, clip in enumerate(strokes(4, 3)):
        write_pose_file(layout.sequence(clip.values, clip.confidence), tmp_path / f"{number}.pose")
    source = ClipSource(SignData(textless=[str(tmp_path)]))
    assert [clip.text for clip in source.training] == ["", "", ""]
    assert len(source.held_out) == 1


@pytest.mark.parametrize("content", ["", "[1]", "{}x", '{"a": 3}', '[{"id": 1}]', '{"a": {"hamnosys": 3}}'])
def test_indexes_that_hold_no_signs(content, tmp_path):
    (tmp_path / "index.json").write_text(content)
    with pytest.raises(FileError, match=r"holds no signs|is no text|is empty"):
        read_texts(tmp_path / "index.json")


def test_an_index_of_names(tmp_path):
    index = tmp_path / "index.json"
    index.write_text('{"a": {"hamnosys": "flathand, hamextfingerl palml"}, "b": {"hamnosys": "\ue001\ue020"}}')
    assert read_texts(index) == {"a": "\ue001\ue026\ue03e", "b": "\ue001\ue020"}
    index.write_text('{"a": {"hamnosys": "flathand"}, "b": {"hamnosys": "flathand pamll"}}')
    with pytest.raises(FileError, match=r"index\.json: b\.hamnosys: .*'pamll'"):
        read_texts(index)


def test_an_index_without_usable_files(tmp_path):
    (tmp_path / "index.json").write_text('{"a": {"hamnosys": "flathand"}}')
    with pytest.raises(FileError, match="of its 1 ids 0 have a file"):
        _ = ClipSource(SignData(index=str(tmp_path / "index.json"), poses=str(tmp_path))).training


@pytest.mark.parametrize(
    ("name", "layout", "frames"),
    [("holistic_576_97frames", "holistic-75", 97), ("openpose", "openpose-137", 93)],
)
def test_recorded_files(name, layout, frames, shared_data):
    sequence = read_pose_file(shared_data("pose-files") / f"{name}.pose")
    chosen = sign_layout(layout)
    clip = to_clip(sequence, chosen, _SIGN)
    assert 0 < len(clip) <= frames and clip.values.shape[1:] == (chosen.keypoints, chosen.dims)
    ready, placement = to_model_layout(sequence, chosen)
    whole = clip_of_prepared(ready, chosen)
    back = placement.sequence(chosen, whole.values, whole.confidence)
    picked = chosen.select(sequence)
    seen = whole.confidence > 0
    np.testing.assert_allclose(back.values[:, 0][seen], picked.values[:, 0][seen], atol=0.02)


def test_clips_that_are_none():
    with pytest.raises(PoseloomError, match="no keypoint is seen in any frame"):
        SignClip("", np.zeros((3, 2, 2)), np.zeros((3, 2)))
    with pytest.raises(PoseloomError, match="at least one frame"):
        SignClip("", np.zeros((0, 2, 2)), np.zeros((0, 2)))
    with pytest.raises(PoseloomError, match="NaN"):
        SignClip("", np.full((1, 2, 2), np.nan), np.ones((1, 2)))
    with pytest.raises(PoseloomError, match="the same keypoints"):
        collate([SignClip("", np.ones((1, k, 2)), np.ones((1, k))) for k in (2, 3)])
    with pytest.raises(PoseloomError, match="did you mean 'holistic-75'"):
        sign_layout("holistic75")


# -- nearest strings ------------------------------------------------------------------------------------------


def test_edit_distances():
    others = ["", "abc", "abd", "xabc", "cba", "abcabc"]
    assert edit_distances("abc", others).tolist() == [3, 0, 1, 1, 2, 3]
    assert edit_distances("", others).tolist() == [0, 3, 3, 4, 3, 6]
    assert nearest_text("abcab", others) == 5
    assert len(edit_distances("abc", [])) == 0


# -- training and the protocol --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in recipe_names() if name.startswith("sign/")])
def test_recipes_build(name):
    overrides = [("model.generation_c.width", "16")] if name == "sign/published-c" else []
    task, recipe = open_recipe(name, overrides)
    learner = task.build(recipe)
    assert learner.model.sizes.keypoints == learner.source.layout.keypoints


def test_the_protocol_measures_what_it_says(signer):
    clips, gallery = strokes(1, 3), strokes(2, 10)
    figures = held_out_figures(signer.model, clips, [*gallery, clips[0]], 2)
    assert set(figures) == {"ndtw_mje", "still", "neighbour", "length_error", "repair", "linear"}
    assert all(np.isfinite(value) and value >= 0 for value in figures.values())
    assert held_out_figures(signer.model, clips[:1], [clips[0]], 2)["neighbour"] == 0
    assert repair_figures(signer.model, clips, 2)["linear"] == figures["linear"]
    users = held_out_figures(signer.model, clips, gallery, 2, signer.layout)
    assert set(users) - set(figures) == {"path", "path_near", "jitter"}
    assert users["repair"] == figures["repair"] and users["still"] == figures["still"]


def test_pretraining_sees_no_text():
    _, recipe = _recipe()
    learner = SignLearner(recipe)
    from poseloom.training import Share

    for number, stage in enumerate(recipe.stages):
        batch = learner.batches(Share(stage, number, 1))[0, 0]
        assert (set(batch.texts) == {""}) == (stage.name == "pretrain")


def test_sizes_that_do_not_fit():
    with pytest.raises(PoseloomError, match=r"75 keypoints of 3 dims do not fit data.layout openpose-137"):
        SignLearner(_recipe(("data.layout", "openpose-137"))[1])
    with pytest.raises(PoseloomError, match="500 frames are more than the model's 120"):
        SignLearner(_recipe(("data.longest", "500"))[1])


def test_a_learner_of_a_function():
    learner = SignLearner(_recipe()[1], strokes)
    batch = collate(learner.source.sample(1, 4))
    assert torch.isfinite(learner.losses(batch)["total"])


# -- what users call ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [1, 2, 1000])
def test_any_number_of_refinements(signer, steps):
    signed = signer.sign(_SIGN, steps=steps, frames=9)
    made = signed.keypoints
    assert signed.steps == steps and signed.hamnosys == (_SIGN,)
    assert made.values.shape == (9, 1, 75, 3) and np.isfinite(made.values).all()
    assert np.array_equal(made.confidence[0, 0] > 0, signer._used)


def test_the_stream_begins_with_the_start_frame_and_keeps_it(signer, holistic):
    stream = list(signer.stream(_SIGN, start=holistic, steps=3))
    assert len(stream) == 4
    assert np.ptp(stream[0].values, axis=0).max() == 0
    for one in stream:
        assert one.fps == holistic.fps
        seen = holistic.confidence[0] > 0
        np.testing.assert_allclose(one.values[0][seen], holistic.values[0][seen], atol=1e-3)


def test_signs_follow_each_other(signer, holistic):
    one = signer.sign(_SIGN, start=holistic).keypoints
    both = signer.sign_all([_SIGN, _SIGN + "\ue0d8"], start=holistic).keypoints
    np.testing.assert_allclose(both.values[: len(one)], one.values, atol=1e-3)
    assert len(both) > len(one)
    second = signer.sign(_SIGN + "\ue0d8", start=both[len(one) - 1 : len(one)]).keypoints
    assert len(second) - 1 == len(both) - len(one)


def test_repair_keeps_what_was_seen(signer, holistic):
    generator = np.random.default_rng(0)
    broken = holistic.masked(generator.random(holistic.confidence.shape) < 0.3)
    repaired = signer.repair(broken)
    whole = repaired.keypoints
    assert repaired.filled == int((broken.missing & ~whole.missing).sum()) > 0
    seen = broken.confidence[:, 0] > 0
    np.testing.assert_allclose(whole.values[:, 0][seen], broken.values[:, 0][seen], atol=1e-3)
    lost = (holistic.confidence[:, 0] > 0) & ~seen
    assert (whole.confidence[:, 0][lost] == 0.5).all()
    assert np.abs(whole.values[:, 0][lost] - holistic.values[:, 0][lost]).mean() < 15  # of 145 pixels a shoulder width


def test_long_clips_are_repaired_in_windows(signer, holistic):
    many = np.concatenate([holistic.values] * 8), np.concatenate([holistic.confidence] * 8)
    long = PoseSequence(holistic.components, *many)
    gone = np.zeros(long.confidence.shape, bool)
    gone[100:130] = True
    whole = signer.repair(long.masked(gone)).keypoints
    assert len(whole) == len(long) > 2 * 120
    assert (whole.confidence[:, 0][:, signer._used] > 0).all()


def test_bad_input(signer, holistic):
    nothing = holistic.masked(np.ones(holistic.confidence.shape, bool))
    cases = [
        (lambda: signer.sign(""), "the text is empty"),
        (lambda: signer.sign("  "), "the text is empty"),
        (lambda: signer.sign("hello"), "character 1 is 'h'"),
        (lambda: signer.sign(_SIGN * 10_000), "30,000 symbols are too many"),
        (lambda: signer.sign(_SIGN, steps=0), "steps is 0, expected 1 to 1,000"),
        (lambda: signer.sign(_SIGN, frames=0), "frames is 0, expected 1 to 120"),
        (lambda: signer.sign(_SIGN, frames=10**9), "expected 1 to 120"),
        (lambda: signer.sign(_SIGN, start=nothing), "no frame of the clip shows"),
        (lambda: signer.sign_all([]), "there is no sign"),
        (lambda: signer.sign_all([_SIGN, ""]), "the text is empty"),
        (lambda: signer.repair(nothing), "shoulders are never seen"),
        (lambda: signer.repair(holistic, steps=0), "steps is 0"),
        (lambda: signer.repair(holistic.select({"LEFT_HAND_LANDMARKS": None})), "shoulders are never seen"),
    ]
    for call, message in cases:
        with pytest.raises(PoseloomError, match=message) as error:
            call()
        assert "\n" not in str(error.value)


def test_exported_files_that_do_not_fit(signer, tmp_path):
    _, recipe = _recipe()
    learner = SignLearner(recipe)
    path = tmp_path / "model.safetensors"
    export_model(learner, recipe, path, {})
    assert isinstance(open_model(path), LearnedSigner)
    card = json.loads((tmp_path / "model.json").read_text())
    for change, message in (
        ({"extras": {}}, "extras.layout: is missing"),
        ({"task": "retrieval"}, "is of task 'retrieval'"),
        ({"recipe": {**card["recipe"], "model": {"refiner": {"width": 32}}}}, "does not fit its card"),
    ):
        (tmp_path / "model.json").write_text(json.dumps({**card, **change}))
        with pytest.raises(FileError, match=message):
            open_model(path)


def test_a_model_learns_on_from_another(signer, tmp_path):
    _, recipe = _recipe()
    path = tmp_path / "model.safetensors"
    export_model(SignLearner(recipe), recipe, path, {})
    weights = open_model(path).model.state_dict()
    _, recipe = _recipe(("start.model", str(path)), ("seed", "5"))
    learner = SignLearner(recipe)
    learner.begin(recipe.stages[0])
    assert all(torch.equal(value, learner.model.state_dict()[name]) for name, value in weights.items())
    _, other = _recipe(("start.model", str(path)), ("model.refiner.width", "32"))
    with pytest.raises(FileError, match=r"start.model: is of another kind or size"):
        SignLearner(other).begin(other.stages[0])


def test_the_shipped_model_learns_on():
    _, recipe = open_recipe("sign/default", [("start.model", "sign"), ("data.source", "strokes"), ("data.pool", "5")])
    learner = SignLearner(recipe)
    learner.begin(recipe.stages[0])
    assert learner.model.used.sum() == 67  # points that the signer by rule shows, not those of the toy


def test_hands_and_wrists_are_those_of_the_layout():
    openpose = [("data.layout", "openpose-137"), ("model.refiner.keypoints", "137"), ("model.refiner.dims", "2")]
    with pytest.raises(
        PoseloomError, match=r"refiner.hands: .* are not those of data.layout openpose-137; give \(\(95"
    ):
        SignLearner(_recipe(*openpose)[1])
    hands = ("model.refiner.hands", "[[95, 116], [116, 137]]")
    with pytest.raises(PoseloomError, match=r"refiner.wrists: .* give \(7, 4\)"):
        SignLearner(_recipe(*openpose, hands)[1])
    for wrists in ("[7, 4]", "[]"):
        SignLearner(_recipe(*openpose, hands, ("model.refiner.wrists", wrists))[1])
