"""Learned text-pose models: a step of training with cached text features, answers, and loading."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence

from benchmarks.measure import Case, Work, children_seconds, in_seconds, milliseconds

BATCH = 128
SHORTEST, LONGEST = 15, 95
"""Tokens of the texts in a batch, evenly spread: 55 on average, as in people's texts of PoseScript."""
SMPLH_VERTICES, SMPLH_FACES, SMPLH_SHAPES = 6890, 13_776, 16
SAID, SAID_TOKENS = 32, 60
PROMPT = "a person kneeling on the left knee with both arms raised"
LOAD = "import poseloom; poseloom.load_model('retrieval')"


class _RandomFeatures:
    """Stands for a frozen DistilBERT: as many vectors of its width as a text has words."""

    digest = "benchmark of random features"
    width = 768

    def encode(self, texts: Sequence[str]):
        import torch

        return [torch.randn(len(text.split()), self.width) for text in texts]


def _cached_texts():
    """A cache of features on the disk, and the batch of texts that are in it."""
    from poseloom.training.feature_cache import FeatureCache

    span = LONGEST - SHORTEST
    texts = [f"{row}{' word' * (SHORTEST + row * span // (BATCH - 1) - 1)}" for row in range(BATCH)]
    cache = FeatureCache(tempfile.mkdtemp(prefix="poseloom-bench-"), _RandomFeatures())
    cache.fill(texts)
    return cache, texts


def _poses(count: int):
    from poseloom.pose.sampler import sample

    return sample(count, seed=0).without_heading().rotations


def _training(model, loss: Callable) -> Work:
    """One step: features from the cache, forward, backward, Adam as published."""
    import torch

    cache, texts = _cached_texts()
    poses = _poses(BATCH)
    learned = [one for one in model.train().parameters() if one.requires_grad]
    optimizer = torch.optim.Adam(learned, lr=1e-5)

    def step() -> None:
        features = cache.batch(texts)
        optimizer.zero_grad()
        loss(model, poses, model.text_encoder.finish(features.values, ~features.mask)).backward()
        optimizer.step()

    return step


def _retrieval_step() -> Work:
    from poseloom.nn.losses import symmetric_bbc
    from poseloom.tasks.retrieval.published import PoseText

    def loss(model, poses, texts):
        return symmetric_bbc(model.scores(texts, model.encode_poses(poses)))

    return _training(PoseText(), loss)


def _generation_step() -> Work:
    from poseloom.nn.layers.gaussian import divergence
    from poseloom.nn.losses import PerTerm, weighted_reconstruction
    from poseloom.tasks.generation.published import CondTextPoser

    body = _smplh()

    def loss(model, poses, text):
        pose = model.encode_poses(poses)
        model.decode(text.rsample())  # trained through the divergence alone, yet drawn in every step
        terms = _terms(model, body, poses, model.decode(pose.rsample()))
        apart = divergence(pose, text) + 0.01 * (divergence(pose) + divergence(text))
        return weighted_reconstruction(terms, PerTerm(4.0, 2.0, 2.0)) + 0.1 * apart.mean()

    return _training(CondTextPoser(), loss)


def _terms(model, body, poses, said):
    import torch

    from poseloom.nn.losses import ReconstructionTerms, gaussian_nll, laplacian_nll
    from poseloom.pose.rotations import rotvec_to_rotmat

    with torch.no_grad():
        matrices = rotvec_to_rotmat(poses)
        true = body.posed(matrices)
        vertices = body.skin(true)
    drawn = body.posed(rotvec_to_rotmat(said.axis_angle))
    return ReconstructionTerms(
        laplacian_nll(vertices, body.skin(drawn), model.decsigma_v2v),
        laplacian_nll(true.joints, drawn.joints, model.decsigma_jts),
        gaussian_nll(matrices.flatten(-2), said.matrices.flatten(-2), model.decsigma_rot),
    )


def _smplh():
    """A body of SMPL-H's sizes: its numbers are random, for nobody may give away the real ones."""
    import torch

    from poseloom.body.smpl import SmplBody
    from poseloom.body.smpl_files import SmplArrays
    from poseloom.pose.joints import ALL_JOINTS, PARENTS

    arrays = SmplArrays(
        template=torch.randn(SMPLH_VERTICES, 3),
        shape_basis=torch.randn(SMPLH_VERTICES, 3, SMPLH_SHAPES),
        pose_basis=torch.randn(9 * (ALL_JOINTS - 1), 3 * SMPLH_VERTICES),
        joint_regressor=torch.rand(ALL_JOINTS, SMPLH_VERTICES).softmax(-1),
        weights=torch.rand(SMPLH_VERTICES, ALL_JOINTS).softmax(-1),
        faces=torch.zeros(SMPLH_FACES, 3, dtype=torch.long),
        parents=tuple(PARENTS),
    )
    return SmplBody(arrays)


def _halved(prepare: Callable[[], Work]) -> Callable[[], Work]:
    """The same work with products in bfloat16, as `--engine.precision bf16-mixed` has them."""

    def prepared() -> Work:
        import torch

        work = prepare()
        return lambda: torch.autocast("cpu", torch.bfloat16)(work)()

    return prepared


def _generate() -> Work:
    import poseloom

    generator = poseloom.load_model("generation")
    return lambda: generator.generate(PROMPT, n=1)


def _caption() -> Work:
    import torch

    from poseloom.nn.text.decoding import Greedy, Limits
    from poseloom.tasks.captioning.published import DescriptionGenerator

    model, poses = DescriptionGenerator().eval(), _poses(SAID)
    never_ends = Limits(shortest=SAID_TOKENS + 1, longest=SAID_TOKENS)
    return torch.no_grad()(lambda: model.say(poses, Greedy(never_ends)))


def _load() -> Work:
    return lambda: subprocess.run([sys.executable, "-c", LOAD], check=True, capture_output=True)


CASES = (
    Case(f"training step, retrieval as published, {BATCH} texts", _retrieval_step, in_seconds, "<= 2 s", runs=3),
    Case(f"training step, generation as published, {BATCH} texts", _generation_step, in_seconds, "<= 2 s", runs=3),
    Case(f"the same in bfloat16, retrieval, {BATCH} texts", _halved(_retrieval_step), in_seconds, "<= 2 s", runs=3),
    Case(f"the same in bfloat16, generation, {BATCH} texts", _halved(_generation_step), in_seconds, "<= 2 s", runs=3),
    Case("a pose from a text, default model", _generate, milliseconds, "<= 15 ms", runs=50),
    Case(f"texts of {SAID} poses as published, {SAID_TOKENS} words each", _caption, in_seconds, "<= 1.5 s", runs=3),
    Case("`load_model`, start of Python and torch included", _load, in_seconds, "<= 1 s", clock=children_seconds),
)
