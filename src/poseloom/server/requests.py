"""What requests have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from poseloom.pose import Clip, Pose
from poseloom.server.errors import RefusalError
from poseloom.server.poses import ClipJson, PoseJson, PosesJson, together
from poseloom.server.settings import Settings

LONGEST_TEXT = 10_000
"""Characters; models read some hundred words."""
Text = Annotated[str, Field(max_length=LONGEST_TEXT)]
Seed = Annotated[int, Field(ge=0, lt=1 << 63, description="the same seed gives the same answer")]
_Pixels = Annotated[float, Field(ge=-100_000, le=100_000, allow_inf_nan=False)]
Box = tuple[_Pixels, _Pixels, _Pixels, _Pixels]
"""Around a person in a picture: x, y, width, height in pixels."""
ModelName = Annotated[str, Field(max_length=200, description="a name that `GET /v1/models` lists")]


class Request(BaseModel):
    """A body of a request: keys that are not known are mistakes."""

    model_config = ConfigDict(extra="forbid")


class OfPoses(Request):
    """One of: a single pose, several ones, a clip."""

    pose: PoseJson | None = Field(None, description="a single pose")
    poses: PosesJson | None = Field(None, description="several ones")
    clip: ClipJson | None = Field(None, description="poses in time")

    def motion(self, settings: Settings) -> Pose | Clip:
        """What was given: a pose without leading axes, poses (n,), or a clip.

        Raises:
            RefusalError: nothing was given, more than one was, or too much of it.
        """
        given = [name for name in ("pose", "poses", "clip") if getattr(self, name) is not None]
        if len(given) != 1:
            raise RefusalError(422, f"give one of pose, poses and clip; got {' and '.join(given) or 'none'}", "pose")
        if self.pose is not None:
            return self.pose.pose()
        if self.poses is not None:
            at_most(len(self.poses), settings.most_poses, "poses", "poses")
            return together([one.pose() for one in self.poses])
        assert self.clip is not None
        at_most(len(self.clip.poses), settings.most_frames, "frames", "clip.poses")
        return self.clip.clip()


def at_most(count: int, most: int, what: str, field: str) -> None:
    """Refuse more than a request may hold.

    Raises:
        RefusalError: there are more.
    """
    if count > most:
        raise RefusalError(413, f"{count} {what}: a request holds at most {most}", field)
