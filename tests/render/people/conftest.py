"""A person in trousers and a long shirt, one in a skirt with a raised leg."""

import dataclasses
import math

import pytest
import torch

from poseloom.pose import JOINT_INDEX, Pose
from poseloom.render.people.appearance import Fabric, Garment
from poseloom.render.people.dressing import dressed
from poseloom.render.people.wardrobe import random_person


@pytest.fixture(scope="session")
def look():
    grey = Fabric((0.5, 0.5, 0.5))
    return dataclasses.replace(
        random_person(0),
        shape=(0.5, 0.7, 0.5, 0.5, 0.5, 0.5),
        top=Garment("long", grey, hem=1.0, neck=0.0, loose=0.2),
        bottom=Garment("trousers", grey, hem=1.0, loose=0.2),
        outer=None,
        tucked=False,
        headwear="none",
        beard="none",
        glasses=False,
        shoes="trainers",
    )


@pytest.fixture(scope="session")
def clothed(look):
    return dressed(look, Pose(torch.zeros(52, 3)), "full")


@pytest.fixture(scope="session")
def skirted(look):
    rotations = torch.zeros(52, 3)
    rotations[JOINT_INDEX["left_hip"], 0] = -math.pi / 2
    rotations[JOINT_INDEX["left_knee"], 0] = math.pi / 2
    skirt = Garment("skirt", look.top.fabric, hem=1.0, loose=0.5)
    return dressed(dataclasses.replace(look, bottom=skirt), Pose(rotations), "full")
