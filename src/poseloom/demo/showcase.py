"""What the demo shows besides the clip: poses made of words, changed, found again, and a sign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from jaxtyping import Float
from torch import Tensor

from poseloom import api
from poseloom.demo.stopwatch import Stopwatch
from poseloom.pose import Pose
from poseloom.pose.sampler import sample
from poseloom.search import Index, MemoryRows, build_index
from poseloom.signer.pictures import animate_signing

TEXT = "kneeling on the left knee, both arms raised"
DRAWN = 4
INSTRUCTION = "lower the right arm, and bend the left elbow"
QUESTION = "sitting on the ground, left hand above the head"
ROWS = 2000
"""Sampled poses that are searched."""
FOUND = 4
HAMNOSYS = "flathand extfingeru palmu chin touch parbegin moveo arcd replace extfingero palmu parend"
"""Thanks, in several sign languages: the flat hand leaves the chin."""
SIZE = 288
"""Pixels of a picture's side."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """A pose: its picture, a label and what is said of it."""

    picture: Float[Tensor, "3 height width"]
    label: str
    text: str


@dataclass(frozen=True, eq=False)
class Signing:
    """A sign: its notation, that notation in English, and the body that signs it, a WebP animation."""

    hamnosys: str
    says: str
    animation: bytes


@dataclass(frozen=True, eq=False)
class Showcase:
    """What was asked for, in words, and what came of it."""

    generated: Sequence[Drawn]
    edited: Sequence[Drawn]
    found: Sequence[Drawn]
    signing: Signing


def take_showcase(watch: Stopwatch, seed: int = 0) -> Showcase:
    """Generate, edit, search and sign; the time of each step goes to `watch`."""
    with watch.step("generate", f"{DRAWN} poses from words, checked and drawn"):
        made = api.generate(TEXT, DRAWN, seed, verify=True)
        generated = _drawn(made.poses, made.facts.in_words(), seed)
    with watch.step("edit", "a pose by an instruction"):
        before = made.poses[0]
        changed = api.edit(before, INSTRUCTION, seed=seed, verify=True)
        after = _drawn(changed.poses, ["after"], seed)
        edited = [Drawn(generated[0].picture, "before", generated[0].text), *after]
    with watch.step("search", f"{ROWS:,} poses described, made searchable, asked"):
        found = _found(seed)
    with watch.step("sign", "HamNoSys read and signed"):
        signing = _signed()
    return Showcase(generated, edited, found, signing)


def _drawn(poses: Pose, labels: Sequence[str], seed: int) -> list[Drawn]:
    pictures = api.render(poses, size=SIZE)
    texts = api.describe(poses, seed, style="short")
    return [Drawn(*each) for each in zip(pictures, labels, texts, strict=True)]


def _found(seed: int) -> list[Drawn]:
    poses = sample(ROWS, seed=seed)
    texts = list(api.describe(poses, seed, style="short"))
    with TemporaryDirectory() as folder:
        build_index(MemoryRows(pose=poses, texts=texts), folder)
        hits = list(Index(folder).search(QUESTION, k=FOUND))
    if not hits:
        return []
    pictures = api.render(poses[[hit.row for hit in hits]], size=SIZE)
    return [Drawn(picture, f"row {hit.row:,}", hit.text) for picture, hit in zip(pictures, hits, strict=True)]


def _signed() -> Signing:
    signed = api.sign(HAMNOSYS, "thanks")
    with TemporaryDirectory() as folder:
        path = animate_signing(signed.clip, Path(folder) / "sign.webp", SIZE)
        return Signing(HAMNOSYS, signed.says, path.read_bytes())
