"""How poseloom's small network is trained: on people as the trunk sees them, beginning with the shipped lifter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from importlib.resources import files
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.base.ranges import within
from poseloom.images.roi import Roi
from poseloom.metrics import pa_mpjpe, root_aligned_mpjpe
from poseloom.pose import BODY_JOINTS
from poseloom.pose.joints import PARENTS
from poseloom.pose.kinematics import forward_kinematics
from poseloom.pose.skeleton import rest_offsets
from poseloom.tasks.keypoints.body import POINTS
from poseloom.tasks.lifting.batch import batch_of as lifting_batch_of
from poseloom.tasks.lifting.batch import carried_joints
from poseloom.tasks.lifting.objective import chordal, held_out_shard, likelihood
from poseloom.tasks.lifting.pairs import MAPS, read_pairs
from poseloom.tasks.lifting.predict import open_model
from poseloom.tasks.mesh_recovery.networks.small import (
    SMALL,
    Maps,
    SmallConfig,
    SmallNetwork,
    SmallOutput,
    joined_maps,
)
from poseloom.tasks.mesh_recovery.small_people import read_people
from poseloom.tasks.mesh_recovery.small_predict import SmallBodyNetwork, take_over
from poseloom.training import Batches, Learner, MadeBatches, Monitor, ParameterGroup, Recipe, Share, Task
from poseloom.training.export import read_model

_AT_ONCE, _MEASURED = 256, 20_000
"""People that are told at once; people by whom means and spreads are known."""
_FARTHEST = 1.0
"""Of a region's half side: a joint that is drawn farther off than that counts no more."""


@dataclass(frozen=True)
class PeopleData:
    """People to learn from.

    Args:
        people: folder of them, as `tools/small_people.py` makes it, or one that holds such folders.
        pairs: folder of drawn pairs with their maps, as `tools/lifting_pairs.py --maps` makes it; both may be named.
        begin: weights of a small network of the same sizes to begin with.
        batches: number of batches that count as an epoch.
        shaken: noise on landmarks in the picture, of the region's side, and in space, metres.
    """

    people: str = ""
    pairs: str = ""
    begin: str = ""
    batches: int = within(100, 1, 10_000_000)
    shaken: float = within(0.012, 0, 1)


@dataclass(frozen=True)
class SmallWeights:
    """How much each loss counts.

    Args:
        carried: distance of the joints that the rotations give, metres.
        joints: distance of the joints that are told directly, metres.
        turned: rotations in space, and in the parents' axes.
        errors: likelihood of the errors under those that are foreseen.
        shape: distance of the phenotypes.
        flat: distance in the picture, of the region's half side.
    """

    carried: float = within(1.0, 0, 1000)
    joints: float = within(1.0, 0, 1000)
    turned: float = within(0.05, 0, 1000)
    errors: float = within(0.01, 0, 1000)
    shape: float = within(0.05, 0, 1000)
    flat: float = within(0.3, 0, 1000)


@dataclass(frozen=True)
class SmallRecipe(Recipe):
    """How the small network is trained.

    Args:
        algorithm: tells these recipes from others of the task.
        model: sizes of the learned part.
        data: people to learn from.
        losses: weights of the losses.
        gentle: rate of the lifter, which has learned before, beside that of all else.
        from_shipped: begin with the shipped lifter.
    """

    algorithm: str = SMALL
    model: SmallConfig = field(default_factory=SmallConfig)
    data: PeopleData = field(default_factory=PeopleData)
    losses: SmallWeights = field(default_factory=SmallWeights)
    gentle: float = within(0.1, 0, 1)
    from_shipped: bool = True


