"""Each of the five networks is trained on a table of pictures; a run that was stopped goes on exactly."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from people_tables import drawn_table

from poseloom.base.errors import PoseloomError
from poseloom.checkpoints.registry import load_model
from poseloom.nn.image.backbones import BACKBONES, BackboneKind
from poseloom.tasks import TASKS
from poseloom.tasks.common.recipes import open_recipe
from poseloom.tasks.mesh_recovery.learned_body import BodyPoints, FreeBody
from poseloom.tasks.mesh_recovery.objectives.fits import Fits, FitStore
from poseloom.tasks.mesh_recovery.objectives.spin import gaussians_of
from poseloom.tasks.mesh_recovery.objectives.tables import STILL
from poseloom.training import Observer, evaluate, fit
from poseloom.training.checkpoint import read_checkpoint

SMALL = ("hmr", "spin", "graphcmr", "pare")
PUBLISHED = {
    "hmr": "resnet50",
    "spin": "resnet50",
    "graphcmr": "resnet50",
    "pare": "hrnet_w32",
    "pare-two-stages": "hrnet_w32",
    "graphormer": "hrnet_w48",
}
TWO_STEPS = {"epochs": "0", "steps": "2", "batch_size": "2"}
SIDE = 64
SAVED = [("engine.accelerator", "cpu"), ("engine.loggers", "[]"), ("engine.save_steps", "1"), ("engine.log_every", "1")]


class Tiny(torch.nn.Sequential):
    """A backbone that costs nothing: 64 x 64 pixels to a map of 8 x 8."""

    channels = 32

    def __init__(self):
        layers = []
        for before, after in ((3, 8), (8, 16), (16, 32)):
            layers += [torch.nn.Conv2d(before, after, 3, 2, 1), torch.nn.BatchNorm2d(after), torch.nn.ReLU()]
        super().__init__(*layers)


@pytest.fixture(scope="module", autouse=True)
def _tiny_backbones():
    BACKBONES["tiny"] = BackboneKind(Tiny, 32, size=(SIDE, SIDE), gentle=False)
    BACKBONES["gentle"] = BackboneKind(Tiny, 32, size=(SIDE, SIDE), keeps_statistics=True)
    yield
    del BACKBONES["tiny"], BACKBONES["gentle"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("people")
    drawn_table(folder, name="drawn", rows=8)
    drawn_table(folder, name="points", keypoints=True, seed=1, rows=8)
    return folder


def recipe_of(name, folder, backbone, *more, stages=("train",)):
    overrides = [
        ("backbone", backbone),
        ("init", "none"),
        ("data.shares", "{ drawn = 1.0, points = 1.0 }"),
        ("data.tables", str(folder)),
        ("data.pictures", str(folder / "pictures")),
        ("data.validation", "drawn"),
        *SAVED,
        *more,
    ]
    for stage in stages:
        overrides += [(f"stages.{stage}.{key}", value) for key, value in TWO_STEPS.items()]
    return open_recipe(f"mesh_recovery/{name}", overrides)


def learner_of(task, recipe):
    return task.build(recipe)


class StopAfter(Observer):
    """Ends a run after a step, as a signal would."""

    def __init__(self, step):
        self.step = step

    def stepped(self, step, losses):
        if step == self.step:
            raise KeyboardInterrupt


def last_weights(out, task):
    return read_checkpoint(out / "last.ckpt", task)


def stopped_and_resumed(task, recipe, out):
    with pytest.raises(KeyboardInterrupt):
        fit(task.build(recipe), recipe, out, observer=StopAfter(2))
    return fit(task.build(recipe), recipe, out)


@pytest.mark.parametrize("name", SMALL)
def test_a_step_of_each_and_a_stopped_run_goes_on_exactly(name, folder, tmp_path):
    more = [("spin.steps", "2")] if name == "spin" else []
    task, recipe = recipe_of(name, folder, "tiny", ("loss", "l1"), ("augment", "on"), *more)
    straight = fit(task.build(recipe), recipe, tmp_path / "straight")
    resumed = stopped_and_resumed(task, recipe, tmp_path / "stopped")
    assert resumed.figures == straight.figures
    assert np.isfinite(straight.figures["pa_mpjpe"])
    network = load_model(straight.model, "mesh_recovery")
    assert (network.choice.algorithm, network.body) == (name, "anny")
    seen = network.look(torch.rand(3, 120, 160), [[20, 10, 60, 90]])
    assert torch.isfinite(seen.pose(200.0).rotations).all()
    assert seen.squares.tolist() == [[50.0, 55.0, pytest.approx(112.5)]]


@pytest.mark.slow
@pytest.mark.parametrize("name", list(PUBLISHED))
def test_published_configurations_run_a_step_and_go_on(name, folder, tmp_path):
    more = [("spin.steps", "2")] if name == "spin" else []
    stages = ("coco", "all") if name == "pare-two-stages" else ("train",)
    if name == "pare-two-stages":
        more.append(("stages.coco.data.mix", "drawn"))
    task, recipe = recipe_of(name, folder, PUBLISHED[name], *more, stages=stages)
    assert np.isfinite(stopped_and_resumed(task, recipe, tmp_path / "run").figures["pa_mpjpe"])


def test_recipes_are_found_by_their_names():
    assert {"hmr", "spin", "pare", "pare-two-stages", "graphcmr", "graphormer"} <= {
        address.partition("/")[2] for address in TASKS["mesh_recovery"].recipes()
    }


def test_a_section_has_a_short_form(folder):
    short = [("data", "mix1"), ("init", "coco"), ("loss", "l1"), ("augment", "on")]
    _, recipe = open_recipe("mesh_recovery/hmr", short)
    assert (recipe.data.mix, recipe.init.weights, recipe.loss, recipe.augment) == ("mix1", "coco", "l1", "on")
    with pytest.raises(PoseloomError, match="'engine' is a section"):
        open_recipe("mesh_recovery/hmr", [("engine", "fast")])


def test_weights_of_hmr_begin_spin(folder, tmp_path):
    task, recipe = recipe_of("hmr", folder, "tiny")
    learner = task.build(recipe)
    state = dict(learner.model.state_dict())
    torch.save({"state_dict": {**state, "disc.x": torch.zeros(1)}}, tmp_path / "hmr.pth")
    spin_task, spin = recipe_of("spin", folder, "tiny", ("init", str(tmp_path / "hmr.pth")))
    begun = spin_task.build(spin)
    assert torch.equal(begun.model.head.decpose.weight, state["head.decpose.weight"])
    assert torch.equal(begun.backbone[6].weight, state["backbone.6.weight"])


def test_a_gentle_backbone_learns_more_slowly(folder):
    task, recipe = recipe_of("hmr", folder, "gentle")
    groups = {group.lr_factor: group for group in task.build(recipe).network_groups()}
    assert set(groups) == {1.0, 0.2}
    task, recipe = recipe_of("hmr", folder, "tiny")
    assert [group.lr_factor for group in task.build(recipe).network_groups()] == [1.0]


def test_frozen_stages_do_not_learn(folder):
    task, recipe = recipe_of("hmr", folder, "resnet18", ("frozen_stages", "2"))
    learner = task.build(recipe)
    learner.begin(recipe.stages[0])
    assert not learner.backbone.conv1.weight.requires_grad
    assert not learner.backbone.layer1[0].conv1.weight.requires_grad
    assert learner.backbone.layer2[0].conv1.weight.requires_grad


def test_some_backbones_keep_their_statistics(folder):
    task, recipe = recipe_of("hmr", folder, "gentle")
    learner = task.build(recipe).train()
    assert not learner.backbone[1].training
    assert learner.model.head.training
    trained = task.build(recipe_of("hmr", folder, "gentle", ("statistics", "batch"))[1]).train()
    assert trained.backbone[1].training
    kept = task.build(recipe_of("hmr", folder, "tiny", ("statistics", "kept"))[1]).train()
    assert not kept.backbone[1].training


def test_the_two_turns_of_hmr_have_their_own_parameters(folder):
    task, recipe = recipe_of("hmr", folder, "tiny")
    learner = task.build(recipe)
    adversary, _ = learner.turns(recipe.stages[0])
    assert adversary.settings(recipe.stages[0]).optimizer.lr == 1e-4
    batch = learner.people("drawn", 0, STILL).__getitems__([0, 1])
    losses = adversary.losses(batch)
    assert losses["total"].item() == pytest.approx((losses["real"] + losses["fake"]).item())
    losses["total"].backward()
    assert all(parameter.grad is None for parameter in learner.model.parameters())
    alone = task.build(recipe_of("hmr", folder, "tiny", ("adversary.weight", "0"))[1])
    assert [turn.name for turn in alone.turns(recipe.stages[0])] == ["network"]


# -- SPIN's fits -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def spin(folder):
    task, recipe = recipe_of("spin", folder, "tiny", ("spin.steps", "3"))
    return task.build(recipe)


def unposed(learner):
    """People of whom keypoints alone are known."""
    people = learner.people("points", 0, learner.recipe.changes, first=learner.offsets["points"])
    return people.__getitems__([0, 1, 2, 3])


def test_fits_come_back_through_flips_and_turns():
    body = FreeBody()
    store = FitStore(10, body.rotations, body.average)
    task_batch = _twisted_batch()
    rotations = torch.linalg.qr(torch.randn(2, 22, 3, 3, generator=torch.Generator().manual_seed(0)))[0]
    rotations = rotations * torch.linalg.det(rotations)[..., None, None]
    fits = Fits(rotations, torch.rand(2, 6), torch.ones(2, dtype=torch.bool))
    store.write(task_batch, fits, torch.tensor([True, True]))
    again = store.read(task_batch)
    assert torch.allclose(again.rotations, rotations, atol=1e-4)
    straight = replace(task_batch, turned=torch.zeros(2), flipped=torch.zeros(2, dtype=torch.bool))
    assert not torch.allclose(store.read(straight).rotations, rotations, atol=1e-2)


def test_fits_that_are_not_finite_are_not_kept():
    body = FreeBody()
    store = FitStore(10, body.rotations, body.average)
    batch = _twisted_batch()
    rotations = torch.eye(3).repeat(2, 22, 1, 1)
    rotations[0, 3] = torch.nan
    store.write(batch, Fits(rotations, torch.rand(2, 6), torch.ones(2, dtype=torch.bool)), torch.tensor([True, True]))
    assert store.read(batch).known.tolist() == [False, True]


def test_static_fits_are_read(tmp_path):
    body = FreeBody()
    store = FitStore(5, body.rotations, body.average)
    values = np.random.default_rng(0).normal(size=(4, 72)).astype(np.float32)
    values[1, 3] = np.nan
    np.save(tmp_path / "points_fits.npy", values)
    store.load_static(tmp_path / "points_fits.npy", torch.tensor([0, 1, 3]), first=2)
    assert store.store.filled.tolist() == [False, False, True, False, True]
    assert np.allclose(store.store.values["pose"][4].flatten(), values[3, :66])
    with pytest.raises(PoseloomError, match="expected"):
        store.load_static(tmp_path / "points_fits.npy", torch.tensor([7]), first=0)


def test_a_run_begins_with_first_fits(folder, tmp_path):
    values = np.random.default_rng(0).normal(size=(8, 72)).astype(np.float32)
    np.save(tmp_path / "points_fits.npy", values)
    task, recipe = recipe_of("spin", folder, "tiny", ("spin.fits", str(tmp_path)))
    learner = task.build(recipe)
    first = learner.offsets["points"]
    assert learner.fits.store.filled.tolist() == [first <= sample < first + 8 for sample in range(16)]
    assert np.allclose(learner.run_state()["values"]["betas"][first + 2], values[2, 66:])


def test_a_better_fit_replaces_the_kept_one_and_a_worse_does_not(spin):
    batch = spin._knowable(unposed(spin))
    found = spin.model(batch.pictures)
    _, improved = spin._improved(found, batch)
    assert improved.all()
    kept = spin.fits.read(batch)
    before = spin._fit_loss(kept, batch)
    spin._improved(found, batch)
    after = spin._fit_loss(spin.fits.read(batch), batch)
    assert (after <= before + 1e-4).all()
    away = batch.keypoints2d.clone()
    away[..., 2] = 0
    spin._improved(found, replace(batch, keypoints2d=away))
    assert torch.equal(spin._fit_loss(spin.fits.read(batch), batch), after)


def test_samples_without_keypoints_or_with_one_place_stop_no_batch(spin):
    batch = spin._knowable(unposed(spin))
    points = batch.keypoints2d.clone()
    points[0] = 0
    points[1, :, :2] = 30.0
    points[2, 26:, 2] = 0
    losses = spin.losses(replace(batch, keypoints2d=points))
    assert all(torch.isfinite(value) for value in losses.values())


def test_samples_with_a_body_are_taught_that(spin):
    people = spin.people("drawn", 0, STILL, first=spin.offsets["drawn"])
    batch = spin._knowable(people.__getitems__([0, 1]))
    taught, _ = spin._improved(spin.model(batch.pictures), batch)
    assert torch.equal(taught.rotations, batch.rotations)
    assert taught.known.all()


def test_both_variants_have_finite_losses(folder):
    for variant, names in (
        ("authors", {"keypoints2d", "keypoints3d", "pose", "betas", "camera"}),
        ("benchmark", {"keypoints2d", "keypoints3d", "vertices", "pose", "betas", "camera"}),
    ):
        task, recipe = recipe_of("spin", folder, "tiny", ("spin.variant", variant), ("spin.steps", "2"))
        learner = task.build(recipe)
        losses = learner.losses(unposed(learner))
        assert set(losses) == {"total", "fitted", *names}
        assert all(torch.isfinite(value) for value in losses.values())


def test_a_mixture_of_poses_prefers_them():
    poses = 0.3 * torch.randn(400, 63, generator=torch.Generator().manual_seed(0))
    prior = gaussians_of(poses)
    assert prior.energy(poses[:20]).mean() < prior.energy(poses[:20] + 2.0).mean()


def _twisted_batch():
    from poseloom.tasks.mesh_recovery.objectives.batch import MeshBatch

    nothing = torch.zeros(2, dtype=torch.bool)
    return MeshBatch(
        pictures=torch.zeros(2, 3, 8, 8),
        keypoints2d=torch.zeros(2, 49, 3),
        keypoints3d=torch.zeros(2, 49, 4),
        rotations=torch.eye(3).repeat(2, 22, 1, 1),
        betas=torch.zeros(2, 6),
        has_body=nothing,
        has_shape=nothing,
        samples=torch.tensor([4, 7]),
        turned=torch.tensor([0.7, -0.2]),
        flipped=torch.tensor([True, False]),
        gender=torch.zeros(2, dtype=torch.long),
    )


# -- PARE, Graphormer, measures ----------------------------------------------------------------------------------------


def test_part_masks_lie_on_the_person(folder):
    task, recipe = recipe_of("pare", folder, "tiny", ("pare.supervised", '["train"]'))
    learner = task.build(recipe)
    batch = learner.people("drawn", 0, STILL).__getitems__([0, 1])
    labels = learner.part_labels(batch, batch.has_body)
    assert labels.shape == (2, SIDE, SIDE)
    assert 0.02 < (labels > 0).float().mean() < 0.6
    seen = batch.keypoints2d[0]
    head = [int(value) for value in seen[12, :2].tolist()]  # the neck
    assert labels[0, head[1] - 3 : head[1] + 4, head[0] - 3 : head[0] + 4].max() > 0
    assert len(labels.unique()) > 8
    assert "parts" in learner.losses(batch)
    with pytest.raises(PoseloomError, match="no stage 'coco'"):
        recipe_of("pare", folder, "tiny", ("pare.supervised", '["coco"]'))


def test_masked_tokens_are_a_share_at_most(folder):
    from poseloom.tasks.mesh_recovery.objectives.graphormer import GraphormerLearner

    class Bare(GraphormerLearner):
        def __init__(self):
            torch.nn.Module.__init__(self)

    learner = Bare()
    learner.recipe = open_recipe("mesh_recovery/graphormer", [])[1]
    learner.model = torch.nn.Module()
    learner.model.head = torch.nn.Module()
    learner.model.head.template = torch.zeros(14 + 77, 3)
    mask = learner.train()._mask(64)
    assert mask.shape == (64, 91)
    assert (mask[:, :14].sum(-1) <= 4).all() and (mask[:, 14:].sum(-1) <= 23).all()
    assert mask.any() and not mask.all(0).any()
    assert learner.eval()._mask(2) is None


def test_the_true_network_has_no_error(folder):
    """What is measured is the truth itself, where a network says it."""
    task, recipe = recipe_of("hmr", folder, "tiny")
    learner = task.build(recipe)
    people = learner.people("drawn", 0, STILL, split="val", posed=True)
    true = learner.truth(people.__getitems__(range(len(people))))
    learner.recovered = lambda pictures: true
    figures = learner.measured("val", 0)
    assert figures["mpjpe"] == pytest.approx(0, abs=1e-3)
    assert figures["pa_mpjpe"] == pytest.approx(0, abs=1e-2)
    assert figures["pve"] == pytest.approx(0, abs=1e-3)
    assert figures["pck"] == 100


def test_joints_in_space_are_measured_as_on_human36m(folder, tmp_path):
    """Rows of one camera alone; the truth are 17 joints of the data set, about its pelvis."""
    drawn_table(tmp_path, name="h36m", rows=8, h36m=True)
    places = [("data.tables", str(tmp_path)), ("data.pictures", str(tmp_path / "pictures"))]
    options = [("data.validation", "h36m"), *places]
    learners = {}
    for protocol in ("h36m-p1", "h36m-p2"):
        task, recipe = recipe_of("hmr", folder, "tiny", *options, ("data.protocol", protocol))
        learners[protocol] = task.build(recipe)
    seen = []
    for learner in learners.values():
        learner.recovered = lambda pictures: seen.append(len(pictures)) or told(len(pictures))
        learner.body.measured = lambda points: (points.joints[:, :14], points.joints[:, 14])

    def told(count):
        return BodyPoints(torch.zeros(count, 1, 3), torch.zeros(count, 54, 3))

    # all true joints lie a metre from the pelvis, where the network puts all of its own
    assert learners["h36m-p1"].measured("train", 0)["mpjpe"] == pytest.approx(1000)
    assert learners["h36m-p2"].measured("train", 0)["mpjpe"] == pytest.approx(1000)
    assert seen == [6, 2]


def test_a_run_is_evaluated_by_its_protocol(folder, tmp_path):
    task, recipe = recipe_of("hmr", folder, "tiny")
    run = fit(task.build(recipe), recipe, tmp_path / "run")
    learner = task.build(recipe)
    figures = evaluate(learner, "train", weights=run.model)
    assert figures["mpjpe"] >= figures["pa_mpjpe"] > 0
    with pytest.raises(PoseloomError, match="'nothing' has no posed people"):
        evaluate(learner, "nothing", weights=run.model)
