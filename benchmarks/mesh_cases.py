"""Bodies from pixels: networks with first weights on noise, and the measures of a thousand samples."""

from __future__ import annotations

from typing import Any

from benchmarks.measure import Case, Work

_SAMPLES, _JOINTS = 1000, 14
_FITTED = 64


def _network(algorithm: str, backbone: str, people: int) -> Work:
    """A picture of people from pixels to bodies, as `poseloom recover --model` asks for it; crops included."""
    import torch

    from poseloom.tasks.mesh_recovery.learned_body import FreeBody
    from poseloom.tasks.mesh_recovery.network_predict import BodyNetwork
    from poseloom.tasks.mesh_recovery.networks.choice import NetworkChoice, build_network

    choice = NetworkChoice(algorithm, backbone, 22, 6)
    rest = FreeBody().at_rest() if choice.bends_mesh else None
    network = BodyNetwork(build_network(choice, rest), choice, "anny")
    picture = torch.rand(3, 480, 640)
    boxes = [[50.0 + 20 * number, 60.0, 200.0, 380.0] for number in range(people)]
    return lambda: network.look(picture, boxes)


def _small(looks: int) -> Work:
    """The shipped network: one look at a region whose place is known, or two, as a box is looked at."""
    import torch

    from poseloom.checkpoints.registry import load_model
    from poseloom.images.roi import Roi
    from poseloom.tasks.mesh_recovery.small_maps import look_and_read

    network = load_model("mesh_recovery")
    picture = torch.rand(3, 480, 640)
    if looks > 1:
        return lambda: network.look(picture, [[120.0, 40.0, 400.0, 400.0]])
    roi = Roi(torch.tensor([[320.0, 240.0]]), torch.tensor([500.0]), torch.zeros(1))
    lens, centre = torch.tensor([800.0]), torch.tensor([[319.5, 239.5]])

    def work() -> Any:
        with torch.inference_mode():
            return network.model(look_and_read(network.trunk, picture, roi, lens, centre)[2])

    return work


def _procrustes() -> Work:
    import torch

    from poseloom.metrics import pa_mpjpe

    predicted, true = torch.rand(2, _SAMPLES, _JOINTS, 3)
    return lambda: pa_mpjpe(predicted, true)


def _fitting_step() -> Work:
    """A step of Adam of each of SMPLify's two stages on 64 people: SPIN's inner loop; the figure is their mean."""
    import torch

    from poseloom.body.joint_sets import smpl_49
    from poseloom.fitting.smplify import Smplify, SmplifyState, fit_smplify
    from poseloom.pose.rotations import rotvec_to_rotmat
    from poseloom.pose.sampler import sample
    from poseloom.tasks.mesh_recovery.learned_body import FreeBody
    from poseloom.tasks.mesh_recovery.objectives.spin import gaussians_of

    body = FreeBody()
    pose = sample(_FITTED, seed=0).rotations[:, :22].flatten(1)
    smplify = Smplify(gaussians_of(sample(512, seed=1).rotations[:, 1:22].flatten(1)))

    def joints_of(every: Any, betas: Any) -> Any:
        return smpl_49(body.posed(rotvec_to_rotmat(every.unflatten(1, (-1, 3))), betas).joints)

    betas = body.average.expand(_FITTED, -1)
    place = torch.tensor([0.0, 0.0, 45.0]).expand(_FITTED, -1)
    start = SmplifyState(pose[:, :3], pose[:, 3:], betas, place)
    pixels = smplify.project(joints_of(pose, betas), place) + 3 * torch.randn(_FITTED, 49, 2)
    sure = torch.ones(_FITTED, 49)
    return lambda: fit_smplify(smplify, joints_of, start, pixels, sure, steps=1)


def _network_case(name: str, algorithm: str, backbone: str, people: int, target: str = "") -> Case:
    return Case(name, lambda: _network(algorithm, backbone, people), lambda s: f"{1000 * s:.0f} ms", target)


CASES = (
    Case("small network, one person whose region is known", lambda: _small(1), lambda s: f"{1000 * s:.0f} ms", "25 ms"),
    Case("small network, one person in a box: two looks", lambda: _small(2), lambda s: f"{1000 * s:.0f} ms"),
    _network_case("HMR on ResNet-50, one person of a picture", "hmr", "resnet50", 1, "100 ms"),
    _network_case("HMR on ResNet-50, sixteen people", "hmr", "resnet50", 16, "1700 ms"),
    _network_case("HMR on Twins-SVT, one person", "hmr", "twins_svt", 1),
    _network_case("PARE on HRNet-W32, one person", "pare", "hrnet_w32", 1),
    _network_case("GraphCMR on ResNet-50, one person", "graphcmr", "resnet50", 1),
    _network_case("Graphormer on HRNet-W48, one person", "graphormer", "hrnet_w48", 1),
    Case("PA-MPJPE of 1,000 samples", _procrustes, lambda s: f"{1000 * s:.1f} ms", "15 ms"),
    Case("SMPLify, a step of the two stages, 64 people", _fitting_step, lambda s: f"{500 * s:.0f} ms", "60 ms"),
)
