"""Laws of all results: JSON that any reader takes, notes, sequences that behave as lists."""

import copy
import json
import pickle
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

import poseloom.results
from poseloom.base.errors import PoseloomError
from poseloom.formats.pose_file.joints import clip_to_sequence
from poseloom.images.roi import Roi
from poseloom.language.description.fact import Fact
from poseloom.language.hamnosys import check_texts, from_names
from poseloom.pose import Clip, Pose
from poseloom.pose.camera import Camera
from poseloom.pose.joints import JOINT_NAMES
from poseloom.pose.sampler import sample
from poseloom.results import (
    Captioned,
    Checked,
    CheckedRequirement,
    CheckedRow,
    CheckedStrings,
    ClipDistance,
    Coached,
    ComparedClips,
    Converted,
    Described,
    DescribedSentences,
    Difference,
    Drawn,
    Edited,
    Embedded,
    Estimated,
    Evaluated,
    Explained,
    Facts,
    Found,
    Generated,
    Hit,
    IndexBuilt,
    IndexDescribed,
    Instructed,
    Judged,
    Keypoints,
    ModelDescribed,
    ModelExported,
    ModelImported,
    ModelList,
    ModelRow,
    MotionDescribed,
    MotionPhase,
    PairsMade,
    Ranked,
    Ranking,
    Recovered,
    Repaired,
    Result,
    RowsWritten,
    Sentence,
    Signed,
    SignedKeypoints,
    TableBuilt,
    TableConverted,
    Toured,
    Trained,
    Transferred,
    plain,
)

