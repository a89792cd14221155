"""The protocols of the default models, on stubs whose answers are known: the figures are exact."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from poseloom.language import instruct
from poseloom.nn.text.words import PAD
from poseloom.pose import Pose
from poseloom.pose.skeleton import rest_offsets
from poseloom.tasks.captioning import evaluate as captioning
from poseloom.tasks.common import judge
from poseloom.tasks.common.flow_learner import with_some_dropped
from poseloom.tasks.common.judge import Judge, precision_at_1
from poseloom.tasks.common.speaker_learner import SpeakerLearner
from poseloom.tasks.editing import evaluate as editing
from poseloom.tasks.generation import evaluate as generation
from poseloom.tasks.instruction import evaluate as instruction
from poseloom.tasks.pair_retrieval import evaluate as pair_retrieval
from poseloom.tasks.retrieval import evaluate as retrieval
from poseloom.tasks.sign import evaluate as sign
from poseloom.tasks.sign.clips import SignClip

pytestmark = pytest.mark.wrong_types  # the stubs are of no model's class

BODY = 22
LEFT_ELBOW, RIGHT_ELBOW = 18, 19
FOREARM = 1000 * rest_offsets()[20:22].norm(dim=-1).mean().item()
"""Millimetres; both are alike to a hundredth."""
NEAR = {"abs": 0.02}


def arms(up):
    rotations = torch.zeros(BODY, 3)
    rotations[16, 2], rotations[17, 2] = (1.3, -1.3) if up else (-1.3, 1.3)
    return rotations


def bent(rotations, joint, angle):
    """An elbow bent: the wrist alone moves, by `way(angle)`."""
    other = rotations.clone()
    other[joint, 1] += angle if joint == RIGHT_ELBOW else -angle
    return other


def way(angle):
    """Millimetres that a wrist moves."""
    return 2 * FOREARM * np.sin(angle / 2)


def poses(*rotations):
    return Pose(torch.stack(rotations))


class Drawing(torch.nn.Module):
    """A flow that gives known samples: those of the rows that come in its inputs."""

    def __init__(self, samples):
        super().__init__()
        self.place = torch.nn.Parameter(torch.zeros(1))
        self.flow = SimpleNamespace(offsets=rest_offsets()[:BODY])
        self.samples = Pose(samples).matrices()

    def sample_poses(self, rows, *more):
        count = more[-2]
        return self.samples[rows, :count]


NUMBERS = SimpleNamespace(asked=lambda texts: (torch.arange(len(texts)),))
"""In place of words and facts of texts: their rows."""


# -- generation -----------------------------------------------------------------------------------------------------


def generated(samples, true, monkeypatch, text="both arms raised"):
    monkeypatch.setattr(generation, "describe", lambda poses, seed: [text] * len(poses))
    return generation.held_out_figures(Drawing(samples), NUMBERS, true, samples.shape[1])


def test_a_generator_that_is_right_once_in_three_samples(monkeypatch):
    """Of each text one sample is right, one is wrong by a right angle at an elbow, one by half of that."""
    own = arms(False)
    right, far, near = own, bent(own, LEFT_ELBOW, np.pi / 2), bent(own, RIGHT_ELBOW, np.pi / 4)
    samples = torch.stack([torch.stack(row) for row in ((far, right, near), (right, near, far), (near, far, right))])
    found = generated(samples, poses(own, own, own), monkeypatch)
    assert found["best_mpjpe"] == pytest.approx(0, **NEAR)
    assert found["mean_mpjpe"] == pytest.approx((way(np.pi / 2) + way(np.pi / 4)) / 3 / BODY, **NEAR)


def test_a_generator_whose_best_is_known(monkeypatch):
    own = arms(False)
    far, near = bent(own, LEFT_ELBOW, 1.5), bent(own, LEFT_ELBOW, 0.5)
    found = generated(torch.stack([torch.stack([far, near])]), poses(own), monkeypatch)
    assert found["best_mpjpe"] == pytest.approx(way(0.5) / BODY, **NEAR)
    assert found["mean_mpjpe"] == pytest.approx((way(0.5) + way(1.5)) / 2 / BODY, **NEAR)


def test_facts_are_those_of_the_first_sample_and_of_the_one_that_has_most(monkeypatch):
    """Four texts state one fact each; the first sample meets it in one, any sample in three."""
    up, down = arms(True), arms(False)
    samples = torch.stack([torch.stack(row) for row in ((up, down), (down, up), (down, up), (down, down))])
    found = generated(samples, poses(up, up, up, up), monkeypatch)
    assert found["facts"] == 25 and found["facts_verified"] == 75


def test_texts_are_dropped_by_their_share():
    texts = [f"text {number}" for number in range(2000)]
    assert with_some_dropped(texts, 0.0, 3) == texts and not any(with_some_dropped(texts, 1.0, 3))
    kept = with_some_dropped(texts, 0.25, 3)
    assert kept.count("") == pytest.approx(500, abs=60)
    assert all(one in ("", text) for one, text in zip(kept, texts, strict=True))


# -- editing --------------------------------------------------------------------------------------------------------

ASKED = 1.2
"""Radians by which the left elbow is to be bent."""


def edited(answer, monkeypatch=None, text="Bend your left elbow more."):
    first = arms(False)
    second = bent(first, LEFT_ELBOW, ASKED)
    if monkeypatch is not None:
        monkeypatch.setattr(editing, "instruct", lambda first, second, seed: [text] * len(first))
    return editing.held_out_figures(Drawing(answer(first, second)[None, None]), NUMBERS, (poses(first), poses(second)))


def test_an_editor_that_is_right():
    found = edited(lambda first, second: second)
    assert found["facts"] == 100
    assert found["unnamed"] == pytest.approx(0, **NEAR) and found["mpjpe"] == pytest.approx(0, **NEAR)
    assert found["mpjpe_unchanged"] == pytest.approx(way(ASKED) / BODY, **NEAR)


def test_an_editor_that_changes_nothing():
    found = edited(lambda first, second: first)
    assert found["facts"] == 0 and found["unnamed"] == pytest.approx(0, **NEAR)
    assert found["mpjpe"] == pytest.approx(found["mpjpe_unchanged"]) and found["mpjpe"] > 5


def test_an_editor_that_moves_another_limb():
    """Of the four limbs that are not named one moves, and of its two joints the wrist."""
    found = edited(lambda first, second: bent(first, RIGHT_ELBOW, 0.8))
    assert found["facts"] == 0
    assert found["unnamed"] == pytest.approx(way(0.8) / 2 / 4, **NEAR)
    assert found["mpjpe"] == pytest.approx((way(ASKED) + way(0.8)) / BODY, **NEAR)


def test_an_editor_that_does_half_of_what_is_asked(monkeypatch):
    found = edited(lambda first, second: second, monkeypatch, "Bend your left elbow more and raise your right arm.")
    assert found["facts"] == 50


def test_what_nobody_can_tell_counts_neither_for_nor_against(monkeypatch):
    checked = [SimpleNamespace(holds=[True, None, False, None])]
    monkeypatch.setattr(editing, "check_instructions", lambda *given: checked)
    assert edited(lambda first, second: second)["facts"] == 50


# -- captioning and instruction -------------------------------------------------------------------------------------


class Saying(torch.nn.Module):
    """Says text after text, by their numbers."""

    def __init__(self):
        super().__init__()
        self.place, self.said = torch.nn.Parameter(torch.zeros(1)), 0

    def say(self, strategy, first, *more):
        numbers = torch.arange(self.said, self.said + len(first))[:, None]
        self.said += len(first)
        return SimpleNamespace(tokens=numbers)


def words_of(texts):
    return SimpleNamespace(decode=lambda row: texts[row[0]])


MEASURED = SimpleNamespace(numbers=lambda *given: torch.zeros(len(given[0]), 3))


def test_captions_of_which_some_are_true():
    """Three facts are read, one of the first two poses' two is true; the last text means nothing, in two words."""
    texts = ["both arms raised", "both arms raised and both knees straight", "brown zebra"]
    found = captioning.held_out_figures(
        Saying(), words_of(texts), MEASURED, poses(arms(False), arms(True), arms(True)), Judge()
    )
    assert found == {"facts": pytest.approx(200 / 3), "facts_each": 1, "unread": pytest.approx(2 / 3)}