@dataclass(frozen=True, eq=False)
class SmallBatch:
    """What is seen of people, and the truth in the axes of their regions.

    Args:
        seen: maps and landmarks.
        local: local rotations, the root's in the region's axes.
        flat: joints in the region, which reaches from -1 to 1; y down.
        shape: phenotypes.
    """

    seen: Maps
    local: Float[Tensor, "people 22 3 3"]
    flat: Float[Tensor, "people 22 2"]
    shape: Float[Tensor, "people 6"]

    def __len__(self) -> int:
        return len(self.seen)

    def __getitem__(self, rows: Tensor | slice) -> SmallBatch:
        return SmallBatch(*(getattr(self, one.name)[rows] for one in fields(self)))

    @classmethod
    def joined(cls, parts: Sequence[SmallBatch]) -> SmallBatch:
        """Several batches as one."""
        rest = {one.name: torch.cat([getattr(part, one.name) for part in parts]) for one in fields(cls)[1:]}
        return cls(joined_maps([part.seen for part in parts]), **rest)


FIELDS_WITH_MAPS = ("points", "world", "visibility", "roi", "size", "rotations", "pixels", "shape", "lens", *MAPS)
"""What the small network learns from of a pair."""


def people_of(pairs: dict[str, Tensor]) -> dict[str, Tensor]:
    """Pairs with maps, as `read_people` gives people."""
    told = lifting_batch_of(pairs)
    roi = Roi(pairs["roi"][:, :2], pairs["roi"][:, 2], pairs["roi"][:, 3])
    flat = 2 * roi.to_crop(pairs["pixels"]) - 1
    return {
        "deep": pairs["deep"],
        "fine": pairs["fine"],
        "numbers": told.numbers,
        "local": told.local,
        "flat": flat,
        "shape": pairs["shape"],
    }


def batch_of(people: dict[str, Tensor]) -> SmallBatch:
    """People of a folder."""
    seen = Maps(people["deep"], people["fine"], people["numbers"])
    return SmallBatch(seen, people["local"], people["flat"], people["shape"])


class SmallLearner(Learner):
    """The small network, and the people that it learns from."""

    monitor = Monitor("pa_mpjpe", "min")
    recipe: SmallRecipe
    model: SmallNetwork

    def __init__(self, recipe: SmallRecipe):
        super().__init__(recipe)
        self.model = SmallNetwork(recipe.model)
        if recipe.from_shipped:
            self._begin_as_shipped()
        if recipe.data.begin:
            path = Path(recipe.data.begin)
            take_over(self.model, read_model(path, SmallBodyNetwork.task)[1], path)

    def _begin_as_shipped(self) -> None:
        lifter = open_model(Path(str(files("poseloom"))) / "checkpoints" / "weights" / "lifting.safetensors").model
        try:
            self.model.lifter.load_state_dict(lifter.state_dict())
        except RuntimeError:
            raise PoseloomError(
                "recipe: model.lifter: has other sizes than the shipped one; leave it out, or say from_shipped = false"
            ) from None

    @cached_property
    def _every(self) -> tuple[list[SmallBatch], list[SmallBatch]]:
        """People to learn from, and people who are held out: those of pictures, and those of pairs."""
        data = self.recipe.data
        if not data.people and not data.pairs:
            raise PoseloomError(
                "recipe: data: names neither people nor pairs; see tools/small_people.py, tools/lifting_pairs.py --maps"
            )
        kinds: list[tuple[list[SmallBatch], Callable[[int], bool]]] = [
            ([], lambda number: not held_out_shard(number)),
            ([], held_out_shard),
        ]
        for found, chosen in kinds:
            if data.people:
                found.append(batch_of(read_people(Path(data.people), chosen)))
            if data.pairs:
                found.append(batch_of(people_of(read_pairs(Path(data.pairs), chosen, FIELDS_WITH_MAPS))))
        return kinds[0][0], kinds[1][0]

    def batches(self, share: Share) -> Batches:
        return MadeBatches(self._drawn, share, self.recipe.data.batches)

    def begin(self, stage: object) -> None:
        if stage is self.recipe.stages[0] and not self.recipe.data.begin:
            self.model.measure(max(self._every[0], key=len).seen[:_MEASURED])

    def network_groups(self) -> list[ParameterGroup]:
        """What has learned before has a lower rate."""
        return [
            ParameterGroup(list(self.model.body.parameters())),
            ParameterGroup(list(self.model.lifter.parameters()), lr_factor=self.recipe.gentle),
        ]

    def _drawn(self, seed: int, count: int) -> SmallBatch:
        generator = torch.Generator().manual_seed(seed % (1 << 62))
        batch = _some_of(self._every[0], count, generator)
        spread = torch.zeros(POINTS, 8)
        spread[:, [0, 1, 2, 4, 5, 6]] = self.recipe.data.shaken
        noise = torch.randn(count, POINTS, 8, generator=generator) * spread
        numbers = batch.seen.numbers + torch.nn.functional.pad(noise.flatten(1), (0, 2))
        return SmallBatch(Maps(batch.seen.deep, batch.seen.fine, numbers), batch.local, batch.flat, batch.shape)

    def losses(self, batch: SmallBatch) -> dict[str, Tensor]:
        return small_losses(self.model(batch.seen), batch, self.recipe.losses)

    def validate(self) -> dict[str, float]:
        parts = [held[rows] for held in self._every[1] for rows in torch.arange(len(held)).split(_AT_ONCE)]
        figures = [figures_of(self.model(part.seen), part) for part in parts]
        counts = torch.tensor([len(part) for part in parts], dtype=torch.float64)
        return {
            name: float((torch.tensor([one[name] for one in figures]) * counts).sum() / counts.sum())
            for name in figures[0]
        }


