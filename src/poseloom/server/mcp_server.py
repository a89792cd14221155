"""poseloom as tools for assistants, on the Model Context Protocol over stdio.

Poses are named by handles, so that no assistant has to carry hundreds of numbers; pictures come as images; what is
refused comes as ``{"error": {"code", "message"}}`` beside the text.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from functools import partial, wraps
from inspect import signature
from typing import Any

import anyio.to_thread
from mcp.server import MCPServer
from mcp_types import CallToolResult, ImageContent, TextContent, ToolAnnotations

from poseloom import __version__
from poseloom.base.errors import PoseloomError
from poseloom.server import mcp_tools
from poseloom.server.errors import refusal_of
from poseloom.server.mcp_poses import PoseShelf

INSTRUCTIONS = """Human poses in words and pictures. Tools that make poses give handles (pose-1, clip-2) and pictures;
other tools take a handle, the path of a motion file, photo or video on this machine ('walk.bvh#20' is its frame 20), or
the name of a stance. 'notes' say what the user should know; refusals say what to do instead."""


def create_mcp_server() -> MCPServer[Any]:
    """The server with all tools; the poses of a session live as long as it does."""
    server: MCPServer[Any] = MCPServer("poseloom", version=__version__, instructions=INSTRUCTIONS, log_level="ERROR")
    shelf = PoseShelf()
    limiter = anyio.CapacityLimiter(1)  # one body of models, one at a time
    for tool in mcp_tools.TOOLS:
        reads_only = tool is not mcp_tools.save_file
        server.tool(annotations=ToolAnnotations(read_only_hint=reads_only, open_world_hint=False))(
            _as_tool(partial(tool, shelf), tool, limiter)
        )
    return server


def serve_stdio() -> None:
    """Answer on standard input and output until it is closed."""
    create_mcp_server().run("stdio")


def _as_tool(call: Callable[..., mcp_tools.Told], tool: Callable[..., Any], limiter: anyio.CapacityLimiter) -> Any:
    """The tool as the SDK takes it: without the shelf, off the event loop, its mistakes told."""

    @wraps(tool)
    async def run(**arguments: Any) -> CallToolResult:
        try:
            told = await anyio.to_thread.run_sync(partial(call, **arguments), limiter=limiter)
        except Exception as error:  # told to the assistant, who can do something about it
            refusal = refusal_of(error) if not isinstance(error, PoseloomError) else None
            code = "invalid" if refusal is None else refusal.code
            message = str(error) if refusal is None else refusal.message
            return _result({"error": {"code": code, "message": message}}, message, is_error=True)
        return _result(told.values, told.text, told.picture)

    own = signature(tool, eval_str=True)
    parameters = list(own.parameters.values())[1:]
    run.__signature__ = own.replace(parameters=parameters, return_annotation=CallToolResult)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in parameters} | {"return": CallToolResult}
    del run.__wrapped__
    return run


def _result(
    values: Mapping[str, Any], text: str, picture: bytes | None = None, is_error: bool = False
) -> CallToolResult:
    content: list[Any] = [TextContent(type="text", text=text or json.dumps(values))]
    if picture is not None:
        content.append(ImageContent(type="image", data=b64encode(picture).decode(), mime_type="image/png"))
    return CallToolResult(content=content, structured_content=dict(values), is_error=is_error)
