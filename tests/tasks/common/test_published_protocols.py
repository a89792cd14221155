"""The protocols of the published models on stubs whose answers are known."""

import math
from types import SimpleNamespace

import pytest
import torch
from torch.distributions import Normal

from poseloom.nn.pose.decoder import JointRotations
from poseloom.pose.rotations import rotvec_to_rotmat
from poseloom.tasks.captioning import published_evaluate as captioning
from poseloom.tasks.common.published_data import PairBatch, PoseBatch
from poseloom.tasks.common.published_saying import SayingProtocol, Spoken
from poseloom.tasks.common.published_text import TextBatch
from poseloom.tasks.common.reconstruction import SampleProtocol
from poseloom.tasks.common.surfaces import Wearer
from poseloom.tasks.editing import published_evaluate as editing
from poseloom.tasks.generation import published_evaluate as generation
from poseloom.tasks.instruction import published_evaluate as instruction

pytestmark = pytest.mark.wrong_types  # the stubs are of no model's class

CERTAIN = 1e-3
"""Standard deviation of the stubs' Gaussians: samples are hardly noisy."""
NAMES = ("decsigma_v2v", "decsigma_jts", "decsigma_rot")
WORDS = tuple(f"text {place}" for place in range(6))


def standing(count, seed=1):
    return torch.randn(count, 52, 3, generator=torch.Generator().manual_seed(seed)) * 0.2


def numbered(count):
    """Texts whose only id is their number; 0 is an empty text."""
    return TextBatch(torch.arange(1, count + 1)[:, None], torch.ones(count, dtype=torch.long))


def turned(poses, angle):
    """The right elbow turned further by an angle, about the axis that it is turned about."""
    other = poses.clone()
    axis = poses[:, 19] / poses[:, 19].norm(dim=-1, keepdim=True)
    other[:, 19] = poses[:, 19] + angle * axis
    return other


class Stub:
    """Latents are the poses themselves; a text tells of the pose of its number."""

    def __init__(self, told):
        self.distribution = torch.cat([torch.zeros(1, *told.shape[1:]), told])
        for name in NAMES:
            setattr(self, name, torch.zeros(1))

    def encode_poses(self, poses):
        return Normal(poses.flatten(1), CERTAIN)

    embed_poses = staticmethod(lambda poses: poses.flatten(1))

    def posterior(self, vectors):
        return Normal(vectors, CERTAIN)

    def encode_texts(self, tokens, lengths):
        told = self.distribution[tokens[:, 0]].flatten(1)
        return Normal(told, CERTAIN) if self.text_is_a_pose else told

    text_is_a_pose = True

    def fuse(self, vectors, texts):
        return vectors + texts

    def pose_text_fusion_distribution_layer(self, vectors):
        return Normal(vectors, CERTAIN)

    def decode(self, latents):
        return JointRotations(rotvec_to_rotmat(latents.unflatten(-1, (52, 3))))


class StubJudge:
    """Features of poses are their numbers, those of texts are given."""

    def __init__(self, path):
        self.path = path

    def frechet(self, real, made):
        return float((real - made).norm(dim=-1).mean())

    def recall(self, words, rotations, suffix):
        return {f"sum_{suffix}": float(rotations.sum()), f"words_{suffix}": len(words)}

    poses = staticmethod(lambda rotations: rotations.flatten(1))
    pairs = staticmethod(lambda before, after: torch.cat([before, 2 * after], dim=-1).flatten(1))


@pytest.fixture(scope="module")
def wearer():
    return Wearer()


def pose_batches(poses):
    return [PoseBatch(poses, numbered(len(poses)), WORDS[: len(poses)], tuple((one,) for one in WORDS[: len(poses)]))]


PROTOCOL = SampleProtocol(samples=4, best=2)


