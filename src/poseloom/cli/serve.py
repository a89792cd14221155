"""``poseloom serve``: every task over HTTP, for programs and for the studio."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from poseloom.base.errors import PoseloomError
from poseloom.cli import messages, printing

if TYPE_CHECKING:
    from poseloom.server.settings import Settings

KEY_VARIABLE = "POSELOOM_API_KEY"
_MIB = 1 << 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--host", default="127.0.0.1", metavar="ADDRESS", help="address (default: 127.0.0.1, this machine alone)"
    )
    parser.add_argument("--port", type=int, default=8642, metavar="N", help="port (default: 8642; 0: a free one)")
    add_limits(parser)


def add_limits(parser: argparse.ArgumentParser) -> None:
    """What a service is started with besides its address."""
    key = f"clients must bring the key in {KEY_VARIABLE} of the environment, or in this file"
    parser.add_argument("--api-key-file", type=Path, metavar="FILE", help=key)
    _add_several(parser, "--allow-host", "NAME", "name under which it may be asked; repeatable")
    _add_several(parser, "--allow-origin", "ORIGIN", "pages that may ask; repeatable")
    _add_several(parser, "--table", "[NAME=]DIR", "table of poses to browse; repeatable")
    _add_several(parser, "--index", "[NAME=]DIR", "index to search; repeatable")
    _add_several(parser, "--model", "[NAME=]FILE", "trained model to offer; repeatable")
    parser.add_argument("--max-body", type=int, default=64, metavar="MIB", help="size of a request (default: 64)")
    parser.add_argument("--max-seconds", type=float, default=60, metavar="S", help="time of a request (default: 60)")
    parser.add_argument("--queue", type=int, default=256, metavar="N", help="requests that may wait (default: 256)")
    parser.add_argument("--threads", type=int, default=2, metavar="N", help="threads for pictures, files (default: 2)")
    parser.add_argument("--json", action="store_true", help="print the address as JSON, and logs as JSON")


def _add_several(parser: argparse.ArgumentParser, option: str, metavar: str, what: str) -> None:
    parser.add_argument(option, action="append", default=[], metavar=metavar, help=what)


def run(arguments: argparse.Namespace) -> None:
    from poseloom.server.app import create_app
    from poseloom.server.observing import set_up_logs
    from poseloom.server.run import listening_socket, serve

    settings = settings_of(arguments)
    app = create_app(settings)
    taken = listening_socket(settings)
    host, port = taken.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    if arguments.json:
        printing.print_json({"url": f"http://{shown}:{port}", "openapi": f"http://{shown}:{port}/v1/openapi.json"})
    else:
        print(f"poseloom serve: http://{shown}:{port}/v1/ (stop with Ctrl+C)", flush=True)
    sys.stdout.flush()  # whoever started it waits for the address
    level = logging.WARNING if messages.is_quiet() else logging.INFO
    set_up_logs(arguments.json, level)
    serve(app, taken)


def settings_of(arguments: argparse.Namespace) -> Settings:
    """The settings that were typed.

    Raises:
        PoseloomError: one is out of its range, a key file cannot be read, or something is named twice.
    """
    from poseloom.server.settings import Settings

    return Settings(
        host=arguments.host,
        port=arguments.port,
        allowed_hosts=tuple(arguments.allow_host),
        allowed_origins=tuple(arguments.allow_origin),
        api_key=_key(arguments.api_key_file),
        largest_body=arguments.max_body * _MIB,
        seconds=arguments.max_seconds,
        queue=arguments.queue,
        threads=arguments.threads,
        tables=_named(arguments.table, "--table"),
        indexes=_named(arguments.index, "--index"),
        models=_named(arguments.model, "--model"),
    )


def _key(file: Path | None) -> str | None:
    if file is None:
        return os.environ.get(KEY_VARIABLE) or None
    from poseloom.base.files import read_text

    return read_text(file, maximum_bytes=1 << 16).strip()


def _named(given: list[str], option: str) -> dict[str, Path]:
    """``NAME=PATH`` or ``PATH``, whose name is its own."""
    made: dict[str, Path] = {}
    for one in given:
        name, _, place = one.partition("=") if "=" in one else ("", "", one)
        path = Path(place).expanduser()
        name = name or path.resolve().stem
        if name in made:
            raise PoseloomError(f"{option} {one}: {name!r} is named twice; write {option} NAME={one}")
        if not path.exists():
            raise PoseloomError(f"{option} {one}: nothing is there")
        made[name] = path
    return made