def _some_of(people: list[SmallBatch], count: int, generator: torch.Generator) -> SmallBatch:
    """So many of all people, drawn alike from each kind by how many there are of it."""
    ends = torch.tensor([len(one) for one in people]).cumsum(0)
    rows = torch.randint(int(ends[-1]), (count,), generator=generator)
    kind = torch.bucketize(rows, ends, right=True)
    first = [0, *ends[:-1].tolist()]
    return SmallBatch.joined([one[rows[kind == k] - first[k]] for k, one in enumerate(people)])


def small_losses(output: SmallOutput, batch: SmallBatch, weights: SmallWeights) -> dict[str, Tensor]:
    """The losses of a batch by name; `total` is their weighted sum."""
    offsets = rest_offsets()[:BODY_JOINTS].to(output.local)
    glob, carried = forward_kinematics(output.local, offsets, PARENTS[:BODY_JOINTS], offsets.new_zeros(3))
    truly, joints = forward_kinematics(batch.local, offsets, PARENTS[:BODY_JOINTS], offsets.new_zeros(3))
    apart = (output.joints - joints).norm(dim=-1)
    turn = (output.local - batch.local).square().sum((-1, -2)).add(1e-8).sqrt() * 2**-0.5
    losses = {
        "carried": (carried - joints).norm(dim=-1).mean(),
        "joints": apart.mean(),
        "turned": chordal(glob, truly) + chordal(output.local, batch.local),
        "errors": likelihood(apart.detach(), output.place_error) + likelihood(turn.detach(), output.turn_error),
        "shape": (output.shape - batch.shape).abs().mean(),
        "flat": (drawn(carried, output.weak) - batch.flat).abs().clamp(max=_FARTHEST).sum(-1).mean(),
    }
    total = sum((getattr(weights, name) * value for name, value in losses.items()), apart.new_zeros(()))
    return {"total": total, **losses}


def drawn(joints: Float[Tensor, "people 22 3"], weak: Float[Tensor, "people 3"]) -> Float[Tensor, "people 22 2"]:
    """Where joints (+Y up) are seen in the region, which reaches from -1 to 1; y down."""
    return weak[:, None, :1] * joints[..., :2] * joints.new_tensor([1.0, -1.0]) + weak[:, None, 1:]


def figures_of(output: SmallOutput, batch: SmallBatch) -> dict[str, float]:
    """Millimetres on the average body, pelvis on pelvis, and after the best rotation and scale."""
    own, true = carried_joints(output.local), carried_joints(batch.local)
    return {
        "mpjpe": 1000 * float(root_aligned_mpjpe(own, true).mean()),
        "pa_mpjpe": 1000 * float(pa_mpjpe(own, true).mean()),
        "flat": float((drawn(own, output.weak) - batch.flat).norm(dim=-1).mean()) / 2,
    }


TASK = Task("mesh_recovery", "pictures of people -> bodies (small)", SmallRecipe, SmallLearner)
