"""`shiftcast serve`: the champion over HTTP."""

from __future__ import annotations

import ipaddress
import logging
import os
import socket
import ssl
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer

from shiftcast.features.input_error import InputError
from shiftcast.forecast.fleet.asking import KINDS, json_schema
from shiftcast.pipelines.fleet.place import model_of
from shiftcast.pipelines.registry.mlflow_store import CHAMPION, MODEL, open_store
from shiftcast.pipelines.serving.gate import Gate
from shiftcast.pipelines.serving.hands import Hands
from shiftcast.pipelines.serving.libraries import own_lines
from shiftcast.pipelines.serving.limits import WorkLimits
from shiftcast.pipelines.serving.lines import log
from shiftcast.pipelines.serving.loading import LoadVersion, Watcher
from shiftcast.pipelines.serving.payload import WORLD, RequestLimits, Taken
from shiftcast.pipelines.serving.token import TokenGate
from shiftcast.pipelines.state.root import default_root

TOKEN: Final = "SHIFTCAST_TOKEN"  # noqa: S105  (the name of a variable)
_SHORTEST: Final = 16


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
    max_work: Annotated[float, typer.Option(min=1, help="CPU seconds that the questions of a request may come to.")] = (
        WorkLimits.work
    ),
    hands: Annotated[
        int, typer.Option(min=1, max=64, help="Processes that answer what takes long.")
    ] = WorkLimits.hands,
    tls_cert: Annotated[Path | None, typer.Option(help="Certificate, in PEM; with --tls-key.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Key of the certificate, in PEM.")] = None,
    i_have_a_proxy: Annotated[
        bool, typer.Option("--i-have-a-proxy", help="Another address without a token: something in front asks for one.")
    ] = False,
    root: Annotated[Path | None, typer.Option(help="Folder of the store; mlruns here if left out.")] = None,
) -> None:
    """Answer questions over HTTP from the champion, on this machine unless told otherwise.

    A bearer token is asked for where the variable SHIFTCAST_TOKEN holds one.
    """
    from shiftcast.pipelines.serving.server import PromptServer  # noqa: PLC0415  (keeps --help fast)

    token = _token(host, i_have_a_proxy=i_have_a_proxy)
    _check_tls(tls_cert, tls_key)
    store = open_store(root or default_root(), make=False, model=model_of(fleet) if fleet else MODEL)
    logging.getLogger("mlflow").setLevel(logging.CRITICAL)  # its messages hold payloads; ours do not
    listener = listen(host, port)
    watcher = Watcher(store, alias, log=log, every=every)
    work = WorkLimits(work=max_work, hands=hands)
    own = Hands(partial(LoadVersion, store.root, store.model), work, log)
    gate = Gate(
        watcher, limits=RequestLimits(body=max_body, rows=max_rows, work=work), log=log,
        hosts=_hosts(host, allowed_host),
        taken=Taken(store.model, KINDS, ("question", "form"), json_schema(), fleet=True) if fleet else WORLD,
        hands=own,
    )  # fmt: skip
    log(
        "listening", host=host, port=listener.getsockname()[1], alias=alias, token=bool(token), tls=tls_cert is not None
    )
    app = TokenGate(gate, token, log) if token else gate
    os.environ.setdefault("MLFLOW_SCORING_SERVER_REQUEST_TIMEOUT", str(int(work.answer)))  # its own would be shorter
    with own_lines(log):
        PromptServer(app, own, cert=tls_cert, key=tls_key).run(sockets=[listener])


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


def _token(host: str, *, i_have_a_proxy: bool) -> str:
    """Return the token that clients have to send; none is asked for on this machine, or behind a proxy."""
    token = os.environ.get(TOKEN, "").strip()
    if token and len(token) < _SHORTEST:
        raise InputError(f"{TOKEN} has {len(token)} letters; give at least {_SHORTEST}, such as `openssl rand -hex 16`")
    if not token and not _is_loopback(host) and not i_have_a_proxy:
        raise InputError(
            f"--host {host} can be reached from other machines, and nothing would ask who they are: set {TOKEN} to a "
            "token that clients send, or say --i-have-a-proxy where one in front asks for it"
        )
    return token


def _check_tls(cert: Path | None, key: Path | None) -> None:
    if (cert is None) != (key is None):
        raise InputError("--tls-cert and --tls-key go together; give both or none")
    if cert is None or key is None:
        return
    for file in (each for each in (cert, key) if not each.is_file()):
        raise InputError(f"{file}: is not there; give a file in PEM")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key, password=_no_password)
    except OSError as error:  # one of TLS among them
        why = getattr(error, "reason", None) or error.strerror or type(error).__name__
        raise InputError(
            f"--tls-cert {cert} --tls-key {key}: cannot be used ({str(why).replace('_', ' ').lower()}); give the "
            "certificate, with those it rests on, and its own key without a password, both in PEM"
        ) from None


def _no_password() -> str:
    raise InputError("--tls-key: the key has a password, and nobody is there to give it; give one without")


def _hosts(host: str, allowed: list[str] | None) -> frozenset[str]:
    """Return the names the Host header may have: this machine's, the address that was given, and those allowed."""
    everywhere = host in {"0.0.0.0", "::"}  # noqa: S104  (compared, not bound)
    own = {"localhost", "127.0.0.1", "[::1]"} if everywhere or _is_loopback(host) else {host.lower()}
    if everywhere:
        own |= {socket.gethostname().lower(), socket.getfqdn().lower()}
    return frozenset(own | {name.lower() for name in allowed or []})


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