def test_a_generator_that_is_right_has_no_errors_and_no_divergence(wearer):
    poses = standing(6)
    found = generation.held_out_figures(
        Stub(poses), wearer, pose_batches(poses), PROTOCOL, generation.GenerationJudges()
    )
    assert (
        found["geodesic"] < 0.2
        and found["mpjpe"] < 10
        and found["mpjpe_top1"] <= found["mpjpe_best2"] <= found["mpjpe"]
    )
    assert found["elbo_jts"] == pytest.approx(-math.log(2), abs=0.01)
    assert found["elbo_rot"] == pytest.approx(-0.5 * math.log(2 * math.pi), abs=0.01)


def test_a_generator_that_is_wrong_by_an_angle_has_that_error_and_its_divergence(wearer):
    poses = standing(6)
    found = generation.held_out_figures(
        Stub(turned(poses, 0.5)), wearer, pose_batches(poses), PROTOCOL, generation.GenerationJudges()
    )
    assert found["geodesic"] == pytest.approx(math.degrees(0.5) / 52, abs=0.1)
    kl = (0.5 / CERTAIN) ** 2 / 2
    assert found["elbo_jts"] == pytest.approx(-math.log(2) - kl / 156, rel=1e-3)


def test_judges_of_a_generator_see_drawn_poses_and_real_ones(wearer, monkeypatch):
    monkeypatch.setattr(generation, "PoseJudge", StubJudge)
    poses = standing(6)
    told = turned(poses, 0.5)
    judges = generation.GenerationJudges(retrieval="a", retrieval_of_generated="b")
    found = generation.held_out_figures(Stub(told), wearer, pose_batches(poses), PROTOCOL, judges)
    assert found["fid"] == pytest.approx(0.5 / 52, abs=3e-3)
    assert found["sum_rg"] == pytest.approx(float(told.sum()), abs=0.3)
    assert found["sum_gr"] == pytest.approx(float(poses.sum()), abs=1e-3)
    assert abs(float(told.sum() - poses.sum())) > 0.5 and found["words_rg"] == 6


def edits(deltas, in_sequence):
    before = standing(len(deltas), seed=2)
    after = before + deltas
    return PairBatch(before, after, numbered(len(deltas)), torch.tensor(in_sequence), WORDS[: len(deltas)])


def test_an_editor_in_all_settings(wearer, monkeypatch):
    """The editor adds what the instruction says; two of the four pairs, those of one recording, ask for half of it."""
    monkeypatch.setattr(editing, "PoseJudge", StubJudge)
    asked = torch.zeros(4, 52, 3)
    asked[:, 19, 1] = 1.0
    batch = edits(asked, [True, True, False, False])
    told = asked.clone()
    told[:2] *= 0.5
    model = Stub(told)
    model.text_is_a_pose = False

    def maker(texts):
        return TextBatch(torch.zeros(len(texts), 1, dtype=torch.long), torch.ones(len(texts), dtype=torch.long))

    found = editing.held_out_figures(model, wearer, [batch], maker, PROTOCOL, editing.EditingJudges("a"))

    def wrong(predicted):
        from poseloom.metrics.rotation_error import pose_geodesic_degrees

        return float(pose_geodesic_degrees(predicted, batch.after).mean())

    half = batch.before + told
    assert found["geodesic"] == pytest.approx(wrong(half), abs=0.15)
    assert found["out_of_sequence_geodesic"] < 0.2 < found["in_sequence_geodesic"]
    assert found["in_sequence_geodesic"] == pytest.approx(2 * wrong(half), abs=0.15)
    for setting in ("pose_only_", "pose_similarity_"):
        assert found[f"{setting}geodesic"] == pytest.approx(wrong(batch.before), abs=0.15)
    assert found["text_only_geodesic"] == pytest.approx(wrong(editing.no_pose(batch.before) + told), abs=0.15)
    assert editing.no_pose(batch.before)[0, 0].tolist() == pytest.approx([math.pi / 2, 0, 0])
    assert found["fid"] == pytest.approx(float((half - batch.after).norm(dim=-1).mean()), abs=3e-3)
    kl = (0.5 / CERTAIN) ** 2 / 2
    assert found["in_sequence_elbo_jts"] == pytest.approx(-math.log(2) - kl / 156, rel=1e-3)
    assert found["out_of_sequence_elbo_jts"] == pytest.approx(-math.log(2), abs=0.01)


