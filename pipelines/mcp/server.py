"""Server of the Model Context Protocol: questions as tools that only read, versions and schemas as resources."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any, Final, Protocol

import anyio
import mcp_types as types
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError

from shiftcast.features.input_error import InputError
from shiftcast.forecast.answers import Forecaster
from shiftcast.forecast.questions import json_schema
from shiftcast.forecast.questions.kinds import shortened
from shiftcast.forecast.telling.form import answer_schema
from shiftcast.pipelines.mcp.asking import AnswerLimits, Check, Fleets, answer, tools, unchecked
from shiftcast.pipelines.registry.bundle import AlteredBundleError
from shiftcast.pipelines.registry.maker import present_maker
from shiftcast.pipelines.state.root import StoreError
from shiftcast.pipelines.state.secrets import without_secrets
from shiftcast.pipelines.state.threads import beside

_READS: Final = types.ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
_ANSWER: Final[Mapping[str, Any]] = {
    "type": "object", "required": ["predictions"],
    "properties": {"predictions": {"type": "array", "items": {"type": "object", "required": ["row"]}}},
}  # fmt: skip
_REFUSED: Final = (InputError, StoreError, AlteredBundleError)
_LOG: Final = logging.getLogger(__name__)


class HeldForecast(Protocol):
    """What the server reads: :class:`pipelines.mcp.holding.Held`, or a stand-in."""

    def forecaster(self) -> Forecaster:
        """Return the forecast that answers."""

    def versions(self) -> list[dict[str, Any]]:
        """Return the registered versions."""


def skill() -> str:
    """Return the page that tells an assistant how to ask and how to quote what it is told.

    Returns
    -------
    str
        Markdown.
    """
    return files("shiftcast.pipelines.mcp").joinpath("skill.md").read_text(encoding="utf-8")


def make_server(held: HeldForecast, fleets: Fleets, limits: AnswerLimits, check: Check = unchecked) -> Server[Any]:
    """Return a server of the questions to a forecast and to a planner's own fleets.

    Parameters
    ----------
    held
        Keeps the forecast.
    fleets
        Keeps the fleets.
    limits
        What an answer may take.
    check
        Refuses a question that would take too long, before it is begun.

    Returns
    -------
    Server
        The SDK's server, for any of its transports.
    """
    free = threading.BoundedSemaphore(limits.waiting)
    pages = _pages(held)

    async def list_tools(ctx: Any, params: Any) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[
            types.Tool(name=tool.name, description=tool.says, input_schema=dict(tool.schema),
                       output_schema=dict(_ANSWER), annotations=_READS) for tool in tools()
        ])  # fmt: skip

    async def call_tool(ctx: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
        name, given = params.name, params.arguments or {}
        return await _called(lambda: answer(held.forecaster, fleets, name, given, limits, check), name, limits, free)

    async def list_resources(ctx: Any, params: Any) -> types.ListResourcesResult:
        return types.ListResourcesResult(resources=[
            types.Resource(uri=uri, name=uri.rpartition("/")[2], description=says, mime_type=kind)
            for uri, (says, kind, _) in pages.items()
        ])  # fmt: skip

    async def read_resource(ctx: Any, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
        if params.uri not in pages:
            raise MCPError(types.INVALID_PARAMS, f"no resource {shortened(params.uri)}; there are {', '.join(pages)}")
        _, kind, text = pages[params.uri]
        found = await beside(text)
        return types.ReadResourceResult(
            contents=[types.TextResourceContents(uri=params.uri, mime_type=kind, text=found)]
        )

    return Server(
        "shiftcast", version=present_maker().shiftcast, instructions=skill(), on_list_tools=list_tools,
        on_call_tool=call_tool, on_list_resources=list_resources, on_read_resource=read_resource,
    )  # fmt: skip


def _pages(held: HeldForecast) -> dict[str, tuple[str, str, Callable[[], str]]]:
    """Return resources by address: what each is, its kind, and what gives its text."""
    plain = "application/json"
    return {
        "shiftcast://versions": ("registered forecasts, newest first", plain, lambda: json.dumps(held.versions())),
        "shiftcast://questions": ("JSON Schema of every question", plain, lambda: json.dumps(json_schema())),
        "shiftcast://answers": ("JSON Schema of an answer", plain, lambda: json.dumps(answer_schema())),
        "shiftcast://skill": ("how to ask, and how to quote an answer", "text/markdown", skill),
    }


async def _called(
    asked: Callable[[], tuple[str, dict[str, Any]]], name: str, limits: AnswerLimits, free: threading.BoundedSemaphore
) -> types.CallToolResult:
    """Answer in a thread that ends in its own time; one that takes too long keeps its place until it has ended."""
    if not free.acquire(blocking=False):
        return _fault(f"{limits.waiting} questions are being answered; ask again in a moment")
    try:
        with anyio.fail_after(limits.seconds):
            text, content = await beside(asked, free.release)
    except TimeoutError:
        return _fault(
            f"the answer took more than {limits.seconds:g} s; ask for less, such as fewer draws or programmes"
        )
    except _REFUSED as error:
        return _fault(without_secrets(str(error)))
    except Exception as error:
        _LOG.error("tool %s failed: %s", name, type(error).__name__)  # no arguments: they may hold what is private
        return _fault("the server failed on this question; its log has the kind of error")
    return types.CallToolResult(content=[types.TextContent(text=text)], structured_content=content)


def _fault(says: str) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(text=says)], is_error=True)
