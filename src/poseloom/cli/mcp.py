"""``poseloom mcp``: tools for assistants, on the Model Context Protocol over standard input and output."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = 'in the configuration of an assistant: {"command": "poseloom", "args": ["mcp"]}'
    parser.add_argument("--json", action="store_true", help="list the tools as JSON and stop")


def run(arguments: argparse.Namespace) -> None:
    from poseloom.server.mcp_server import create_mcp_server, serve_stdio

    if not arguments.json:
        serve_stdio()
        return
    import asyncio

    from poseloom.cli import printing

    tools = asyncio.run(create_mcp_server().list_tools())
    rows = [{"name": one.name, "description": one.description, "input": one.input_schema} for one in tools]
    printing.print_json({"tools": rows})