NOTES = ("not known: zebra", 'a "quoted" line')
FACTS = Facts(
    ("left arm: up", "head turn: left"),
    np.array([[True, False], [True, True]]),
    np.array([[True, True], [True, False]]),
    ("zebra",),
)
POSES = sample(2, seed=1)
CLIP = Clip(Pose(torch.zeros(3, 52, 3)), 25.0, "sign", {"signs": [[0, 3]]})
KEYPOINTS = clip_to_sequence(CLIP, "holistic")
HIT = Hit("a/1", 0.123456, "A person stands.", 1, {"frame": 3, "split": "val"}, True)
SEEN_PEOPLE = Keypoints(
    "a.png",
    (64, 48),
    None,
    torch.zeros(1),
    torch.zeros(2, dtype=torch.long),
    torch.arange(2),
    torch.rand(2, 33, 3),
    torch.rand(2, 33, 3),
    torch.rand(2, 33),
    torch.ones(2),
    Roi(torch.ones(2, 2), torch.ones(2), torch.zeros(2)),
    notes=NOTES,
)
EXAMPLES = (
    SEEN_PEOPLE,
    Recovered(
        SEEN_PEOPLE,
        Pose(torch.zeros(2, 52, 3), torch.ones(2, 3)),
        Camera.pinhole(80.0, (48, 64)),
        False,
        torch.ones(2, 52, dtype=torch.bool),
        torch.zeros(2, 52, dtype=torch.bool),
        torch.ones(2),
        torch.full((2,), torch.nan),
        torch.zeros(2, 3),
        notes=NOTES,
    ),
    Described(("He stands.", "He sits."), notes=NOTES),
    DescribedSentences(
        ("He stands.",),
        sentences=((Sentence("He stands.", (Fact("body", "person", "posture.stand"),), ("pelvis", "left_hip")),),),
        notes=NOTES,
    ),
    Captioned(("He stands.",), notes=NOTES).at([30], 30.0),
    Instructed(("Raise the arm.",), notes=NOTES),
    MotionDescribed(
        3.0,
        (
            MotionPhase(0.0, 1.0, "At first the person stands.", "posture"),
            MotionPhase(1.0, 3.0, "They do one lunge.", "repetitions", "lunge", 1, ((1.0, 2.0, 3.0),), ("left",)),
        ),
        notes=NOTES,
    ),
    Coached(
        ("Your knees are 15 degrees less bent.",),
        differences=(Difference(1, "at the lowest point", "both knee", 88.0, 103.0, "degrees", 2.0, 2.5),),
        exercise="squat",
        repetitions=(1, 2),
        notes=NOTES,
    ),
    Checked(
        (
            CheckedRequirement(
                "back straight",
                "throughout",
                (CheckedRow(1, 0.0, 2.0, True, 1.0, 30, 12.345678, 22.0, "degrees", "back rounded by 12 degrees"),),
            ),
        ),
        "squat",
        "repetition",
        notes=NOTES,
    ),
    Generated(POSES, FACTS, 3, True, "the left arm is up", notes=NOTES),
    Edited(Pose(POSES.rotations, torch.ones(2, 3)), FACTS, 3, False, "raise the left arm", notes=NOTES),
    Judged("the left arm is up", FACTS, notes=NOTES),
    Found((HIT, Hit("b", -1.0, "", 2, mirrored=True)), ("standing",), ("blue",), ("xyz",), notes=NOTES),
    Embedded(torch.eye(2), notes=NOTES),
    Ranking((Ranked(3, 0.5), Ranked(1, -0.25)), notes=NOTES),
    Explained(from_names("flathand extfingerl palml"), "flat hand", notes=NOTES),
    Signed(from_names("flathand extfingerl palml"), "flat hand", CLIP, notes=NOTES),
    SignedKeypoints((from_names("flathand extfingerl palml"),), KEYPOINTS, 10, notes=NOTES),
    Repaired((), KEYPOINTS, 10, 77, notes=NOTES),
    Keypoints(
        "a.jpg",
        (64, 48),
        None,
        torch.zeros(1),
        torch.tensor([0, 0]),
        torch.tensor([0, 1]),
        torch.ones(2, 33, 3),
        torch.ones(2, 33, 3),
        torch.linspace(0, 1, 66).reshape(2, 33),
        torch.tensor([0.9, 0.8]),
        Roi(torch.ones(2, 2), torch.ones(2), torch.zeros(2)),
        torch.full((2, 2, 21, 3), torch.nan),
        notes=NOTES,
    ),
    CheckedStrings(Path("a.json"), tuple(check_texts([("one", "hello")])), notes=NOTES),
    Converted(Path("walk.npz"), 40, 20.0, 22, notes=NOTES),
    Converted(Path("walk.glb"), 40, 20.0, 22, "Mixamo", ("left_foot",), notes=NOTES),
    Drawn(Path("walk.gif"), "animation of 2.0 s", (0, 1), notes=NOTES),
    RowsWritten(Path("T.json"), 9, "pairs", notes=NOTES),
    IndexBuilt(Path("I"), 9, 2, notes=NOTES),
    Toured(Path("d/index.html"), (Path("d/motion.glb"),), 40, ({"frame": 0, "text": "He stands."},), notes=NOTES),
    Trained("generation", "tiny", Path("runs/a"), Path("runs/a/model.safetensors"), {"facts": 0.5}, notes=NOTES),
    Evaluated("generation", "tiny", Path("a.ckpt"), "val", {"error": float("nan")}, notes=NOTES),
    TableBuilt(Path("T"), "rows", 9, 1, "rows/a", ("a row is damaged",), {"texts": 9}, notes=NOTES),
    TableConverted(Path("T"), 9, 1, 1.5, 2.5, 9, (), notes=NOTES),
    IndexDescribed(
        9, 100, "geometric-1", 87, 1, True, ("split",), ({"rows": 9, "source": "T"},), {"id": "a"}, notes=NOTES
    ),
    ModelList((ModelRow("sign", here=False), ModelRow("editing", True, 5, 20, "edits")), notes=NOTES),
    ModelDescribed(Path("a.safetensors"), {"task": "editing", "figures": {"facts": float("inf")}}, notes=NOTES),
    ModelImported(Path("a.safetensors"), "captioning", "DescriptionGenerator", 5, None, notes=NOTES),
    ModelExported(Path("a.safetensors"), Path("a.json"), "captioning", 5, notes=NOTES),
    Transferred(
        torch.zeros(3, 8, 6),
        torch.zeros(3, 8, 6),
        torch.zeros(3, 4, 2),
        torch.zeros(18, 2),
        torch.full((18, 2), -1.0),
        torch.tensor([1.0, 2.0, 3.0, 4.0]),
        "model",
        notes=NOTES,
    ),
    PairsMade(Path("made"), 12, 3, 4096, notes=NOTES),
    Estimated(sample(2, seed=5), notes=NOTES),
    ComparedClips((ClipDistance("a", 2.5, 2.25, None, 0.4, 0.0, 12.5, 10, 12, 75),), notes=NOTES),
)


