"""How recovered bodies are measured: joints and surfaces against the true ones, as the field reports it.

MPJPE about the pelvis, PA-MPJPE after Procrustes, PCK and its area (AUC) at 150 mm, on 14 joints; PVE on the vertices
as they are; acceleration error where the samples are frames of a video. Millimetres. On 3DPW the truth is that of the
person's gender, as the benchmark has it; on Human3.6M that of the file.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.metrics.joint_error import acceleration_error, auc, pck, point_errors
from poseloom.metrics.procrustes import procrustes_align

MILLIMETRES = 1000.0
PCK_MM = 150.0


@dataclass(frozen=True, eq=False)
class Measured:
    """Some samples, predicted and true.

    Args:
        samples: their numbers.
        joints, true_joints: the joints on which is measured, about the pelvis, metres.
        errors: mean distance of the vertices of each, metres; NaN where there is no true surface.
    """

    samples: Int[Tensor, " some"]
    joints: Float[Tensor, "some joints 3"]
    true_joints: Float[Tensor, "some joints 3"]
    errors: Float[Tensor, " some"]


@dataclass
class MeshErrors:
    """The errors of a whole set, gathered in batches that may come in any order.

    Args:
        parts: what has been measured.
    """

    parts: list[Measured] = field(default_factory=list)

    def add(self, part: Measured) -> None:
        """More samples."""
        self.parts.append(part)

    def figures(self, expected: Int[Tensor, " all"] | None = None, *, video: bool = False) -> dict[str, float]:
        """``mpjpe``, ``pa_mpjpe``, ``pve`` in mm, ``pck`` and ``auc`` in percent; ``acceleration`` of videos in mm.

        Args:
            expected: numbers of all samples; one that was not measured, or twice, is a mistake.
            video: samples in the order of their numbers are frames of one video.

        Raises:
            PoseloomError: nothing was measured, or not all that is expected.
        """
        if not self.parts:
            raise PoseloomError("mesh recovery: nothing was measured")
        samples = torch.cat([part.samples for part in self.parts])
        order = samples.argsort(stable=True)
        _check_complete(samples[order], expected)
        joints, true, errors = (
            torch.cat([getattr(part, name) for part in self.parts])[order].double() * MILLIMETRES
            for name in ("joints", "true_joints", "errors")
        )
        apart, aligned = point_errors(joints, true), point_errors(procrustes_align(joints, true), true)
        found = {
            "mpjpe": apart.mean(),
            "pa_mpjpe": aligned.mean(),
            "pck": pck(apart, PCK_MM),
            "pa_pck": pck(aligned, PCK_MM),
            "auc": auc(apart, PCK_MM),
            "pa_auc": auc(aligned, PCK_MM),
        }
        known = errors.isfinite()
        if bool(known.any()):
            found["pve"] = errors[known].mean()
        if video and len(joints) > 2:
            found["acceleration"] = acceleration_error(joints, true).mean()
        return {name: float(value) for name, value in found.items()}


def _check_complete(samples: Int[Tensor, " found"], expected: Int[Tensor, " all"] | None) -> None:
    twice = samples[1:][samples[1:] == samples[:-1]]
    if len(twice):
        raise PoseloomError(f"mesh recovery: sample {int(twice[0])} was measured twice")
    if expected is None:
        return
    missing = expected[~torch.isin(expected, samples)]
    if len(missing):
        raise PoseloomError(f"mesh recovery: {len(missing)} samples were not measured, the first is {int(missing[0])}")


def about(joints: Float[Tensor, "batch joints 3"], pelvis: Float[Tensor, "batch 3"]) -> Float[Tensor, "batch joints 3"]:
    """Joints about the pelvis."""
    return joints - pelvis[:, None]


def surface_errors(
    vertices: Float[Tensor, "batch vertices 3"],
    true: Float[Tensor, "batch vertices 3"],
    known: Bool[Tensor, " batch"],
) -> Float[Tensor, " batch"]:
    """Mean distance of vertices as they are, metres; NaN where the true ones are not known."""
    return torch.where(known, point_errors(vertices, true).mean(-1), torch.nan)
