import io
import os
import subprocess
import sys

import pytest

from shiftcast.pipelines.state.output import CarefulStream, printable

NAME = "evil\x1b]0;title\x07\x1b[2J\u202ename"


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("to", [io.StringIO, Terminal])
def test_a_name_commands_no_terminal_and_is_legible(to):
    stream = to()
    CarefulStream(stream, ()).write(f"{NAME}\t1\r\n")
    said = stream.getvalue()
    assert ("\x1b" in said, "\x07" in said, "\u202e" in said) == (False, False, False)
    assert said == "evil\\x1b]0;title\\x07\\x1b[2J\\u202ename\t1\r\n"


def test_a_terminal_gets_the_colours_and_the_progress_of_our_own_screens():
    stream = Terminal()
    CarefulStream(stream, ()).write("\x1b[1mbold\x1b[0m \r\x1b[2Kdone")
    assert stream.getvalue() == "\x1b[1mbold\x1b[0m \r\x1b[2Kdone"
    stream = io.StringIO()
    CarefulStream(stream, ()).write("\x1b[1mbold")
    assert stream.getvalue() == "\\x1b[1mbold"


def test_secrets_are_blotted_out_wherever_they_are_written():
    stream = io.StringIO()
    CarefulStream(stream, ("hunter22",)).writelines(["a hunter22\n", "b\n"])
    assert stream.getvalue() == "a ***\nb\n"


def test_lines_and_tabs_stay():
    assert printable("a\tb\nc\r\nd") == "a\tb\nc\r\nd"


@pytest.mark.parametrize(("redirect", "code"), [(">&-", 0), ("2>&-", 0), ("<&-", 0)])
def test_closed_streams_end_in_no_trace(redirect, code):
    words = ["/bin/sh", "-c", f"{sys.executable} -m shiftcast --version {redirect}"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603  (the shell closes the stream)
    assert (done.returncode, "Traceback" in done.stderr) == (code, False)


def test_a_terminal_without_the_letters_is_told_in_those_it_has():
    code = "from shiftcast.pipelines.state.output import careful_streams; careful_streams(); print('caf\\u00e9')"
    done = subprocess.run(  # noqa: S603  (our own code)
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert done.stdout == "caf\\xe9\n"
