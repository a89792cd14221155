"""The functions of the service under the names that they have in Python."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import quote

from poseloom.client.calls import Call, File, clip_rows, form_of, motion_fields, one_of, rows_of, upload, uploads

if TYPE_CHECKING:
    from poseloom.client.calls import Motion
    from poseloom.pose import Clip, Pose

A = TypeVar("A")
"""What a call gives: an answer, or one that is awaited."""


class Methods(ABC, Generic[A]):
    """Every function takes what its namesake in `poseloom` takes; other options are those of the endpoint."""

    @abstractmethod
    def send(self, call: Call) -> A:
        """The answer to a request."""

    def _post(self, path: str, pictures: tuple[tuple[str, bytes], ...] = (), **body: Any) -> A:
        given = {name: value for name, value in body.items() if value is not None}
        return self.send(Call("POST", path, given, pictures=pictures))

    def _get(self, path: str, **query: Any) -> A:
        given = {name: value for name, value in query.items() if value is not None}
        return self.send(Call("GET", path, query=given))

    def _upload(self, path: str, file: File, name: str, **form: Any) -> A:
        return self.send(Call("POST", path, file=upload(file, name), form=form_of(form)))

    # -- words -----------------------------------------------------------------------------------------------------

    def describe(
        self, pose: Motion, seed: int = 0, *, style: str | None = None, names: bool = False, steady: bool = True
    ) -> A:
        """Poses in words; `Answer.texts`, and with each sentence's facts and joints in ``texts``."""
        return self._post("/v1/describe", **motion_fields(pose), seed=seed, style=style, names=names, steady=steady)

    def instruct(
        self, pose_a: Motion, pose_b: Motion, seed: int = 0, *, style: str | None = None, learned: bool = False
    ) -> A:
        """How to get from one pose or clip to another; `learned` lets the model say it."""
        both = {"start": one_of(pose_a), "end": one_of(pose_b)}
        return self._post("/v1/instruct", **both, seed=seed, style=style, learned=learned)

    def judge(self, text: str, pose: Pose, pose_b: Pose | None = None) -> A:
        """Which facts of a text hold for poses."""
        after = None if pose_b is None else rows_of(pose_b)
        return self._post("/v1/judge", text=text, poses=rows_of(pose), poses_after=after)

    def check(self, motion: Clip | Pose, sentences: str | Sequence[str], *, each: str = "repetition") -> A:
        """A motion judged by sentences."""
        given = [sentences] if isinstance(sentences, str) else list(sentences)
        return self._post("/v1/check", clip=clip_rows(motion), sentences=given, each=each)

    def describe_motion(self, motion: Clip | Pose) -> A:
        """A clip told phase by phase."""
        return self._post("/v1/describe-motion", clip=clip_rows(motion))

    def angles(self, motion: Motion, format: str = "json") -> A:
        """The anatomical angles of poses."""
        return self._post("/v1/angles", **motion_fields(motion), format=format)

    # -- models ----------------------------------------------------------------------------------------------------

    def generate(self, text: str, n: int = 4, seed: int = 0, *, verify: bool = False, anyway: bool = False) -> A:
        """Poses that a text tells of; `Answer.poses`."""
        return self._post("/v1/generate", text=text, n=n, seed=seed, verify=verify, anyway=anyway)

    def edit(
        self,
        pose: Motion,
        instruction: str,
        n: int = 1,
        seed: int = 0,
        *,
        verify: bool = False,
        anyway: bool = False,
    ) -> A:
        """A pose changed as an instruction says."""
        options: dict[str, Any] = {"n": n, "seed": seed, "verify": verify, "anyway": anyway}
        return self._post("/v1/edit", pose=one_of(pose), instruction=instruction, **options)

    def caption(
        self,
        pose: Motion,
        *,
        beams: int = 1,
        top_k: int = 0,
        top_p: float = 1.0,
        temperature: float = 1.0,
        seed: int = 0,
        checked: bool = True,
        model: str = "captioning",
    ) -> A:
        """What a learned model says of poses."""
        options: dict[str, Any] = {
            "beams": beams,
            "top_k": top_k,
            "top_p": top_p,
            "temperature": temperature,
            "seed": seed,
        }
        return self._post("/v1/caption", **motion_fields(pose), **options, checked=checked, model=model)

    def embed(
        self,
        *,
        image: File | Sequence[File] | None = None,
        pose: Pose | None = None,
        text: str | Sequence[str] | None = None,
        boxes: Sequence[Sequence[float] | None] | None = None,
        target: str | None = None,
        model: str | None = None,
    ) -> A:
        """Texts, poses and pictures as vectors of one space; without pictures that of ``retrieval`` by default."""
        body = {
            "texts": [text] if isinstance(text, str) else text,
            "poses": None if pose is None else rows_of(pose),
            "boxes": None if boxes is None else [None if box is None else list(box) for box in boxes],
        }
        return self._post("/v1/embed", uploads(image), **body, target=target, model=model)

    def models(self) -> A:
        """The models that the service has."""
        return self._get("/v1/models")

    # -- search and tables -----------------------------------------------------------------------------------------

    def find(
        self,
        query: str | Motion | None,
        index: str,
        k: int = 10,
        *,
        image: File | None = None,
        pose: Motion | None = None,
        text: str | None = None,
        box: Sequence[float] | None = None,
        where: str | Sequence[str] = (),
        near: bool = False,
        mirrored: bool = False,
        statements: bool = False,
        model: str | None = None,
        blend: bool = False,
        table: str | None = None,
    ) -> A:
        """Rows of an index by words, a pose, a photo, or several of them; with `table` each with its pose."""
        words = query if isinstance(query, str) else text
        body = pose if query is None or isinstance(query, str) else query
        options = {"near": near, "mirrored": mirrored, "statements": statements, "blend": blend}
        return self._post(
            "/v1/search",
            uploads(image),
            index=index,
            text=words,
            pose=None if body is None else one_of(body),
            k=k,
            box=None if box is None else list(box),
            where=[where] if isinstance(where, str) else list(where),
            model=model,
            table=table,
            **options,
        )

    def indexes(self) -> A:
        """The indexes that may be searched."""
        return self._get("/v1/indexes")

    def tables(self) -> A:
        """The tables that may be browsed."""
        return self._get("/v1/tables")

    def rows(self, table: str, offset: int = 0, limit: int = 20, **filters: Any) -> A:
        """Rows of a table."""
        return self._get(f"/v1/tables/{quote(table, '')}/rows", offset=offset, limit=limit, **filters)

    def pairs(self, table: str, offset: int = 0, limit: int = 20, **filters: Any) -> A:
        """Pairs of a table."""
        return self._get(f"/v1/tables/{quote(table, '')}/pairs", offset=offset, limit=limit, **filters)

    def stances(self) -> A:
        """The named stances."""
        return self._get("/v1/stances")

    # -- files and pictures ----------------------------------------------------------------------------------------

    def load(self, file: File, *, name: str = "", **options: Any) -> A:
        """A motion file as poses; `Answer.clip`."""
        return self._upload("/v1/convert", file, name, **options)

    def convert(self, file: File, format: str, *, name: str = "", **options: Any) -> A:
        """A motion file as another file; `Answer.content`."""
        return self._upload("/v1/convert", file, name, format=format, **options)

    def save(self, motion: Motion, format: str, name: str = "") -> A:
        """Poses as a file; `Answer.save` writes it."""
        return self._post("/v1/export", **motion_fields(motion), format=format, name=name)

    def render(self, pose: Motion, size: int | tuple[int, int] = 512, **options: Any) -> A:
        """A picture of poses; `Answer.content` are the bytes of a PNG."""
        height, width = (size, size) if isinstance(size, int) else size
        return self._post("/v1/render", **motion_fields(pose), width=width, height=height, **options)

    def control(self, pose: Motion, size: int | tuple[int, int] = 512, **options: Any) -> A:
        """A control picture, or as ``style="pack"`` a zip of all."""
        height, width = (size, size) if isinstance(size, int) else size
        return self._post("/v1/control", pose=one_of(pose), width=width, height=height, **options)

    def keypoints(
        self,
        source: File,
        *,
        boxes: Sequence[Sequence[float]] | None = None,
        people: int | None = None,
        fps: float | None = None,
        hands: bool = True,
        face: bool = False,
        convention: str | None = None,
        job: bool = False,
        name: str = "",
    ) -> A:
        """The people in a picture; of a video, and with `job`, a job, see `wait`.

        `name` is what a file given as bytes is called.
        """
        options = {"boxes": boxes, "people": people, "fps": fps, "hands": hands, "face": face}
        return self._upload("/v1/keypoints", source, name, **options, convention=convention, job=job)

    def recover(
        self,
        source: File,
        *,
        boxes: Sequence[Sequence[float]] | None = None,
        people: int | None = 1,
        fps: float | None = None,
        lens: float | None = None,
        algorithm: str | None = None,
        job: bool = False,
        name: str = "",
    ) -> A:
        """The bodies of the people in a picture; of a video, and with `job`, a job, see `wait`."""
        options = {"boxes": boxes, "people": people, "fps": fps, "lens": lens}
        return self._upload("/v1/recover", source, name, **options, algorithm=algorithm, job=job)

    def transfer(
        self,
        photo: File,
        to: str | Motion,
        *,
        box: Sequence[float] | None = None,
        seed: int = 0,
        keep_heading: bool = True,
        format: str = "json",
        name: str = "",
    ) -> A:
        """The person of a photo in another pose, which words or a pose tell."""
        target = {"text": to} if isinstance(to, str) else {"pose": json.dumps(one_of(to))}
        options = {"seed": seed, "keep_heading": keep_heading, "format": format}
        return self._upload("/v1/transfer", photo, name, **target, box=None if box is None else [box], **options)

    def sign(self, text: str, *, strict: bool = False) -> A:
        """HamNoSys signed and told in English; `Answer.clip`."""
        return self._post("/v1/sign", hamnosys=text, strict=strict)

    def explain(self, text: str, *, strict: bool = False) -> A:
        """HamNoSys told in English alone."""
        return self._post("/v1/sign", hamnosys=text, strict=strict, poses=False)

    # -- the service itself ----------------------------------------------------------------------------------------

    def job(self, id: str) -> A:
        """How far a job is, and what it gave."""
        return self._get(f"/v1/jobs/{quote(id, '')}")

    def cancel(self, id: str) -> A:
        """Stop a job."""
        return self.send(Call("DELETE", f"/v1/jobs/{quote(id, '')}"))

    def health(self) -> A:
        """Whether the service answers."""
        return self._get("/v1/health")
