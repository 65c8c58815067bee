"""Commands in processes of their own, in odd environments: they do what they are asked, or say why not in one line."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial

from shiftcast.pipelines.state.scratch import left_scratch, scratch
from table.case import CHEAP, PROCESS, Bench, Case, Kind

SAY = "import sys; sys.argv = ['shiftcast', *sys.argv[1:]]; from shiftcast.pipelines.cli import main; main()"
TOLD = ("LANG=C", "PYTHONIOENCODING=ascii")  # where the history of the store is shown as well
ENVIRONMENTS: dict[str, dict[str, str | None]] = {
    "LANG=C": {"LANG": "C", "LC_ALL": None}, "PYTHONIOENCODING=ascii": {"PYTHONIOENCODING": "ascii"},
    "LC_ALL=C and no UTF-8 mode": {"LC_ALL": "C", "PYTHONUTF8": "0"},
    "LC_ALL of no locale": {"LC_ALL": "xx_YY.UTF-8"}, "no HOME": {"HOME": None}, "TMPDIR empty": {"TMPDIR": ""},
    "TMPDIR that is not there": {"TMPDIR": "/nowhere"}, "TZ of no zone": {"TZ": "Mars/Base"},
    "COLUMNS=1": {"COLUMNS": "1"}, "COLUMNS of text": {"COLUMNS": "wide"}, "no PATH": {"PATH": None},
    "PYTHONOPTIMIZE": {"PYTHONOPTIMIZE": "2"}, "PYTHONDEVMODE": {"PYTHONDEVMODE": "1"},
    "GIT_DIR of another project": {"GIT_DIR": "/nowhere/.git"},
    "MLFLOW_TRACKING_URI of no kind": {"MLFLOW_TRACKING_URI": "nosuch://x"},
}  # fmt: skip
JOBS = (
    "job_id,state,submit_time,start_time,end_time,gpus,job_name\n"
    "7,COMPLETED,2026-03-01T00:00:00Z,2026-03-01T00:00:00Z,2026-03-01T05:00:00Z,2,Z\u00fcrich\n"
)


def said(bench: Bench, words: list[str], changes: dict[str, str | None], **streams: object) -> tuple[int, str, str]:
    """Run a command below the folder of the case; return its exit code, what it printed and its errors."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)} | changes
    kept = {name: value for name, value in environment.items() if value is not None}
    done = subprocess.run(  # noqa: S603  (our own words)
        [sys.executable, "-c", SAY, *words], cwd=bench.tmp, env=kept, capture_output="stdout" not in streams,
        check=False, timeout=300, **streams,
    )  # fmt: skip
    return (
        done.returncode,
        (done.stdout or b"").decode("utf-8", "replace"),
        (done.stderr or b"").decode("utf-8", "replace"),
    )


def loads_and_tells(bench: Bench, changes: dict[str, str | None], *, told: bool) -> None:
    """A load of names beyond ASCII, and the history where asked: they end well, without a trace."""
    (bench.tmp / "Z\u00fcrich.csv").write_text(JOBS, encoding="utf-8")
    for words in (["ingest", "jobs", "Z\u00fcrich.csv"], ["store", "history"])[: 1 + told]:
        code, _, errors = said(bench, words, changes)
        assert "Traceback" not in errors, errors[-600:]
        assert code == 0, errors[-600:]


def closed(bench: Bench, words: list[str], redirect: str, codes: set[int]) -> None:
    """Run a command whose standard stream is closed, full or gone: it ends without a trace."""
    (bench.tmp / "jobs.csv").write_text(JOBS, encoding="utf-8")
    (bench.tmp / "zeros").write_bytes(bytes(5_000_000))
    shell = f'"$0" -c "$1" {" ".join(words)} {redirect}'
    done = subprocess.run(  # noqa: S603  (our own words)
        ["/bin/sh", "-c", shell, sys.executable, SAY], cwd=bench.tmp, capture_output=True, check=False, timeout=300,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )  # fmt: skip
    assert b"Traceback" not in done.stderr, done.stderr[-600:]
    assert done.returncode in codes, (done.returncode, done.stderr[-300:])


STREAMS = {
    "standard input closed": (["ingest", "jobs", "-"], "<&-", {1, 2}),
    "output closed": (["store", "history"], ">&-", {0, 1}),
    "errors closed": (["store", "verify"], "2>&-", {1}), "output full": (["catalogue"], ">/dev/full", {0, 1}),
    "output a pipe that closes": (["catalogue"], "| head -c 1 >/dev/null", {0}),
    "input of zeros": (["ingest", "jobs", "-"], "<zeros", {1, 2}),
    "input empty": (["ingest", "jobs", "-"], "</dev/null", {0, 1, 2}),
}  # fmt: skip


def scratch_goes(bench: Bench, kind: str) -> None:
    """What is written to the temporary folder goes with the command, however the folder is."""
    place = bench.tmp / "tmp dir"
    place.mkdir()
    if kind == "a link":
        (bench.tmp / "link").symlink_to(place)
        place = bench.tmp / "link"
    bench.patch.setattr("tempfile.tempdir", str(place))
    before = os.environ.get("TMPDIR")
    with contextlib.suppress(ZeroDivisionError), scratch():
        assert len(list(place.iterdir())) == 1
        assert 1 // (kind != "an error")
    assert list(place.iterdir()) == []
    assert os.environ.get("TMPDIR") == before
    assert left_scratch() == []


WELL = Kind("environment", "a load and a table end well, without a trace", "exit codes and errors", PROCESS)
ONE_LINE = Kind("environment", "it is told in one line what to set", "exit code and errors", PROCESS)
NO_TRACE = Kind("environment", "it ends without a trace", "exit code and errors", PROCESS)
NOTHING_LEFT = Kind("environment", "nothing is left there", "what lies in it, and TMPDIR afterwards", CHEAP)


def cases() -> Iterator[Case]:
    """Yield variables and streams."""
    for words, changes in ENVIRONMENTS.items():
        yield WELL(words, partial(loads_and_tells, changes=changes, told=words in TOLD))
    for words, (command, redirect, codes) in STREAMS.items():
        yield NO_TRACE(words, partial(closed, words=command, redirect=redirect, codes=codes))
    for kind in ("a folder with a space", "a link", "an error"):
        yield NOTHING_LEFT(f"the temporary folder is below {kind}", partial(scratch_goes, kind=kind))  # fmt: skip
