"""poseloom over HTTP: every task under ``/v1/``, drags over a WebSocket. Needs the extra ``serve``.

The names below are imported when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseloom.base.lazy import names_of

if TYPE_CHECKING:
    from poseloom.server.app import create_app
    from poseloom.server.settings import Settings

__all__ = ["Settings", "create_app"]

__getattr__ = names_of(__name__, {"Settings": "settings", "create_app": "app"})
