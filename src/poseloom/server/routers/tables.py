"""``/v1/tables``: data sets row by row and pair by pair, with their texts."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse, Response

from poseloom.server.answers import json_from
from poseloom.server.errors import RefusalError
from poseloom.server.poses import pose_json
from poseloom.server.schemas.common import answers
from poseloom.server.schemas.libraries import JobAnswer, PairsAnswer, RowAnswer, RowsAnswer, TableAnswer, TablesAnswer
from poseloom.server.service import Shared

if TYPE_CHECKING:
    from poseloom.data.schema import Pair, Row, Text
    from poseloom.data.table import Table

router = APIRouter(tags=["tables"])
_MOST = 200
"""Rows of one answer."""
Name = Annotated[str, Path(max_length=200, examples=["poses"], description="that the table was named with")]
Offset = Annotated[int, Query(ge=0, lt=1 << 40, description="how many fitting ones to leave out")]
Number = Annotated[int, Path(ge=-(1 << 40), lt=1 << 40, examples=[0], description="of the row, from 0")]
Limit = Annotated[int, Query(ge=1, le=_MOST)]
Split = Annotated[str | None, Query(max_length=40, description="train, val, test")]
Words = Annotated[str | None, Query(max_length=200, description="a text must have these words in this order")]


@router.get("/v1/tables", summary="The tables that may be browsed", responses=answers(TablesAnswer))
async def tables(service: Shared) -> Response:
    """``tables``: rows of ``name``, ``rows``, ``pairs``, ``joints``; ``error`` where one cannot be opened."""
    return await json_from(service.heavy, lambda: {"tables": [_listed(service, name) for name in _names(service)]})


def _names(service: Shared) -> tuple[str, ...]:
    return service.libraries.table_names


def _listed(service: Shared, name: str) -> dict[str, Any]:
    from poseloom.server.errors import refusal_of

    try:
        table = service.libraries.table(name)
        return {"name": name, "rows": len(table), "pairs": len(table.pairs), "joints": table.layout.joints}
    except Exception as error:
        return {"name": name, **refusal_of(error).as_json()}


@router.get("/v1/tables/{name}", summary="What a table holds", responses=answers(TableAnswer))
async def table(name: Name, service: Shared) -> Response:
    """Counts of rows, splits, data sets, texts and pairs."""

    def summed() -> dict[str, Any]:
        from poseloom.data.inspection import summary

        made = asdict(summary(service.libraries.table(name)))
        for key in ("problems", "damaged", "examples"):
            made.pop(key, None)
        return {"name": name, **made}

    return await json_from(service.heavy, summed)


@router.get("/v1/tables/{name}/rows", summary="Rows of a table", responses=answers(RowsAnswer))
async def rows(
    name: Name,
    service: Shared,
    offset: Offset = 0,
    limit: Limit = 20,
    split: Split = None,
    text: Words = None,
    poses: Annotated[bool, Query(description="with the poses")] = True,
) -> Response:
    """``total`` (fitting rows), ``rows``: ``number``, ``id``, ``data_set``, ``split``, ``texts``, ``pose``."""

    def chosen() -> dict[str, Any]:
        opened = service.libraries.table(name)
        fitting = _fitting_rows(opened, split, text)
        shown = [row_json(opened.row(int(number)), poses) for number in fitting[offset : offset + limit]]
        return {"name": name, "total": len(fitting), "offset": offset, "rows": shown}

    return await json_from(service.heavy, chosen)


@router.get("/v1/tables/{name}/rows/{number}", summary="One row of a table", responses=answers(RowAnswer))
async def row(name: Name, number: Number, service: Shared) -> Response:
    """The row, with its pose."""

    def found() -> dict[str, Any]:
        opened = service.libraries.table(name)
        if not 0 <= number < len(opened):
            raise RefusalError(404, f"row {number} is out of range; the table has {len(opened)}", "number")
        return row_json(opened.row(number), True)

    return await json_from(service.heavy, found)


@router.get(
    "/v1/tables/{name}/pairs", summary="Pairs of a table, with their instructions", responses=answers(PairsAnswer)
)
async def pairs(
    name: Name, service: Shared, offset: Offset = 0, limit: Limit = 20, split: Split = None, text: Words = None
) -> Response:
    """``total``, ``pairs``: ``number``, ``id``, ``in_sequence``, ``split``, ``texts``, ``a`` and ``b`` (rows)."""

    def chosen() -> dict[str, Any]:
        opened = service.libraries.table(name)
        fitting = _fitting_pairs(opened, split, text)
        shown = [_pair_json(opened, opened.pairs.pair(number)) for number in fitting[offset : offset + limit]]
        return {"name": name, "total": len(fitting), "offset": offset, "pairs": shown}

    return await json_from(service.heavy, chosen)


@router.post(
    "/v1/tables/{name}/inspect",
    summary="Check every file of a table, as a job",
    status_code=202,
    responses=answers(JobAnswer, status=202),
)
async def inspect(name: Name, service: Shared) -> JSONResponse:
    """A job whose result has ``damaged``, ``doubled`` and ``nowhere``, the numbers of faults, and ``unfinished``."""
    await service.heavy.run(service.libraries.table, name)

    def inspected() -> dict[str, Any]:
        from poseloom.base.progress import tracked
        from poseloom.data.inspection import inspect as look

        (found,) = [look(service.libraries.table(name)) for _ in tracked([0], 1, "inspecting", "tables")]
        counts = {key: len(getattr(found, key)) for key in ("damaged", "doubled", "nowhere", "unfinished")}
        return {"name": name, "sound": not any(counts.values()), **counts}

    job = service.jobs.start("inspect", inspected)
    return JSONResponse(job.as_json(), 202, {"Location": f"/v1/jobs/{job.id}"})


def _fitting_rows(table: Table, split: str | None, words: str | None) -> Any:
    numbers: Any = range(len(table)) if split is None else table.rows_of(split).tolist()
    if not words:
        return numbers
    wanted = words.casefold()
    return [number for number in numbers if any(wanted in one.text.casefold() for one in table.texts(number))]


def _fitting_pairs(table: Table, split: str | None, words: str | None) -> Any:
    numbers: Any = range(len(table.pairs))
    if split is not None and len(numbers):
        splits = table.pairs.column("split").to_pylist()
        numbers = [number for number in numbers if splits[number] == split]
    if not words:
        return numbers
    wanted = words.casefold()
    return [number for number in numbers if any(wanted in one.text.casefold() for one in table.pairs.texts(number))]


def row_json(row: Row, poses: bool) -> dict[str, Any]:
    """A row of a table as JSON."""
    made: dict[str, Any] = {
        "number": row.number,
        "id": row.id,
        "data_set": row.origin.data_set,
        "frame": row.origin.frame,
        "split": row.split,
        "joints": row.joints,
        "texts": _texts_json(row.texts),
    }
    if poses:
        made["pose"] = None if row.pose is None else pose_json(row.pose.reshape(1))[0]
    return made


def _texts_json(texts: tuple[Text, ...]) -> list[dict[str, str]]:
    return [{"text": one.text, "kind": one.kind, "source": one.source} for one in texts]


def _pair_json(table: Table, pair: Pair) -> dict[str, Any]:
    ends = {
        name: row_json(table.row(number), True) if number >= 0 else None
        for name, number in (("a", pair.row_a), ("b", pair.row_b))
    }
    counts = {"number": pair.number, "id": pair.id, "in_sequence": pair.in_sequence, "split": pair.split}
    return {**counts, "texts": _texts_json(pair.texts), **ends}