SAID = [f"said {place}" for place in range(6)]
TEXTS = SayingProtocol(pool=6, repetitions=1, samples=3, best=1)


def spoken():
    return Spoken(list(SAID), torch.zeros(6))


def judge_of(features):
    """A judge whose vectors of said texts are given; others point nowhere."""

    class Judge(StubJudge):
        def texts(self, words):
            return torch.stack([features[SAID.index(one)] if one in SAID else -features[0] for one in words])

    return Judge


def sampler_of(poses):
    """A generator that hears the said texts alone."""

    class Sampler:
        model = Stub(poses)

        def __init__(self, path):
            pass

        def __call__(self, *given):
            words, count = given[-3], given[-2]
            heard = [poses[SAID.index(one)] if one in SAID else poses[0] + 1 for one in words]
            return torch.stack(heard)[:, None].repeat(1, count, 1, 1)

        def distribution(self, *given):
            words = given[-1]
            mean = torch.tensor([0.0 if one in SAID else 2.0 for one in words])
            return Normal(mean[:, None].repeat(1, 156), (1 + mean / 2)[:, None].repeat(1, 156))

    return Sampler


def test_descriptions_are_judged_by_what_was_said(monkeypatch):
    poses = standing(6)
    monkeypatch.setattr(captioning, "PoseJudge", judge_of(poses.flatten(1)))
    monkeypatch.setattr(captioning, "TextSampler", sampler_of(turned(poses, 0.5)))
    judges = captioning.CaptioningJudges("a", "b")
    found = captioning.held_out_figures(spoken(), pose_batches(poses), TEXTS, judges)
    assert found["r_precision_1"] == 100
    assert found["geodesic_top1"] == pytest.approx(math.degrees(0.5) / 52, rel=1e-3)
    assert found["fid"] == pytest.approx(0.5 / 52, rel=1e-3)
    assert found["kld_a"] == pytest.approx(156 * (3.5 - math.log(2)))  # of N(2, 2), people's, from N(0, 1), said
    none = captioning.CaptioningJudges()
    assert "mpjpe" not in captioning.held_out_figures(spoken(), pose_batches(poses), TEXTS, none)


def test_instructions_are_judged_by_what_was_said_of_both_poses(monkeypatch):
    before, after = standing(6, seed=4), standing(6, seed=5)
    vectors = StubJudge.pairs(before, after)
    monkeypatch.setattr(instruction, "PairJudge", judge_of(vectors))
    monkeypatch.setattr(instruction, "PoseJudge", StubJudge)
    monkeypatch.setattr(instruction, "EditSampler", sampler_of(turned(after, 0.5)))
    batch = PairBatch(
        before, after, numbered(6), torch.zeros(6, dtype=torch.bool), WORDS, tuple((one,) for one in WORDS)
    )
    judges = instruction.InstructionJudges("a", "b", "c")
    found = instruction.held_out_figures(spoken(), [batch], TEXTS, judges)
    assert found["r_precision_1"] == 100
    assert found["multimodality"] == pytest.approx(float((vectors * vectors).sum(1).mean()), rel=1e-4)
    assert found["geodesic"] == pytest.approx(math.degrees(0.5) / 52, rel=1e-3)
    assert found["fid"] == pytest.approx(0.5 / 52, rel=1e-3)


def test_texts_that_lead_nowhere_are_not_precise(monkeypatch):
    poses = standing(6)
    monkeypatch.setattr(captioning, "PoseJudge", judge_of(poses.flatten(1).roll(1, 0)))
    found = captioning.held_out_figures(spoken(), pose_batches(poses), TEXTS, captioning.CaptioningJudges("a"))
    assert found["r_precision_1"] == 0
    assert torch.isfinite(torch.tensor(list(found.values()))).all()
    assert SimpleNamespace(**found).bleu == 0
