"""`shiftcast mcp`: the champion and fleets for assistants, over standard input and output or HTTP on this machine."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.commands.serve import listen
from shiftcast.pipelines.mcp.asking import AnswerLimits
from shiftcast.pipelines.mcp.holding import Held
from shiftcast.pipelines.registry.mlflow_store import CHAMPION
from shiftcast.pipelines.serving.limits import WorkLimits
from shiftcast.pipelines.serving.lines import log
from shiftcast.pipelines.serving.payload import RequestLimits
from shiftcast.pipelines.serving.work import check_work
from shiftcast.pipelines.state.root import default_root


def mcp(
    http: Annotated[bool, typer.Option("--http", help="Listen on 127.0.0.1 instead of standard input.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of --http; 0 takes a free one.")] = 5002,
    alias: Annotated[str, typer.Option(help="Alias of the version to ask; it is followed when it moves.")] = CHAMPION,
    max_rows: Annotated[int, typer.Option(min=1, help="Rows of an answer.")] = AnswerLimits.rows,
    max_bytes: Annotated[int, typer.Option(min=1000, help="Bytes of an answer.")] = AnswerLimits.bytes,
    max_seconds: Annotated[float, typer.Option(min=0.1, help="Seconds until an answer.")] = AnswerLimits.seconds,
    root: Annotated[Path | None, typer.Option(help="Folder of the store; mlruns here if left out.")] = None,
) -> None:
    """Let assistants ask the champion and your fleets: questions as tools of the Model Context Protocol, only read."""
    try:
        from shiftcast.pipelines.mcp.server import make_server  # noqa: PLC0415  (an extra, and seconds)
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("mcp"):
            raise
        raise InputError("the server for assistants needs the SDK; install it with `pip install -e '.[mcp]'`") from None
    logging.getLogger("mlflow").setLevel(logging.CRITICAL)  # its messages hold payloads
    from shiftcast.pipelines.fleet.held import HeldFleets  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.fleet.place import fleet_names  # noqa: PLC0415  (likewise)

    place = root or default_root()
    held = Held(place, alias)
    if not fleet_names(place):
        held.versions()  # there is nothing to ask where no forecast is either: say so now
    limits = AnswerLimits(max_rows, max_bytes, max_seconds)
    server = make_server(held, HeldFleets(place), limits, partial(_in_time, limits))
    if http:
        _over_http(server, port)
    else:
        _over_stdio(server)


def _in_time(limits: AnswerLimits, question: Mapping[str, Any], of_fleet: bool) -> None:
    """Refuse a question that would take longer than an answer may: nobody would hear it."""
    year = datetime.now(tz=UTC).year if of_fleet else None
    check_work([question], WorkLimits(work=limits.seconds), fleet=year)


def _over_stdio(server: Any) -> None:
    import anyio  # noqa: PLC0415  (keeps --help fast)
    from mcp.server.stdio import stdio_server  # noqa: PLC0415  (an extra)

    async def run() -> None:
        async with stdio_server() as (read, write):
            await server.run(read, write, server.create_initialization_options())

    anyio.run(run)


def _over_http(server: Any, port: int) -> None:
    """Serve on the loopback address alone; the SDK refuses a Host or Origin that names another."""
    from shiftcast.pipelines.serving.arrivals import WholeBodies  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.serving.libraries import own_lines  # noqa: PLC0415  (likewise)
    from shiftcast.pipelines.serving.server import PromptServer  # noqa: PLC0415  (likewise)

    listener = listen("127.0.0.1", port)
    app = server.streamable_http_app(
        json_response=True, stateless_http=True, max_request_body_size=RequestLimits.body, host="127.0.0.1"
    )
    log("listening", host="127.0.0.1", port=listener.getsockname()[1], path="/mcp")
    with own_lines(log):
        PromptServer(WholeBodies(app, RequestLimits())).run(sockets=[listener])
