"""Networks of mesh recovery from files: imported from released checkpoints, and asked for the bodies in a picture."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jaxtyping import Float
from safetensors.torch import save
from torch import Tensor

from poseloom.base.errors import FileError, PoseloomError
from poseloom.base.files import atomic_write, writable_target
from poseloom.checkpoints.registry import SUFFIX, load_model
from poseloom.images.read import read_picture
from poseloom.images.video import open_video
from poseloom.results.keypoints import Keypoints
from poseloom.results.recovered import Recovered
from poseloom.tasks.common.configs import config_to_plain
from poseloom.tasks.mesh_recovery.learned_body import SmplLearnedBody
from poseloom.tasks.mesh_recovery.network_predict import BodyNetwork
from poseloom.tasks.mesh_recovery.network_recover import recover_by_network
from poseloom.tasks.mesh_recovery.networks.choice import ALGORITHMS, HMR2
from poseloom.tasks.mesh_recovery.networks.small import SMALL
from poseloom.tasks.mesh_recovery.objectives.learner import BODY, NETWORK
from poseloom.tasks.mesh_recovery.predict import focal_of, recover_bodies
from poseloom.tasks.mesh_recovery.released import ReleasedNetwork, build_released
from poseloom.tasks.mesh_recovery.small_looks import LOOKS, look_again
from poseloom.tasks.mesh_recovery.small_predict import SmallBodyNetwork
from poseloom.training.export import FORMAT, VERSION, ModelCard, card_path
from poseloom.training.recipe import Card
from poseloom.training.recipe_files import plain

_CARD = Card(
    summary="Released weights, converted; the architecture is the published one.",
    data="That of the authors of the checkpoint; see their papers.",
    measured="Not measured here; 'poseloom evaluate' measures a run, on 3DPW as the benchmark does.",
    limits="One person in a square crop; SMPL bodies.",
    licence="That of the checkpoint: most allow research alone.",
    attribution="HMR (Kanazawa et al. 2018), SPIN, GraphCMR (Kolotouros et al. 2019), PARE (Kocabas et al. 2021), Mesh "
    "Graphormer (Lin et al. 2021), HMR 2.0 (Goel et al. 2023), and the benchmark of Pang et al. 2022.",
)

_IN_VIDEO = 2
"""Looks at each frame, one of them mirrored; its keypoints stay those that were smoothed over time."""


def import_network(released: ReleasedNetwork, out: str | Path, body: str | Path | None = None) -> ModelCard:
    """Write a released network as a model of ours: ``NAME.safetensors`` and ``NAME.json``.

    Args:
        released: what was read of its file.
        out: where to.
        body: folder of SMPL's files; networks that bend a mesh take it from there, which is kept with the weights.

    Raises:
        PoseloomError: the body is missing, or weights do not fit.
        FileError: the place cannot be written.
    """
    if Path(out).suffix != SUFFIX:
        raise FileError(out, f"does not end in {SUFFIX}", remedy=f"name it {Path(out).stem}{SUFFIX}")
    if released.choice.bends_mesh and body is None:
        raise PoseloomError(f"{released.choice.algorithm} bends SMPL's mesh; name the folder of its files, --body DIR")
    rest = SmplLearnedBody(body).at_rest() if released.choice.bends_mesh and body is not None else None
    state = build_released(released, rest).state_dict()
    content = save({name: value.contiguous() for name, value in state.items()}, {"format": FORMAT})
    card = ModelCard(
        task=BodyNetwork.task,
        name=f"released {released.choice.algorithm}",
        recipe={},
        figures={},
        card=_CARD,
        extras={NETWORK: config_to_plain(released.choice), BODY: "smpl", "source": {"file": released.path.name}},
        sha256=hashlib.sha256(content).hexdigest(),
        parameters=sum(value.numel() for value in state.values()),
        precision="fp32",
    )
    text = json.dumps({"format": FORMAT, "version": VERSION, **plain(card)}, indent=1, ensure_ascii=False) + "\n"
    writable_target(card_path(out))
    with atomic_write(out) as weights, atomic_write(card_path(out)) as words:
        weights.write_bytes(content)
        words.write_text(text, encoding="utf-8")
    return card


def recover_with(
    source: Any,
    keypoints: Keypoints,
    model: str | Path | None,
    algorithm: str | None,
    *,
    lens: float | None = None,
    fps: float | None = None,
) -> Recovered:
    """The bodies of people who were found, as a network sees them; what ``small`` says is fitted to the keypoints.

    Args:
        source: the picture or video in which they were found.
        keypoints: of them.
        model: path of the network; the shipped one of ``small`` by default.
        algorithm: which network it must be; None or another name than those of networks does not care.
        lens, fps: as `poseloom.recover` takes them.

    Raises:
        PoseloomError: no model is named, it is of another algorithm, or nobody was found.
    """
    if model is None and algorithm == SMALL:
        model = BodyNetwork.task
    if model is None:
        trained = "" if algorithm == HMR2 else f", 'poseloom train mesh_recovery/{algorithm}' of pictures"
        raise PoseloomError(
            f"algorithm {algorithm} is a network: name its weights, --model FILE; 'poseloom models import' makes them "
            f"of a released checkpoint{trained}"
        )
    network: BodyNetwork = load_model(model, BodyNetwork.task)
    own = network.algorithm
    if algorithm in (SMALL, *ALGORITHMS) and own != algorithm:
        raise PoseloomError(f"{model}: is of the algorithm {own}, not {algorithm}; change one of them")
    pictures = _pictures(source, keypoints, fps)
    if isinstance(network, SmallBodyNetwork):
        still = keypoints.fps is None
        looks = LOOKS if still else LOOKS[:_IN_VIDEO]
        seen, lifted = look_again(network, keypoints, pictures, focal_of(keypoints.size, lens), looks)
        return recover_bodies(seen if still else keypoints, lens=lens, lifter=lifted)
    return recover_by_network(network, keypoints, pictures, lens=lens)


def _pictures(source: Any, keypoints: Keypoints, fps: float | None) -> Iterable[Float[Tensor, "3 height width"]]:
    if isinstance(source, Tensor):
        return [source]
    return [read_picture(source)] if keypoints.fps is None else open_video(source, fps).frames()
