"""``/v1/keypoints`` and ``/v1/recover``: the people in a picture; of a video, or where one is asked for, as a job."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Form, UploadFile
from fastapi.responses import JSONResponse, Response
from pydantic import TypeAdapter, ValidationError

from poseloom import api
from poseloom.base.progress import Step, report
from poseloom.results.keypoints import Keypoints
from poseloom.server.answers import json_from
from poseloom.server.errors import RefusalError, invalid
from poseloom.server.routers.convert import clip_json
from poseloom.server.schemas.common import answers, form_example
from poseloom.server.schemas.libraries import JobAnswer
from poseloom.server.schemas.pictures import KeypointsAnswer, RecoverAnswer
from poseloom.server.service import Service, Shared
from poseloom.server.uploads import Upload, received_picture

router = APIRouter(tags=["pictures"])
Picture = Annotated[UploadFile, File(description="a picture (JPEG, PNG, WebP, ...) or a video (MP4, GIF, ...)")]
Boxes = Annotated[
    str | None, Form(max_length=2000, description="JSON: [[x, y, width, height], ...] in pixels; found if not given")
]
People = Annotated[int | None, Form(ge=1, le=64, description="how many at most, the larger ones first")]
Rate = Annotated[float | None, Form(gt=0, le=240, allow_inf_nan=False, description="frames a second of a video")]
AsJob = Annotated[bool, Form(description="a job (202) for a picture as well; a video always becomes one")]
_BOXES = TypeAdapter(list[tuple[float, float, float, float]])


@router.post(
    "/v1/keypoints",
    summary="The people in a picture or video, point by point",
    response_model=None,
    responses=answers(KeypointsAnswer) | answers(JobAnswer, status=202),
    openapi_extra=form_example(file="photo.jpg", people=2, convention="coco"),
)
async def keypoints(
    service: Shared,
    file: Picture,
    boxes: Boxes = None,
    people: People = None,
    fps: Rate = None,
    hands: Annotated[bool, Form()] = True,
    face: Annotated[bool, Form()] = False,
    convention: Annotated[str | None, Form(max_length=40, description="coco, openpose_18, ...: others than 33")] = None,
    job: AsJob = False,
) -> Response:
    """``people`` with ``points`` (x, y and confidence, pixels); of a video, and with ``job``, a job (202)."""
    upload = await received_picture(file, service.settings)
    given = read_boxes(boxes)

    def found() -> dict[str, Any]:
        with upload.as_file() as path:
            told = api.keypoints(
                path, boxes=given, people=people, fps=fps, hands=hands, face=face, progress=_progress(service)
            )
        return _with_points(told, convention)

    return await answered(service, "keypoints", upload, found, job)


@router.post(
    "/v1/recover",
    summary="The bodies of the people in a picture or video",
    response_model=None,
    responses=answers(RecoverAnswer) | answers(JobAnswer, status=202),
    openapi_extra=form_example(file="photo.jpg", people=1),
)
async def recover(
    service: Shared,
    file: Picture,
    boxes: Boxes = None,
    people: People = 1,
    fps: Rate = None,
    lens: Annotated[float | None, Form(ge=1, le=5000, allow_inf_nan=False, description="mm on 36 x 24")] = None,
    algorithm: Annotated[
        Literal["small", "lifted", "landmarks"] | None, Form(description="small in a picture, lifted in a video")
    ] = None,
    job: AsJob = False,
) -> Response:
    """What the command prints with ``--json``, and ``clips``: each person's poses on the floor, with what is not seen;
    of a video, and with ``job``, a job (202)."""
    upload = await received_picture(file, service.settings)
    given = read_boxes(boxes)

    def found() -> dict[str, Any]:
        with upload.as_file() as path:
            told = api.recover(
                path, boxes=given, people=people, fps=fps, lens=lens, algorithm=algorithm, progress=_progress(service)
            )
        clips = [
            {"person": person, "unseen": told.unseen(person), **clip_json(told.clip(person))} for person in told.people
        ]
        return {**told.as_json(), "clips": clips}

    return await answered(service, "recover", upload, found, job)


async def answered(
    service: Service, kind: str, upload: Upload, work: Callable[[], dict[str, Any]], as_job: bool
) -> Response:
    """The answer for a picture; a job, whose address is in ``Location``, for a video and where one is asked for."""
    if not (as_job or await service.heavy.run(upload.is_video)):
        return await json_from(service.heavy, work)
    job = service.jobs.start(kind, work)
    return JSONResponse(job.as_json(), 202, {"Location": f"/v1/jobs/{job.id}"})


def read_boxes(text: str | None, field: str = "boxes") -> list[tuple[float, float, float, float]] | None:
    """Boxes of a form's field.

    Raises:
        RefusalError: they are not JSON of rows of four finite numbers.
    """
    if text is None or not text.strip():
        return None
    try:
        return _BOXES.validate_python(json.loads(text, parse_constant=float))
    except ValidationError as error:
        rows = [{**one, "loc": ("body", field, *one["loc"])} for one in error.errors(include_url=False)]
        raise invalid(rows) from None
    except (ValueError, RecursionError):
        raise RefusalError(422, "expected JSON such as [[12, 30, 200, 480]]", field) from None


def _progress(service: Service) -> Callable[[int, int | None], None]:
    most = service.settings.most_frames

    def progress(done: int, total: int | None) -> None:
        if done > most:
            raise RefusalError(413, f"the video has more than {most} frames; ask for fewer with fps", "file")
        report(Step("looked at", done, max(done, total or done), "frames"))

    return progress


def _with_points(found: Keypoints, convention: str | None) -> dict[str, Any]:
    made = found.as_json()
    if convention is None:
        rows = _rounded(found.points[..., :2], found.visibility)
    else:
        other = found.in_convention(convention)
        rows = _rounded(other.points, other.confidence)
        made["convention"] = convention
    for row, points in zip(made["people"], rows, strict=True):
        row["points"] = points
    if found.hands is not None:
        for number, row in enumerate(made["people"]):
            sides = zip(("left", "right"), found.hands[number], strict=True)
            row["hand_points"] = {
                side: [[round(float(one), 2) for one in point[:2]] for point in points]
                for side, points in sides
                if bool(points.isfinite().all())
            }
    return made


def _rounded(points: Any, confidence: Any) -> list[list[list[float]]]:
    rows = zip(points.tolist(), confidence.tolist(), strict=True)
    return [
        [[round(x, 2), round(y, 2), round(sure, 3)] for (x, y), sure in zip(one, each, strict=True)]
        for one, each in rows
    ]
