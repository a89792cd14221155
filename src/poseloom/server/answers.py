"""Answers that are put into bytes in the thread that worked them out, so that large ones do not hold up others."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from fastapi.responses import Response

from poseloom.server.work import Threads


async def json_from(threads: Threads, work: Callable[[], Mapping[str, Any]]) -> Response:
    """The answer with what some work gives."""
    content = await threads.run(lambda: encoded(work()))
    return Response(content, media_type="application/json")


def encoded(value: Mapping[str, Any]) -> bytes:
    """JSON without spaces."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
