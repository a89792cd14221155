"""``poseloom studio``: pose a body by hand in the browser, and watch the words follow."""

from __future__ import annotations

import argparse
import threading
import webbrowser

from poseloom.cli import printing, serve

DEFAULT_PORT = 8643
_HOST = "127.0.0.1"
_SECONDS_UNTIL_READY = 1.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default=_HOST, metavar="ADDRESS", help="address (default: 127.0.0.1, this machine)")
    what = f"port (default: {DEFAULT_PORT}; 0: a free one)"
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, metavar="N", help=what)
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser, print the address alone")
    serve.add_limits(parser)


def run(arguments: argparse.Namespace) -> None:
    from poseloom.server.run import listening_socket
    from poseloom.server.run import serve as serve_on
    from poseloom.studio.app import create_studio

    settings = serve.settings_of(arguments)
    app = create_studio(settings)
    taken = listening_socket(settings)
    host, port = taken.getsockname()[:2]
    address = f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
    if arguments.json:
        printing.print_json({"url": address})
    else:
        print(f"poseloom studio: {address} (nothing leaves this machine; stop with Ctrl+C)", flush=True)
    if not arguments.no_browser:
        opening = threading.Timer(_SECONDS_UNTIL_READY, webbrowser.open, (address,))
        opening.daemon = True
        opening.start()
    serve_on(app, taken)
