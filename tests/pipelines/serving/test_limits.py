"""What the pages say of the limits is what the limits are."""

from pathlib import Path

import pytest

from shiftcast.pipelines.mcp.asking import AnswerLimits
from shiftcast.pipelines.serving import gate, handshake, patience
from shiftcast.pipelines.serving.payload import RequestLimits
from shiftcast.pipelines.serving.reply import PIECE
from shiftcast.pipelines.serving.work import LIGHT, PUBLISHED

ROOT = Path(__file__).resolve().parents[3]
ASKED = RequestLimits()
WORK = ASKED.work
MIB, GIB = 2**20, 2**30
WORDS = {2: "two", 4: "four"}
SAYS = f"""
| limits of a request | {ASKED.body / 1e6:g} MB of body (`--max-body`), {ASKED.rows:,} rows (`--max-rows`),
{ASKED.depth} levels of nesting; {patience.HEADER_SECONDS:g} s for the header, {ASKED.seconds:g} s for the body
and {ASKED.pause:g} s between two pieces of it
-
{WORK.work:g} CPU seconds a request (`--max-work`)
-
{ASKED.waiting} requests are answered here at once, and what counts as more than {LIGHT:g} only while those under way
come to at most {WORK.at_once:g} CPU seconds (429); {WORDS[gate._QUEUED]} long ones for each other process
-
Bodies of more than {gate._SHORT / 1e3:g} kB are read beside all else, one at a time, and {ASKED.waiting} at most wait
-
One address may have {WORK.client} under way
-
all clients are one and share the {WORK.client} |
-
{ASKED.arriving} bodies may be arriving, {patience.IDLE} connections may ask nothing, and {handshake.MOST} handshakes of
TLS may be under way, each for {handshake.SECONDS:g} s:
-
takes less than {PIECE >> 10} KiB of its answer, or of what is left of it, in {patience.READING_SECONDS:g} s is cut off
-
No more than {WORK.sent // MIB} MiB of answers are being sent at once, half of it to one address (503); answers of up to
{PIECE >> 10} KiB,
-
what counts as {WORK.here:g} CPU second or more is answered by one of {WORDS[WORK.hands]} other processes (`--hands`),
which load the forecast when first needed: {WORK.queue:g} s in the queue (503), {WORK.answer:g} s for the answer (504),
{WORK.memory // GIB} GiB of address space (503), {WORK.said // MIB} MiB of answer (413)
-
others count as {LIGHT:g}, published `quantiles` as rows, which are looked up, as {PUBLISHED:g},
"""
SERVING = [" ".join(each.split()) for each in SAYS.split("\n-\n")]


@pytest.mark.parametrize(
    ("page", "says"),
    [
        *(("docs/serving.md", says) for says in SERVING),
        ("SECURITY.md", f"({AnswerLimits().seconds:g} s, `--max-seconds`)"),
    ],
)
def test_a_page_gives_the_limits_that_there_are(page, says):
    assert says in (ROOT / page).read_text(encoding="utf-8")
