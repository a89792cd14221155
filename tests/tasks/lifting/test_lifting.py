"""The lifter: what it sees does not depend on where in the picture a person is; losses, training, files."""

from __future__ import annotations

import math

import pytest
import torch

from poseloom.base.errors import FileError, PoseloomError
from poseloom.images.roi import Roi
from poseloom.pose import BODY_JOINTS, Pose
from poseloom.pose import rotations as rot
from poseloom.tasks.common.recipes import open_recipe
from poseloom.tasks.lifting import open_model
from poseloom.tasks.lifting.batch import batch_of, carried_joints
from poseloom.tasks.lifting.frame import MIRRORED, SeenPeople, mirrored_numbers
from poseloom.tasks.lifting.model import Lifter, LifterConfig, LifterOutput
from poseloom.tasks.lifting.objective import LossWeights, lifting_losses
from poseloom.training import evaluate, fit
from tiny_models import made_up_pairs

COUNT = 60


def made_pairs(count=COUNT, seed=0):
    """People of no picture: random landmarks, poses and lenses."""
    random = torch.Generator().manual_seed(seed)

    def normal(*size):
        return torch.randn(*size, generator=random)

    return {
        "points": normal(count, 33, 3) * 40 + 160,
        "world": normal(count, 33, 3) * 0.4,
        "visibility": torch.rand(count, 33, generator=random),
        "roi": torch.stack(
            [160 + normal(count), 160 + normal(count), 300 + normal(count), 0.1 * normal(count)], dim=-1
        ),
        "size": torch.full((count, 2), 320.0),
        "rotations": normal(count, 52, 3) * 0.3,
        "lens": torch.tensor([400.0, 159.5, 159.5]).expand(count, 3).clone(),
    }


def seen_of(pairs):
    roi, lens = pairs["roi"], pairs["lens"]
    regions = Roi(roi[:, :2], roi[:, 2], roi[:, 3])
    return SeenPeople(
        pairs["points"], pairs["world"], pairs["visibility"], regions, pairs["size"], lens[:, 0], lens[:, 1:]
    )


@pytest.fixture(scope="module")
def pairs():
    return made_pairs()


def test_the_tilt_of_a_picture_changes_nothing_but_the_told_turn(pairs):
    angle = 0.4
    turned = dict(pairs)
    cos, sin = math.cos(angle), math.sin(angle)
    about = torch.tensor([[cos, sin], [-sin, cos]])  # rows of vectors, clockwise on the screen
    centre = torch.tensor([159.5, 159.5])
    flat = (pairs["points"][..., :2] - centre) @ about + centre
    turned["points"] = torch.cat([flat, pairs["points"][..., 2:]], dim=-1)
    roi = pairs["roi"].clone()
    roi[:, :2] = (roi[:, :2] - centre) @ about + centre
    roi[:, 3] += angle
    turned["roi"] = roi
    back = rot.axis_to_rotmat(torch.tensor(-angle), "Z")
    turned["world"] = pairs["world"] @ back.mT
    turned["size"] = pairs["size"] * 1e6  # whether points lie inside is not asked here
    pairs = {**pairs, "size": turned["size"]}
    before, after = seen_of(pairs), seen_of(turned)
    inside = torch.ones(33 * 8 + 2, dtype=torch.bool)
    inside[7 : 33 * 8 : 8] = inside[-2:] = False
    assert torch.allclose(before.numbers()[:, inside], after.numbers()[:, inside], atol=1e-4)
    assert torch.allclose(before.axes(), after.axes() @ back, atol=1e-5)


def test_the_axes_point_at_the_person(pairs):
    seen = seen_of(pairs)
    flat = (seen.roi.centre - seen.centre) / seen.focal[:, None]
    toward = torch.stack([flat[:, 0], -flat[:, 1], -torch.ones(COUNT)], dim=-1)
    ahead = (seen.axes() @ toward[..., None]).squeeze(-1)
    assert torch.allclose(ahead[:, :2], torch.zeros(COUNT, 2), atol=1e-5)


def test_a_mirrored_person_has_mirrored_numbers(pairs):
    seen = seen_of(pairs)
    flip = torch.tensor([-1.0, 1.0, 1.0])
    points = pairs["points"][:, list(MIRRORED)] * flip + torch.tensor([319.0, 0, 0])
    roi = pairs["roi"] * torch.tensor([-1.0, 1, 1, -1]) + torch.tensor([319.0, 0, 0, 0])
    mirrored = {**pairs, "points": points, "world": pairs["world"][:, list(MIRRORED)] * flip, "roi": roi}
    mirrored["visibility"] = pairs["visibility"][:, list(MIRRORED)]
    assert torch.allclose(seen_of(mirrored).numbers(), mirrored_numbers(seen.numbers()), atol=1e-4)
    assert sorted(MIRRORED) == list(range(33)) and [MIRRORED[row] for row in MIRRORED] == list(range(33))


