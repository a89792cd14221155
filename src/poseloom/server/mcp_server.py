"""poseloom as tools for assistants, on the Model Context Protocol over stdio.

Poses are named by handles, so that no assistant has to carry hundreds of numbers; pictures come as images; what is
refused comes as ``{"error": {"code", "message", "field"}}`` beside the text.
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
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp_types import CallToolResult, ImageContent, InputRequiredResult, TextContent, ToolAnnotations
from pydantic import ValidationError

from poseloom import __version__
from poseloom.base.errors import PoseloomError
from poseloom.server import mcp_tools
from poseloom.server.errors import RefusalError, invalid, refusal_of
from poseloom.server.mcp_poses import PoseShelf

INSTRUCTIONS = """Human poses in words and pictures. Tools that make poses give handles (pose-1, clip-2) and pictures;
other tools take a handle, the path of a motion file, photo or video on this machine ('walk.bvh#20' is its frame 20), or
the name of a stance. 'notes' say what the user should know; refusals say what to do instead."""


class _Server(MCPServer[Any]):
    """Refused arguments and names of tools are told as what tools themselves refuse."""

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        try:
            return await super().call_tool(name, arguments, context)
        except ToolError as error:
            return _refused(_refusal_of_arguments(error))


def _refusal_of_arguments(error: ToolError) -> RefusalError:
    if isinstance(error, UnexpectedToolError):
        return refusal_of(error.__cause__ or error)
    if isinstance(error.__cause__, ValidationError):
        rows = error.__cause__.errors(include_url=False)
        return invalid([{**one, "loc": ("arguments", *one["loc"])} for one in rows])
    return RefusalError(404, str(error), "name")


def create_mcp_server() -> MCPServer[Any]:
    """The server with all tools; the poses of a session live as long as it does."""
    server = _Server("poseloom", version=__version__, instructions=INSTRUCTIONS, log_level="ERROR")
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
            own = isinstance(error, PoseloomError)  # with its folders: they are the assistant's own machine's
            return _refused(RefusalError(422, str(error)) if own else refusal_of(error))
        return _result(told.values, told.text, told.picture)

    own = signature(tool, eval_str=True)
    parameters = list(own.parameters.values())[1:]
    run.__signature__ = own.replace(parameters=parameters, return_annotation=CallToolResult)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in parameters} | {"return": CallToolResult}
    del run.__wrapped__
    return run


def _refused(refusal: RefusalError) -> CallToolResult:
    return _result(refusal.as_json(), refusal.message, is_error=True)


def _result(
    values: Mapping[str, Any], text: str, picture: bytes | None = None, is_error: bool = False
) -> CallToolResult:
    content: list[Any] = [TextContent(type="text", text=text or json.dumps(values))]
    if picture is not None:
        content.append(ImageContent(type="image", data=b64encode(picture).decode(), mime_type="image/png"))
    return CallToolResult(content=content, structured_content=dict(values), is_error=is_error)
