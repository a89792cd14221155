"""The signer's table of places."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources
from typing import Any


@lru_cache(maxsize=1)
def places_table() -> dict[str, Any]:
    """`places.json`."""
    text = (resources.files("poseloom.signer") / "places.json").read_text(encoding="utf-8")
    return json.loads(text)
