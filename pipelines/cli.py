"""Command line of shiftcast: the app, its exit codes and its errors in one line."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

import typer

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.commands.examples import Example, epilog_of
from shiftcast.pipelines.commands.listed import CommandsOnDemand
from shiftcast.pipelines.state.output import careful_streams
from shiftcast.pipelines.state.scratch import scratch
from shiftcast.pipelines.state.threads import one_thread_each
from shiftcast.pipelines.tables.letters import is_whole

FAILED, BAD_INPUT, ENDED = 1, 2, 128 + signal.SIGTERM
_KEEPERS = frozenset(
    {"sqlalchemy", "sqlite3", "duckdb", "_duckdb", "mlflow", "psycopg"}
)  # whose errors are the store's
_NO_THREAD = "can't start new thread"  # as Python says it, and whoever asked for the thread repeats it
app = typer.Typer(cls=CommandsOnDemand, no_args_is_help=True, add_completion=True, pretty_exceptions_enable=False)


def _show_version(asked: bool) -> None:
    if asked:
        from shiftcast import __version__  # noqa: PLC0415  (reading what is installed takes time that no other call needs)

        print(f"shiftcast {__version__}")
        raise typer.Exit


@app.callback(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=epilog_of(Example("shiftcast run", "a forecast in mlruns, a report in shiftcast-out; then ask away")),
)
def shiftcast(
    version: bool = typer.Option(False, "--version", callback=_show_version, is_eager=True, help="Show the version."),
) -> None:
    """Forecast GPU compute demand as workloads move from classical techniques to deep learning and LLMs."""
    from shiftcast.pipelines.registry.quiet import quiet_process  # noqa: PLC0415  (not needed for the help)

    quiet_process()


def main() -> None:
    """Run the command line, ending with one line on standard error where it cannot be done.

    Code 2 is bad input, refused by a check of ours; 1 is a store, file or disk that failed, and any other error, whose
    trace is a defect to report.

    Raises
    ------
    SystemExit
        With code 2 for bad input and 1 for a failure.
    """
    one_thread_each()  # before anything that computes is imported
    careful_streams()
    if any(map(_is_foreign, sys.argv[1:])):
        word = next(filter(_is_foreign, sys.argv[1:]))
        sys.exit(_ended(f"{word!r} is not UTF-8; write it so, in a shell of UTF-8 (LANG=C.UTF-8)", BAD_INPUT))
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(ENDED))  # so that what is held is let go of
    try:
        with scratch():
            app()
    except InputError as error:
        sys.exit(_ended(str(error), BAD_INPUT))
    except MemoryError as error:
        sys.exit(_ended(f"the memory is used up ({_first_line(error)}); nothing was published; give more", FAILED))
    except OSError as error:
        sys.exit(_ended(str(error), FAILED))
    except Exception as error:
        if _NO_THREAD in str(error):
            sys.exit(_ended("no further thread may be started (ulimit -u or the container's); allow more", FAILED))
        if not _failed(error):
            raise
        sys.exit(_ended(_first_line(error), FAILED))


def _is_foreign(word: str) -> bool:
    """Return whether a word holds bytes that are not UTF-8, and names no file to be read."""
    if is_whole(word):
        return False
    name = word.partition("=")[2] if word.startswith("-") else word
    return not (Path(name).is_file() or any(mark in name for mark in "*?["))


def _ended(said: str, code: int) -> int:
    sys.stderr.write(f"shiftcast: {said}\n")
    return code


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "") or type(error).__name__


def _failed(error: Exception) -> bool:
    """Return whether it is the store, a file or the machine that failed, and no defect of ours."""
    if type(error).__module__.partition(".")[0] in _KEEPERS:
        return True
    from shiftcast.pipelines.registry.bundle import AlteredBundleError  # noqa: PLC0415  (a command that did not fail needs neither)
    from shiftcast.pipelines.state.root import StoreError  # noqa: PLC0415  (keeps --help fast)

    return isinstance(error, (StoreError, AlteredBundleError))
