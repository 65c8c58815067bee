"""`shiftcast desk`: the forecast as pages on this machine, for a browser."""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
import webbrowser
from typing import Annotated

import typer

from shiftcast.pipelines.commands.options import Root, Version
from shiftcast.pipelines.commands.serve import listen
from shiftcast.pipelines.registry.mlflow_store import CHAMPION
from shiftcast.pipelines.serving.lines import log
from shiftcast.pipelines.state.root import default_root

_HERE = "127.0.0.1"
_GRACE = 3  # seconds for pages that are being made once it is told to end


def desk(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 5003,
    fleet: Annotated[str, typer.Option(help="Fleet of yours that is shown where an address names none.")] = "",
    open_browser: Annotated[bool, typer.Option("--open/--no-open", help="Open the first page in a browser.")] = True,
    version: Version = None,
    root: Root = None,
) -> None:
    """Show the forecast as pages on this machine: the answer, what if, your fleet, why, and any question."""
    from shiftcast.pipelines.desk.gate import DeskGate  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.desk.opened import Opened  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.desk.pages import Pages  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.fleet.place import known_root  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.registry.versions import open_version  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.serving.libraries import own_lines  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.serving.server import PromptServer  # noqa: PLC0415  (keeps --help fast)

    folder = root or default_root()
    if fleet:
        known_root(folder, fleet)
    logging.getLogger("mlflow").setLevel(logging.CRITICAL)  # as every server of ours
    bundle = open_version(version or CHAMPION, root=folder)
    pages = Pages(Opened(bundle, folder, fleet))
    gate = DeskGate(pages, pages.refusal, files=pages.file, log=log)
    with own_lines(log), contextlib.closing(listen(_HERE, port)) as listener:
        address = f"http://{_HERE}:{listener.getsockname()[1]}/"
        sys.stdout.write(f"{address} shows forecast {bundle.version} as of {bundle.summary.origin}; Ctrl-C ends it\n")
        sys.stdout.flush()
        if open_browser:  # some browsers return only when they are closed
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
        with contextlib.suppress(KeyboardInterrupt):  # the server has ended by then
            PromptServer(gate, grace=_GRACE).run(sockets=[listener])
