"""Poses as an assistant names them: handles of this session, stances, files."""

from __future__ import annotations

from pathlib import Path

import torch

from poseloom import api
from poseloom.base.errors import PoseloomError
from poseloom.pose import Clip, Pose

_KEPT = 500


class PoseShelf:
    """The poses and clips of a session, by handles such as ``pose-3``; the oldest make room."""

    def __init__(self) -> None:
        self._kept: dict[str, Clip] = {}
        self._count = 0

    def keep(self, motion: Pose | Clip) -> list[str]:
        """Handles of poses, one for each; a clip has one as a whole."""
        if isinstance(motion, Clip):
            return [self._add("clip", motion)]
        return [self._add("pose", Clip(one.reshape(1))) for one in motion.reshape(-1)]

    def _add(self, kind: str, clip: Clip) -> str:
        self._count += 1
        handle = f"{kind}-{self._count}"
        self._kept[handle] = clip
        if len(self._kept) > _KEPT:
            del self._kept[next(iter(self._kept))]
        return handle

    def clip(self, name: str) -> Clip:
        """What a handle, a path or a stance's name means.

        Raises:
            PoseloomError: it means nothing.
        """
        text = name.strip()
        if text in self._kept:
            return self._kept[text]
        path, _, frame = text.partition("#")
        if Path(path).expanduser().is_file():
            clip = api.load(Path(path).expanduser())
            return clip if not frame else api.select(clip, [_number(frame)])
        from poseloom.pose.stances import stance

        try:
            return Clip(stance(text).reshape(1), name=text)
        except PoseloomError as mistake:
            raise PoseloomError(
                f"{text[:80]!r} is no handle of this session, no file and no stance ({mistake}); generate makes poses, "
                "list_stances names stances"
            ) from None

    def pose(self, name: str) -> Pose:
        """The first pose of `clip`, without leading axes."""
        return self.clip(name).pose[0]

    def poses(self, names: list[str]) -> Pose:
        """One pose (n,) for each name."""
        if not names:
            raise PoseloomError("name at least one pose")
        return Pose(torch.stack([self.pose(name).with_hands().rotations for name in names]))


def _number(text: str) -> int:
    if not text.isdigit():
        raise PoseloomError(f"expected the number of a frame behind '#', got {text[:40]!r}")
    return int(text)