def concrete(kind: type) -> set[type]:
    """Classes of results that stand for something that is given."""
    found = {kind}.union(*map(concrete, kind.__subclasses__()))
    return {one for one in found if one.__name__ not in ("Result", "Items", "Texts", "Made")}


def test_every_type_has_an_example_and_a_name_in_the_room():
    assert concrete(Result) == {type(one) for one in EXAMPLES}
    assert {one.__name__ for one in concrete(Result)} <= set(poseloom.results.__all__)
    assert all(getattr(poseloom.results, name) is not None for name in poseloom.results.__all__)


@pytest.mark.parametrize("result", EXAMPLES, ids=lambda one: type(one).__name__)
def test_json_is_plain_and_ends_with_the_notes(result):
    made = result.as_json()
    assert json.loads(json.dumps(made, allow_nan=False)) == made  # no tuple, path or number that JSON has not
    assert list(made)[-1] == "notes" and made["notes"] == list(NOTES)


@pytest.mark.parametrize("kind", [Described, Captioned, Instructed])
def test_texts_are_a_sequence_of_texts(kind):
    texts = kind(("one", "two", "three"))
    assert len(texts) == 3 and texts[0] == "one" and texts[-1] == "three" and texts[1:] == ("two", "three")
    assert list(texts) == ["one", "two", "three"] and "two" in texts and texts.index("three") == 2
    assert texts == ["one", "two", "three"] == texts and texts != ["one"] and texts != kind(("one",))
    assert texts == kind(("one", "two", "three")) and texts != kind(("one", "two", "three"), notes=("a",))
    assert kind(()) == [] and not kind(())


def test_texts_of_frames_have_their_places():
    placed = Described(("one", "two")).at([0, 10], 20.0)
    assert placed.as_json()["texts"] == [
        {"frame": 0, "seconds": 0.0, "text": "one"},
        {"frame": 10, "seconds": 0.5, "text": "two"},
    ]
    assert Described(("one",)).as_json()["texts"] == [{"text": "one"}]
    with pytest.raises(PoseloomError, match="expected one for each of 2 texts, got 1"):
        Described(("one", "two")).at([3], 20.0)


def test_poses_come_back_from_json():
    turned = Pose(POSES.rotations, torch.tensor([[1.0, 2.0, 3.0], [0.1234567, 0, 0]]), face=torch.zeros(2, 3, 3))
    made = Generated(turned, FACTS, 0, False, "up").as_json()
    assert made["joints"] == list(JOINT_NAMES[: POSES.joints])
    for name in ("rotations", "translation", "face"):
        there = torch.tensor([row[name] for row in made["poses"]])
        torch.testing.assert_close(there, getattr(turned, name), atol=1e-6, rtol=0)
    assert "shape" not in made["poses"][0] and "shape_model" not in made


def test_shapes_name_their_body():
    shaped = Pose(POSES.rotations, shape=torch.ones(2, 10), shape_model="smplh")
    made = Generated(shaped, FACTS, 0, False, "up").as_json()
    assert made["shape_model"] == "smplh" and made["poses"][0]["shape"] == [1.0] * 10