def test_instructions_of_which_some_hold():
    """The second text asks for what the pair does the other way round."""
    up, down = arms(True), arms(False)
    texts = ["Raise both arms.", "Raise both arms.", "Raise the left arm.", "Wiggle the flipper."]
    pairs = poses(down, up, down, down), poses(up, down, up, up)
    found = instruction.held_out_figures(Saying(), words_of(texts), MEASURED, pairs, Judge())
    assert found == {"facts": pytest.approx(200 / 3), "facts_each": 0.75, "unread": 0.5}


def ring(count, own=0.5):
    """Texts that point to the next item, and less to their own."""
    items = torch.eye(count)
    return items.roll(1, 1) + own * items, items


def test_precision_of_texts_in_pools_of_32():
    texts, items = ring(32)
    assert precision_at_1(items, items) == 100 and precision_at_1(texts, items) == 0
    half = torch.cat([items[:16], texts[16:]])
    assert precision_at_1(half, items) == 50


def test_a_text_is_precise_where_it_wins_its_pool_not_on_average():
    """The one better item is in 31 of 32 pools: the mean rank lies below 1, and yet the text seldom wins."""
    texts, items = ring(33)
    assert precision_at_1(texts, items) < 15


@pytest.mark.parametrize("protocol", [captioning, instruction])
def test_the_judge_sees_the_texts_and_their_own_poses(monkeypatch, protocol):
    count = 32
    vectors = torch.nn.functional.normalize(torch.randn(count, 8, generator=torch.Generator().manual_seed(1)), dim=1)
    texts = [f"the head turns {number}" for number in range(count)]
    places = torch.arange(count, dtype=torch.float32)[:, None, None].expand(-1, BODY, 3) / 100
    model = SimpleNamespace(
        embed_texts=lambda rows: vectors[rows],
        embed_poses=lambda rotations: vectors[(rotations[:, 0, 0] * 100).round().long()],
        embed_pairs=lambda first, second: vectors[(second[:, 0, 0] * 100).round().long()],
    )
    known = SimpleNamespace(
        model=model, words=SimpleNamespace(encode=lambda given: torch.tensor([texts.index(one) for one in given]))
    )
    monkeypatch.setattr(judge, "open_exported", lambda path, *kind: known)
    seen = Pose(places) if protocol is captioning else (Pose(places * 0), Pose(places))
    found = protocol.held_out_figures(Saying(), words_of(texts), MEASURED, seen, Judge("judge.safetensors"))
    assert found["r_precision_1"] == 100
    wrong = protocol.held_out_figures(Saying(), words_of(texts[1:] + texts[:1]), MEASURED, seen, Judge("a"))
    assert wrong["r_precision_1"] == 0


