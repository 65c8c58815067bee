"""A server that forks one piece of work after another; conftest.py talks to it.

Every line on standard input is one request as JSON; every answer is one line.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable

Request = dict[str, object]


def fork(work: Callable[[Request], None], request: Request) -> int:
    child = os.fork()
    if child:
        return child
    try:
        work(request)
    except BaseException as error:  # (a child must never go on as a second server)
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        os._exit(1)
    os._exit(0)


def serve(work: Callable[[Request], None]) -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        request = json.loads(line)
        if request["what"] == "wait":
            answer = os.waitpid(request["child"], 0)[1]
        elif request["what"] == "poll":
            answer = os.waitpid(request["child"], os.WNOHANG)[0]
        else:
            answer = fork(work, request)
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()
