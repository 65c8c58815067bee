"""`shiftcast serve`: the champion over HTTP."""

from __future__ import annotations

import ipaddress
import json
import logging
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from shiftcast.features.input_error import InputError
from shiftcast.forecast.fleet.asking import KINDS, json_schema
from shiftcast.pipelines.fleet.place import model_of
from shiftcast.pipelines.registry.mlflow_store import CHAMPION, MODEL, open_store
from shiftcast.pipelines.serving.gate import Gate
from shiftcast.pipelines.serving.loading import Watcher
from shiftcast.pipelines.serving.payload import WORLD, RequestLimits, Taken
from shiftcast.pipelines.state.root import default_root


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 5001,
    alias: Annotated[str, typer.Option(help="Alias of the version to serve; it is followed when it moves.")] = CHAMPION,
    fleet: Annotated[str, typer.Option(help="Serve the model of this fleet of yours instead of the world's.")] = "",
    allowed_host: Annotated[
        list[str] | None, typer.Option(help="Name the Host header may have besides the address; repeat it.")
    ] = None,
    max_body: Annotated[int, typer.Option(min=1000, help="Bytes of a request.")] = RequestLimits.body,
    max_rows: Annotated[int, typer.Option(min=1, max=100_000, help="Questions of a request.")] = RequestLimits.rows,
    every: Annotated[float, typer.Option(min=0.1, help="Seconds between looks at the alias.")] = 5.0,
    root: Annotated[Path | None, typer.Option(help="Folder of the store; mlruns here if left out.")] = None,
) -> None:
    """Answer questions over HTTP from the champion, on this machine unless told otherwise."""
    import uvicorn  # noqa: PLC0415  (keeps --help fast)

    store = open_store(root or default_root(), make=False, model=model_of(fleet) if fleet else MODEL)
    logging.getLogger("mlflow").setLevel(logging.CRITICAL)  # its messages hold payloads; ours do not
    listener = listen(host, port)
    watcher = Watcher(store, alias, log=log, every=every)
    gate = Gate(watcher, limits=RequestLimits(body=max_body, rows=max_rows), hosts=_hosts(host, allowed_host), log=log,
                taken=Taken(store.model, KINDS, ("question", "form"), json_schema()) if fleet else WORLD)  # fmt: skip
    log("listening", host=host, port=listener.getsockname()[1], alias=alias)
    if not _is_loopback(host):
        log("warning", reason="this server asks for no password; put one that does in front of it")
    config = uvicorn.Config(gate, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=30)
    uvicorn.Server(config).run(sockets=[listener])


def log(event: str, **fields: Any) -> None:
    """Write one event as a line of JSON to standard error.

    Parameters
    ----------
    event
        Name of the event.
    **fields
        Its fields; never payloads, headers or addresses.
    """
    line = {"time": datetime.now(tz=UTC).isoformat(timespec="milliseconds"), "event": event, **fields}
    sys.stderr.write(json.dumps(line) + "\n")
    sys.stderr.flush()


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Parameters
    ----------
    host, port
        Address and port; a free one if it is 0.

    Returns
    -------
    socket
        The listener.

    Raises
    ------
    ValueError
        If it cannot be had.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        raise InputError(f"--host {host} --port {port}: cannot listen ({error.strerror}); choose others") from None


def _hosts(host: str, allowed: list[str] | None) -> frozenset[str]:
    """Return the names the Host header may have; any where it listens on all addresses and none was given."""
    if not allowed and host in {"0.0.0.0", "::"}:  # noqa: S104  (compared, not bound)
        return frozenset()
    own = {"localhost", "127.0.0.1", "[::1]"} if _is_loopback(host) else {host.lower()}
    return frozenset(own | {name.lower() for name in allowed or []})


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