class Spelling(torch.nn.Module):
    """Gives each next word of a text the logit of its own row."""

    def __init__(self, sure):
        super().__init__()
        self.sure = sure

    def memory(self, sure):
        return sure

    def logits(self, words, memory):
        following = torch.nn.functional.one_hot(words.roll(-1, 1), 5).float()
        return following * memory[:, None, None]


def test_each_word_of_a_batch_counts_the_same():
    """One text of seven words that is guessed, and seven of one word that are known."""
    words = torch.full((8, 9), PAD)
    words[0] = torch.tensor([1, 3, 4, 3, 4, 3, 4, 3, 2])
    words[1:, :3] = torch.tensor([1, 3, 2])
    sure = torch.tensor([0.0] + [100.0] * 7)
    learner = SimpleNamespace(model=Spelling(sure))
    batch = SimpleNamespace(words=words, seen=(sure,))
    found = SpeakerLearner.losses(learner, batch)["total"]
    assert float(found) == pytest.approx(np.log(5) * 8 / (8 + 14), rel=1e-4)


# -- retrieval ------------------------------------------------------------------------------------------------------

COUNT = 12
HUB = torch.eye(COUNT)
HUB[0] = 2
"""Vectors of items of which the first is nearest to every text."""
FIRST_ONLY = {1: 100 / COUNT, 5: 100.0, 10: 100.0}
ALL_BUT_FIRST = {1: 1100 / COUNT, 5: 1100 / COUNT, 10: 100.0}
"""R@k of texts -> items and of items -> texts; the hub's own text shares the ranks 0 to 11 with all others."""
BOTH = (sum(FIRST_ONLY.values()) + sum(ALL_BUT_FIRST.values())) / 6


class Space(torch.nn.Module):
    """Texts and items at known places; remembers the texts."""

    def __init__(self):
        super().__init__()
        self.place = torch.nn.Parameter(torch.zeros(1))

    def embed_texts(self, rows):
        return torch.eye(COUNT)[rows]

    def embed_poses(self, rotations):
        return HUB[(rotations[:, 15, 0] * 100).round().long()]

    def embed_pairs(self, first, second):
        assert not first[:, 15].any()
        return self.embed_poses(second)

    def encode(self, texts):
        self.texts = texts
        return torch.arange(len(texts))


def heads():
    """Poses that are told apart by a little nod."""
    rotations = torch.zeros(COUNT, BODY, 3)
    rotations[:, 15, 0] = torch.arange(COUNT) / 100
    return Pose(rotations)


def rates(name, values):
    return {f"{name}_r{k}": pytest.approx(value) for k, value in values.items()}