def test_facts_count_what_can_be_judged():
    assert FACTS.read.tolist() == [2, 1] and FACTS.true.tolist() == [1, 1] and FACTS.share.tolist() == [0.5, 1.0]
    unread = "facts hold, 1 part was not understood"  # which counts as well
    assert FACTS.in_words() == [f"1 of 3 {unread}", f"1 of 2 {unread}"]
    assert FACTS.rows() == [
        {"facts_read": 2, "facts_true": 1, "holds": [True, False]},
        {"facts_read": 1, "facts_true": 1, "holds": [True, None]},
    ]
    assert FACTS.of([1]).in_words() == [f"1 of 2 {unread}"]
    nothing = Facts((), np.zeros((2, 0), bool), np.zeros((2, 0), bool))
    assert nothing.in_words() == ["", ""] and np.isnan(nothing.share).all()


def test_facts_belong_to_the_poses():
    with pytest.raises(PoseloomError, match="expected one leading axis of 2"):
        Generated(POSES[:1], FACTS, 0, False, "up")
    with pytest.raises(PoseloomError, match="facts: expected"):
        Facts(("a",), np.zeros((2, 2), bool), np.zeros((2, 2), bool))


def test_a_hit_tells_what_is_known_of_it():
    assert HIT.as_json() == {
        "id": "a/1",
        "row": 1,
        "score": 0.1235,
        "text": "A person stands.",
        "metadata": {"frame": 3, "split": "val"},
        "holds": True,
    }
    assert Found((HIT,)) == [HIT] and Found((HIT,))[0] is HIT


def test_remarks_say_how_a_question_was_read_where_it_was_not_read_as_a_whole():
    assert list(Found((), ("standing",)).remarks()) == []
    assert list(Found((), ("standing",), ("blue",), ("xyz",), notes=("a",)).remarks()) == [
        "understood: standing",
        "a",
        "looked for in the texts: blue",
        "not understood and in no text: xyz",
    ]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), np.float32("nan"), torch.tensor(float("nan"))])
def test_json_knows_no_nan(value):
    assert plain({"a": [value]}) == {"a": [None]}


def test_results_are_frozen():
    for result in EXAMPLES:
        with pytest.raises(AttributeError):
            result.notes = ()


# -- facts that are found when they are asked for ---------------------------------------------------------------------


def counted():
    """Facts for later, and the calls of what finds them."""
    calls = []

    def find():
        calls.append(1)
        time.sleep(0.01)  # long enough for other threads to come
        return FACTS

    return Facts.later(find), calls


def test_facts_for_later_are_found_once_in_whichever_thread():
    facts, calls = counted()
    made = Generated(POSES, facts, 3, True, "the left arm is up", notes=NOTES)
    assert not calls and not facts.are_found
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: made.facts.true.tolist(), range(32)))
    assert calls == [1] and facts.are_found and found == [FACTS.true.tolist()] * 32


def test_facts_for_later_are_the_same_facts():
    at_once = Generated(POSES, FACTS, 3, True, "the left arm is up", notes=NOTES)
    later = Generated(POSES, counted()[0], 3, True, "the left arm is up", notes=NOTES)
    assert later.as_json() == at_once.as_json()
    assert counted()[0].of([1]).rows() == FACTS.of([1]).rows()
    with pytest.raises(AttributeError, match="no attribute 'holdz'"):
        _ = counted()[0].holdz


def test_a_failure_to_find_facts_is_told_each_time():
    def find():
        raise PoseloomError("no facts")

    facts = Facts.later(find)
    for _ in range(2):
        with pytest.raises(PoseloomError, match="no facts"):
            _ = facts.stated


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda made: pickle.loads(pickle.dumps(made))])
def test_results_with_facts_for_later_travel(copied):
    made = Generated(POSES, counted()[0], 3, True, "the left arm is up")  # a local function cannot be pickled
    assert copied(made).as_json() == Generated(POSES, FACTS, 3, True, "the left arm is up").as_json()
