"""Checkpoint files of the five networks in the layouts of their release, with the weights of golden cases."""

from itertools import pairwise

import numpy as np
import torch
from fill import fill
from released import case_of, filled_state

from poseloom.tasks.mesh_recovery.mesh_levels import MeshPyramid, MeshStep, graph_of
from poseloom.tasks.mesh_recovery.networks.choice import BodyAtRest

PLACE = "mesh-recovery/"
SIZES = (6890, 1723, 431)


def case(name):
    """(case, arrays, filled weights)."""
    told, arrays = case_of(PLACE + name)
    return told, arrays, filled_state(told)


def prefixed(prefix, state):
    return {prefix + name: value for name, value in state.items()}


def benchmark_file(path, state):
    """With all that such a file holds besides."""
    beside = {
        "disc.x": torch.zeros(2),
        "body_model_train.faces_tensor": torch.zeros(3, 3),
        "body_model_test.J": torch.ones(1),
    }
    torch.save(
        {"meta": {"epoch": 100, "config": "model = dict()"}, "state_dict": {**state, **beside}, "optimizer": {}}, path
    )
    return path


def ring(count):
    """The stand-in graph of the golden cases."""
    around = (1, -1, 17, -17)
    return graph_of([{(vertex + step) % count for step in around} for vertex in range(count)])


def stand_in_rest():
    """A body of SMPL's sizes with the stand-in graphs; the numbers of its template mean nothing."""
    template = torch.from_numpy(np.array(fill("standin.v_template", (SIZES[0], 3))))
    steps = []
    for larger, smaller in pairwise(SIZES):
        corners = torch.arange(larger)[:, None].expand(-1, 3) % smaller
        steps.append(MeshStep(torch.arange(smaller), corners.contiguous(), torch.full((larger, 3), 1 / 3)))
    pyramid = MeshPyramid(template, torch.zeros(SIZES[0], 24), [ring(size) for size in SIZES], steps)
    return BodyAtRest(pyramid, torch.zeros(14, 3), torch.zeros(3))
