"""The functions of the service under the names that they have in Python."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from poseloom.client.calls import Call, File, clip_rows, form_of, motion_fields, one_of, rows_of, upload

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

    def _post(self, path: str, **body: Any) -> A:
        return self.send(Call("POST", path, {name: value for name, value in body.items() if value is not None}))

    def _get(self, path: str, **query: Any) -> A:
        given = {name: value for name, value in query.items() if value is not None}
        return self.send(Call("GET", path, query=given))

    def _upload(self, path: str, file: File, name: str, **form: Any) -> A:
        return self.send(Call("POST", path, file=upload(file, name), form=form_of(form)))

    # -- words -----------------------------------------------------------------------------------------------------

    def describe(self, pose: Motion, seed: int = 0, **options: Any) -> A:
        """Poses in words; `Answer.texts`, and with each sentence's facts and joints in ``texts``."""
        return self._post("/v1/describe", **motion_fields(pose), seed=seed, **options)

    def instruct(self, pose_a: Motion, pose_b: Motion, seed: int = 0, **options: Any) -> A:
        """How to get from one pose or clip to another."""
        return self._post("/v1/instruct", start=one_of(pose_a), end=one_of(pose_b), seed=seed, **options)

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

    def generate(self, text: str, n: int = 4, seed: int = 0, **options: Any) -> A:
        """Poses that a text tells of; `Answer.poses`."""
        return self._post("/v1/generate", text=text, n=n, seed=seed, **options)

    def edit(self, pose: Motion, instruction: str, n: int = 1, seed: int = 0, **options: Any) -> A:
        """A pose changed as an instruction says."""
        return self._post("/v1/edit", pose=one_of(pose), instruction=instruction, n=n, seed=seed, **options)

    def caption(self, pose: Motion, **options: Any) -> A:
        """What a learned model says of poses."""
        return self._post("/v1/caption", **motion_fields(pose), **options)

    def embed(
        self, *, text: str | Sequence[str] | None = None, pose: Pose | None = None, model: str = "retrieval"
    ) -> A:
        """Texts or poses as vectors of one space."""
        texts = [text] if isinstance(text, str) else text
        return self._post("/v1/embed", texts=texts, poses=None if pose is None else rows_of(pose), model=model)

    def models(self) -> A:
        """The models that the service has."""
        return self._get("/v1/models")

    # -- search and tables -----------------------------------------------------------------------------------------

    def find(
        self, query: str | Motion | None, index: str, k: int = 10, *, text: str | None = None, **options: Any
    ) -> A:
        """Rows of an index by words or a pose; by both where `text` is given beside a pose."""
        words = query if isinstance(query, str) else text
        pose = None if query is None or isinstance(query, str) else one_of(query)
        return self._post("/v1/search", index=index, text=words, pose=pose, k=k, **options)

    def indexes(self) -> A:
        """The indexes that may be searched."""
        return self._get("/v1/indexes")

    def tables(self) -> A:
        """The tables that may be browsed."""
        return self._get("/v1/tables")

    def rows(self, table: str, offset: int = 0, limit: int = 20, **filters: Any) -> A:
        """Rows of a table."""
        return self._get(f"/v1/tables/{table}/rows", offset=offset, limit=limit, **filters)

    def pairs(self, table: str, offset: int = 0, limit: int = 20, **filters: Any) -> A:
        """Pairs of a table."""
        return self._get(f"/v1/tables/{table}/pairs", offset=offset, limit=limit, **filters)

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

    def keypoints(self, source: File, *, name: str = "", **options: Any) -> A:
        """The people in a picture; of a video a job."""
        return self._upload("/v1/keypoints", source, name, **options)

    def recover(self, source: File, *, name: str = "", **options: Any) -> A:
        """The bodies of the people in a picture; of a video a job."""
        return self._upload("/v1/recover", source, name, **options)

    def transfer(self, photo: File, to: str | Motion, *, name: str = "", **options: Any) -> A:
        """The person of a photo in another pose, which words or a pose tell."""
        import json

        target = {"text": to} if isinstance(to, str) else {"pose": json.dumps(one_of(to))}
        return self._upload("/v1/transfer", photo, name, **target, **options)

    def sign(self, text: str, *, strict: bool = False) -> A:
        """HamNoSys signed and told in English; `Answer.clip`."""
        return self._post("/v1/sign", hamnosys=text, strict=strict)

    # -- the service itself ----------------------------------------------------------------------------------------

    def job(self, id: str) -> A:
        """How far a job is, and what it gave."""
        return self._get(f"/v1/jobs/{id}")

    def cancel(self, id: str) -> A:
        """Stop a job."""
        return self.send(Call("DELETE", f"/v1/jobs/{id}"))

    def health(self) -> A:
        """Whether the service answers."""
        return self._get("/v1/health")