def test_mirrored_truth_is_that_of_the_mirrored_pose(pairs):
    batch = batch_of(pairs)
    mirrored = batch.mirrored(torch.ones(COUNT, dtype=torch.bool))
    wanted = Pose(rot.rotmat_to_rotvec(batch.local)).mirror().matrices()
    assert torch.allclose(mirrored.local, wanted, atol=1e-4)
    assert float((carried_joints(mirrored.local) - mirrored.joints).norm(dim=-1).max()) < 0.01  # bodies are nearly even
    again = mirrored.mirrored(torch.ones(COUNT, dtype=torch.bool))
    assert torch.allclose(again.numbers, batch.numbers, atol=1e-5)


def test_the_model_gives_rotations_and_positive_errors():
    model = Lifter(LifterConfig(width=32, blocks=1)).eval()
    output = model(torch.randn(5, 266) * 100)
    assert torch.allclose(output.local @ output.local.mT, torch.eye(3).expand(5, BODY_JOINTS, 3, 3), atol=1e-4)
    assert float(output.place_error.min()) > 0 and float(output.turn_error.max()) < 3


def test_the_truth_costs_nothing_and_doubt_is_fitted(pairs):
    batch = batch_of(pairs)
    errors = torch.full((COUNT, BODY_JOINTS), 0.1)
    exact = lifting_losses(LifterOutput(batch.local, batch.joints, errors, errors), batch, LossWeights())
    assert float(exact["carried"]) < 1e-6 and float(exact["joints"]) < 1e-6 and float(exact["turned"]) < 1e-6
    off = batch.joints + torch.tensor([0.1, 0.0, 0.0])
    likely = {
        value: float(
            lifting_losses(
                LifterOutput(batch.local, off, torch.full_like(errors, value), errors), batch, LossWeights()
            )["errors"]
        )
        for value in (0.05, 0.1, 0.2)
    }
    assert min(likely, key=likely.get) == 0.1


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lifting")
    pairs = made_up_pairs(folder, COUNT)
    task, recipe = open_recipe(
        "lifting/default",
        [
            ("data.pairs", str(pairs)),
            ("data.batches", "10"),
            ("model.width", "32"),
            ("model.blocks", "1"),
            ("data.lent_people", "50"),
            ("stages.lent.steps", "15"),
            ("stages.lent.batch_size", "16"),
            ("stages.drawn.steps", "5"),
            ("stages.drawn.batch_size", "16"),
        ],
    )
    learner = task.build(recipe)
    return learner, fit(learner, recipe, folder / "run")


def test_it_trains_on_some_shards_and_is_measured_on_others(run):
    learner, result = run
    assert len(learner.training_pairs.numbers) == COUNT and len(learner.held_out.numbers) == COUNT
    assert not torch.equal(learner.training_pairs.numbers, learner.held_out.numbers)
    assert {"carried_mm", "direct_mm", "turn_degrees"} <= set(result.figures)
    assert evaluate(learner, weights=result.model).keys() == result.figures.keys()


def test_an_exported_lifter_lifts_as_the_trained_one(run, found):
    learner, result = run
    lifter = open_model(result.model)
    lifted = lifter.lift(found, 300.0)
    assert lifted.local.shape == (len(found), BODY_JOINTS, 3, 3)
    size = torch.tensor(found.size).float().expand(len(found), 2)
    seen = SeenPeople(
        found.points, found.world, found.visibility, found.roi, size, torch.full((len(found),), 300.0), (size - 1) / 2
    )
    with torch.no_grad():
        own = learner.model.eval()(seen.numbers())
    assert torch.allclose(seen.axes() @ lifted.local[:, 0], own.local[:, 0], atol=0.02)
    assert torch.allclose(lifted.joints @ seen.axes().mT, own.joints, atol=0.01)
    assert torch.allclose(lifted.local[:, 1:], own.local[:, 1:], atol=0.02)


def test_weights_of_another_size_are_refused(run, tmp_path):
    _, result = run
    for name in ("model.safetensors", "model.json"):
        (tmp_path / name).write_bytes((result.model.parent / name).read_bytes())
    card = tmp_path / "model.json"
    card.write_text(card.read_text().replace('"width": 32', '"width": 48'))
    with pytest.raises(FileError, match="does not fit its card"):
        open_model(tmp_path / "model.safetensors")


def test_without_pairs_it_says_how_they_are_made():
    task, recipe = open_recipe("lifting/default")
    with pytest.raises(PoseloomError, match=r"data\.pairs"):
        _ = task.build(recipe).held_out