def test_retrieval_of_a_hub():
    space = Space()
    expected = {"mrecall": pytest.approx(BOTH)}
    expected |= rates("text_to_pose", FIRST_ONLY) | rates("pose_to_text", ALL_BUT_FIRST)
    assert retrieval.held_out_figures(space, space, heads()) == expected


def test_pair_retrieval_of_a_hub():
    space, first = Space(), Pose(torch.zeros(COUNT, BODY, 3))
    expected = {"mrecall": pytest.approx(BOTH)}
    expected |= rates("text_to_pair", FIRST_ONLY) | rates("pair_to_text", ALL_BUT_FIRST)
    assert pair_retrieval.held_out_figures(space, space, (first, heads())) == expected
    assert space.texts == instruct(first, heads(), seed=pair_retrieval.INSTRUCTION_SEED)


# -- sign -----------------------------------------------------------------------------------------------------------

FRAMES = 4


class Signing(torch.nn.Module):
    """Signs known clips: worse first, then at last as `wrong` says; repairs known points badly and lost ones by 0.05.

    Args:
        clips: by their texts.
        wrong: added to the first coordinate of the last refinement.
        length: how long what it makes is, in lengths of the clip.
    """

    def __init__(self, clips, wrong=0.0, length=1.0):
        super().__init__()
        self.place = torch.nn.Parameter(torch.zeros(1))
        self.clips, self.wrong, self.length = {clip.text: clip for clip in clips}, wrong, length

    def tokens(self, texts):
        return texts

    def encode_text(self, texts):
        return texts

    def frames_of(self, texts):
        return torch.tensor([round(len(self.clips[text]) * self.length) for text in texts])

    def start(self, values, seen, lengths):
        return None

    def draft(self, values, known, padding):
        return values, known

    def refinements(self, texts, draft, steps):
        if draft is not None:
            values, known = draft
            wrong = torch.zeros_like(values)
            wrong[..., 0] = torch.where(known, 1.0, 0.05)
            return iter([values + wrong])
        found = []
        for text, frames in zip(texts, self.frames_of(texts).tolist(), strict=True):
            values = torch.from_numpy(self.clips[text].values)
            found.append(values[[min(frame, len(values) - 1) for frame in range(frames)]])
        true = torch.stack(found)
        moved = true.new_tensor([1.0, 0, 0])
        return iter([true + moved * (self.wrong + 3), true + moved * self.wrong])


def clip(text, step=0.1, at=0.0):
    """Two keypoints that go on by a step each frame."""
    values = np.zeros((FRAMES, 2, 3), np.float32)
    values[..., 1] = at + step * np.arange(FRAMES)[:, None]
    return SignClip(text, values, np.ones((FRAMES, 2), np.float32))


CLIPS = [clip("abcd"), clip("wxyz")]
GALLERY = [clip("xxxx", at=9.0), clip("abce", at=1.0, step=0.0), clip("wxyy", at=2.0, step=0.0)]


def test_a_signer_that_is_right():
    found = sign.held_out_figures(Signing(CLIPS), CLIPS, GALLERY, 3)
    assert found["ndtw_mje"] == pytest.approx(0, abs=1e-5) and found["length_error"] == 0
    assert found["still"] == pytest.approx(0 + 0.1 + 0.2 + 0.3, rel=1e-4)
    near = [sum(abs(at - 0.1 * frame) for frame in range(FRAMES)) for at in (1.0, 2.0)]
    assert found["neighbour"] == pytest.approx(sum(near) / 2, rel=1e-4)
    quick = sign.quick_figures(Signing(CLIPS), CLIPS, 3)
    assert quick["dtw"] == pytest.approx(0, abs=1e-5) and quick["still"] == pytest.approx(0.6, rel=1e-4)


def test_a_signer_that_is_wrong_by_a_known_way():
    """Beside the way of the keypoints, so that no warping helps: the last refinement counts."""
    still = [clip("abcd", step=0.0), clip("wxyz", step=0.0)]
    found = sign.held_out_figures(Signing(still, wrong=0.25), still, GALLERY, 3)
    assert found["ndtw_mje"] == pytest.approx(FRAMES * 0.25, rel=1e-4) and found["still"] == 0


def test_a_signer_that_takes_twice_as_long():
    assert sign.held_out_figures(Signing(CLIPS, length=2.0), CLIPS, GALLERY, 3)["length_error"] == pytest.approx(100)
    assert sign.quick_figures(Signing(CLIPS, length=0.5), CLIPS, 3)["length_error"] == pytest.approx(50)


def test_a_repair_is_measured_where_points_were_lost():
    found = sign.repair_figures(Signing(CLIPS), CLIPS, 3)
    assert found["repair"] == pytest.approx(5.0, rel=1e-4) and found["linear"] >= 0
