"""Secrets that the process was given: no door of output says one, however a driver quotes it."""

from __future__ import annotations

import contextlib
import io
import json
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from urllib.parse import quote

from shiftcast.pipelines.cli import main
from shiftcast.pipelines.serving.lines import log
from shiftcast.pipelines.state.ledger import Ledger, entries
from shiftcast.pipelines.state.output import CarefulStream, careful_streams
from shiftcast.pipelines.state.secrets import said_of, secrets_of
from table.case import Bench, Case, Kind, shown

PASSWORDS = (
    "S3CRETXY", "S3@CRETXY", "S3/CRETXY", "S3 CRETXY", "S3?CRETXY", "S3#CRETXY", "S3:CRETXY", "S3%CRETXY",
    "S3%40CRETXY",
    "S3'CRETXY", 'S3"CRETXY', "S3\\CRETXY", "S3&CRETXY", "S3=CRETXY", "S3\u00e4CRETXY", "S3+CRETXY", "S3\tCRETXY",
    "@@CRETXY@@", "//CRETXY", "CRETXY" * 40, "S3;CRETXY", "S3&;CRETXY<", "S3$CRETXY", "S3`CRETXY", "S3,CRETXY",
)  # fmt: skip
ADDRESSES = {
    "user and password": "postgresql://me:{}@127.0.0.1:1/db", "password alone": "postgresql://:{}@127.0.0.1:1/db",
    "a token for a user": "https://{}@127.0.0.1:1", "a query": "postgresql://127.0.0.1:1/db?password={}",
    "a query of two": "https://127.0.0.1:1/api?a=1&access_token={}",
    "a query of three": "https://127.0.0.1:1/api?access_token=&;{}<&b=1",
    "a connection": "host=127.0.0.1 password={} user=me",
}  # fmt: skip
VARIABLES = (
    "PGPASSWORD", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN", "SHIFTCAST_TOKEN", "AWS_SECRET_ACCESS_KEY",
    "AZURE_STORAGE_KEY", "MY_PASSPHRASE", "SOME_API_KEY", "db_password", "SLACK_SECRET",
    "SMTP_PASS",
)  # fmt: skip
AS_PATHS = ("/x@CRETXYZW", "/Ab3d+CRETXYZW/Qq")  # passwords and tokens that begin as the path of a file does
CORE = "CRETXY"


def stream(said: str, bench: Bench) -> str:
    """Return what a screen shows."""
    into = io.StringIO()
    CarefulStream(into, secrets_of(_environment(bench))).write(said)
    return into.getvalue()


def ledger(said: str, bench: Bench) -> str:
    """Return what the ledger keeps of a step that failed."""
    kept = Ledger(bench.tmp, 1, "k", "2026-03-01")
    with contextlib.suppress(ValueError), kept.step("register"):
        raise ValueError(said)
    return "\n".join(entry.detail for entry in entries(bench.tmp))


def server_log(said: str, bench: Bench) -> str:
    """Return the line that the server logs."""
    into = io.StringIO()
    bench.patch.setattr(sys, "stderr", into)
    careful_streams()
    log("failed", reason=said)
    return into.getvalue()


def command_line(said: str, bench: Bench) -> str:
    """Return what the command line ends with where a command fails."""

    def fail(*_: object) -> None:
        raise OSError(said)

    into = io.StringIO()
    bench.patch.setattr(sys, "stderr", into)
    bench.patch.setattr(sys, "stdout", io.StringIO())
    bench.patch.setattr("shiftcast.pipelines.cli.app", fail)
    bench.patch.setattr("shiftcast.pipelines.cli.signal.signal", lambda *_: None)
    try:
        main()
    except SystemExit:
        return into.getvalue()
    return ""


DOORS: dict[str, Callable[[str, Bench], str]] = {
    "the screen": stream, "the ledger": ledger, "the log of the server": server_log, "the command line": command_line,
    "a message of a store": lambda said, _: said_of(OSError(said)),
}  # fmt: skip
QUOTED: dict[str, Callable[[str, str], str]] = {
    "as given": lambda secret, address: f"cannot reach {address}: refused",
    "as repr": lambda secret, address: f"Invalid url: {address!r}",
    "in JSON": lambda secret, address: json.dumps({"url": address}),
    "percent-quoted": lambda secret, address: f"no host {quote(secret, safe='')}",
    "in small letters": lambda secret, address: f"no host {secret.lower()}",
    "after its last @": lambda secret, address: f"failed to resolve host '{address.rpartition('://')[2]}'",
}


def _environment(bench: Bench) -> dict[str, str]:
    import os  # noqa: PLC0415  (what the case set)

    return dict(os.environ)


def unsaid(bench: Bench, door: Callable[[str, Bench], str], variable: str, value: str, said: str) -> None:
    """Neither the secret nor its long part is in what comes out, and something stands in its place."""
    bench.patch.setenv(variable, value)
    shown_there = door(said, bench)
    assert CORE.lower() not in shown_there.lower(), shown_there
    assert "***" in shown_there


def _took(work: Callable[[], object]) -> float:
    """Return the seconds of the processor that some work takes."""
    began = time.process_time()
    work()
    return time.process_time() - began


def long_words(bench: Bench, words: str) -> None:
    """Say a long text, and hold it as a variable: neither takes more than a moment."""
    bench.patch.setenv("NOTES", words)
    assert _took(lambda: said_of(ValueError(f"columns {words} are not known"))) < 10
    assert _took(lambda: command_line(f"no column {words}", bench)) < 10


UNSAID = Kind("secrets", "no secret of the process is said", "what comes out of the door, for the secret and its parts")
LINEAR = Kind("secrets", "it is said within a moment", "seconds of the processor, loosely: its cube would be an hour")


def cases() -> Iterator[Case]:
    """Yield passwords by door and by way of quoting, variables by name, and long texts."""
    for words in ("-key", "pass.", "key=:"):
        told = f"20 kB of {words!r} in a header and in a variable"
        yield LINEAR(told, partial(long_words, words=words * (20_000 // len(words))))
    doors = list(DOORS.items())
    for number, password in enumerate(PASSWORDS):
        address = next(iter(ADDRESSES.values())).format(password)
        for words, door in (doors[number % len(doors)], doors[(number + 1) % len(doors)]):
            yield UNSAID(
                f"{words}: password {shown(password)} of an address",
                partial(
                    unsaid,
                    door=door,
                    variable="MLFLOW_TRACKING_URI",
                    value=address,
                    said=QUOTED["as given"](password, address),
                ),
            )
        for words, said in list(QUOTED.items())[1:]:
            yield UNSAID(
                f"password {shown(password)} said {words}",
                partial(
                    unsaid, door=stream, variable="MLFLOW_TRACKING_URI", value=address, said=said(password, address)
                ),
            )
    for words, form in ADDRESSES.items():
        for where, door in doors:
            yield UNSAID(
                f"{where}: {words} in an address",
                partial(
                    unsaid,
                    door=door,
                    variable="MLFLOW_TRACKING_URI",
                    value=form.format("S3-CRETXY"),
                    said=f"cannot use {form.format('S3-CRETXY')}",
                ),
            )
    for name in VARIABLES:
        yield UNSAID(f"the value of {name}", partial(unsaid, door=stream, variable=name, value="S3-CRETXY",
                   said="denied for S3-CRETXY (28P01)"))  # fmt: skip
        for value in AS_PATHS:
            yield UNSAID(f"a part of the value {shown(value)} of {name}", partial(unsaid, door=stream, variable=name,
                       value=value, said="could not translate host name 'CRETXYZW'"))  # fmt: skip
