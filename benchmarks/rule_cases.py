"""Bodies, words by rule, files and pictures."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import Case, Work, children_seconds, in_seconds, milliseconds, milliseconds_each, per_second

POSES = 256
MANY_POSES = 20_000
DESCRIBED = 1000
SAMPLED = 10_000
BVH_FRAMES = 10_000
PICTURES = 8


def _help() -> Work:
    return lambda: subprocess.run([sys.executable, "-m", "poseloom", "--help"], check=True, capture_output=True)


def _poses(count: int):
    from poseloom.pose.sampler import sample

    return sample(count, seed=0)


def _body(mesh: str) -> Work:
    import torch

    from poseloom.body import default_body

    body, poses = default_body(mesh), _poses(POSES)
    return torch.no_grad()(lambda: body.mesh(poses))


def _posecodes() -> Work:
    from poseloom.body import default_body
    from poseloom.language import posecodes

    poses = _poses(MANY_POSES).without_heading()
    joints = default_body().joints(poses)
    return lambda: posecodes.evaluate(joints, poses.rotations)


def _joints(count: int):
    from poseloom.body import default_body

    return default_body().joints(_poses(count).without_heading())


def _describe() -> Work:
    from poseloom.language import describe

    joints = _joints(DESCRIBED)
    return lambda: describe(joints)


def _describe_poses() -> Work:
    import poseloom

    poses = _poses(DESCRIBED)
    return lambda: poseloom.describe(poses)


def _automatic() -> Work:
    from poseloom.language.posescript import automatic_descriptions

    joints = _joints(DESCRIBED)
    return lambda: automatic_descriptions(joints, "complete")


def _instruct() -> Work:
    from poseloom.language import instruct

    joints = _joints(DESCRIBED)
    return lambda: instruct(joints, joints.flip(0))


def _instructions() -> Work:
    from poseloom.language import instructions

    joints = _joints(DESCRIBED)
    return lambda: instructions(joints, joints.flip(0))


def _contacts() -> Work:
    from poseloom.language.posescript.contacts import contacts_of

    poses = _poses(DESCRIBED)
    return lambda: contacts_of(poses)


def _bvh() -> Work:
    from poseloom.formats.bvh import read_bvh
    from poseloom.formats.bvh_write import write_bvh
    from poseloom.pose import Clip

    folder = Path(tempfile.mkdtemp(prefix="poseloom-bench-"))
    path = folder / "long.bvh"
    write_bvh(Clip(_poses(BVH_FRAMES).body(), 120.0), path)
    return lambda: read_bvh(path)


def _sample() -> Work:
    return lambda: _poses(SAMPLED)


def _render(mesh: str) -> Work:
    from poseloom.render import render

    poses = _poses(PICTURES)
    return lambda: render(poses, size=256, body=_default_body(mesh))


def _default_body(mesh: str):
    from poseloom.body import default_body

    return default_body(mesh)


CASES = (
    Case("`poseloom --help`", _help, in_seconds, "<= 0.30 s", clock=children_seconds),
    Case(f"body, 1,229 vertices, {POSES} poses", lambda: _body("preview"), milliseconds, "<= 60 ms"),
    Case(f"body, 13,718 vertices, one shape, {POSES} poses", lambda: _body("full"), milliseconds, "<= 400 ms"),
    Case(
        "posecodes (271 + 150), joints and rotations", _posecodes, per_second(MANY_POSES, "poses"), ">= 100,000 poses/s"
    ),
    Case("descriptions, from joints", _describe, per_second(DESCRIBED, "texts"), ">= 4,000 texts/s", runs=3),
    Case("descriptions, from poses", _describe_poses, per_second(DESCRIBED, "texts"), runs=3),
    Case(
        "automatic descriptions (`complete`), from joints",
        _automatic,
        per_second(DESCRIBED, "texts"),
        ">= 4,000 texts/s",
        runs=3,
    ),
    Case("instructions (ours), from joints", _instruct, per_second(DESCRIBED, "texts"), ">= 2,400 texts/s", runs=3),
    Case(
        "instructions (`full`), from joints", _instructions, per_second(DESCRIBED, "texts"), ">= 2,400 texts/s", runs=3
    ),
    Case("contacts on the skin", _contacts, per_second(DESCRIBED, "poses"), ">= 200 poses/s", runs=3),
    Case(f"sampler, {SAMPLED:,} poses", _sample, in_seconds, "< 5 s", runs=3),
    Case(f"BVH of {BVH_FRAMES:,} frames, read and converted", _bvh, in_seconds, "<= 2 s", runs=3),
    Case("picture 256 x 256, 1,229 vertices", lambda: _render("preview"), milliseconds_each(PICTURES), runs=3),
    Case("picture 256 x 256, 13,718 vertices", lambda: _render("full"), milliseconds_each(PICTURES), runs=3),
)
