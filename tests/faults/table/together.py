"""Two at once on one folder of state: all lands once, readers see whole states, and verify finds no damage."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from shiftcast.pipelines.job.overrides import read_overrides
from shiftcast.pipelines.state.guard import read_fence
from shiftcast.pipelines.state.ledger import entries
from shiftcast.pipelines.store import Store
from table.acted import BY_NAME, KNOWN, TOLD, hours, publication, sound
from table.case import PROCESS, Bench, Case, Kind
from table.damaged import HOURS

PAIRS = (
    ("load", "load"), ("load", "compact"), ("load", "snapshot"), ("load", "read"), ("load", "ingest"),
    ("compact", "snapshot"), ("compact", "read"), ("compact", "ingest"), ("publish", "note"), ("override", "load"),
    ("run", "load"), ("schedule-state", "run"), ("export", "export"), ("verify", "compact"), ("verify", "load"),
    ("verify", "ingest"), ("verify", "snapshot"),
)  # fmt: skip
TIMES = 2


def both_land(bench: Bench, pair: tuple[str, str], times: int = TIMES) -> None:
    """Start both at once, several of each: every one ends well, and what they do is there once."""
    acts, root = bench.fixture("acts"), bench.state()
    begun = [acts.start_act(what, root, 3 + number * 10 + at) for number in range(times) for at, what in enumerate(pair)
             if not (what in {"compact", "snapshot", "note"} and number)]  # fmt: skip
    codes = [acts.wait(child) for child in begun]
    said = [path.read_text(encoding="utf-8") for path in root.parent.glob("said-*")]
    assert set(codes) <= {0, TOLD if "run" in pair else 0}, (codes, said)
    seeds = [3 + number * 10 + at for number in range(times) for at, what in enumerate(pair) if what == "load"]
    wanted = HOURS | {f"jobs-{seed}.csv": 40.0 * seed for seed in seeds}
    if "ingest" in pair:
        wanted |= bench.fixture("after")(BY_NAME["ingest"], root)
    assert hours(root) == wanted
    sound(root)


def once(bench: Bench, what: str, count: int) -> None:
    """Do the same thing in several processes at once: it is there once."""
    acts, root = bench.fixture("acts"), bench.state()
    done = dict(bench.fixture("after")(BY_NAME[what], root))
    before = len(Store(root).entries())
    children = [acts.start_act(what, root, 3) for _ in range(count)]
    assert {acts.wait(child) for child in children} <= {0, TOLD}
    assert BY_NAME[what].state(root) == done
    assert len(Store(root).entries()) - before == (1 if what in {"load", "ingest", "compact"} else 0)
    sound(root)


def numbered(bench: Bench, count: int) -> None:
    """Runs that may not wait: each that got the lock has a number of its own, the others say who holds it."""
    acts, root = bench.fixture("acts"), bench.state()
    first = int(read_fence(root)["token"])
    children = [acts.start_act("run", root, 100 + number) for number in range(count)]
    codes = [acts.wait(child) for child in children]
    assert set(codes) <= {0, TOLD}
    tokens = [entry.token for entry in entries(root)][1:]
    assert sorted(tokens) == list(range(first + 1, first + 1 + codes.count(0)))


def all_kept(bench: Bench, count: int) -> None:
    """Overrides by several people at once are all kept."""
    acts, root = bench.fixture("acts"), bench.state()
    children = [acts.start_act("override", root, 100 + number) for number in range(count)]
    assert [acts.wait(child) for child in children] == [0] * count
    assert set(read_overrides(root)["who"]) == {"Ann 1", *(f"Ann {100 + number}" for number in range(count))}


def one_piece(bench: Bench, count: int, what: str) -> None:
    """Several publications at once leave one, of one piece."""
    acts, root = bench.fixture("acts"), bench.state()
    children = [acts.start_act(what, root, 5 + number) for number in range(count)]
    for child in children:
        acts.wait(child)
    publication(root)
    assert acts.act("publish", root, 99)[0] == 0
    assert publication(root) == {"out": "99"}


def compacted_under(bench: Bench, reader: str) -> None:
    """A compaction begins while a reader reads: the reader sees all of it."""
    acts, root = bench.fixture("acts"), bench.state()
    for seed in (4, 5, 6):
        assert acts.act("load", root, seed)[0] == 0
    one, other = acts.start_act(reader, root, 3), acts.start_act("compact", root, 3)
    assert (acts.wait(one), acts.wait(other)) == (0, 0)
    whole = 120 + 40 * 15
    if reader in {"read", "export"}:
        assert float(acts.told(reader, root, 3)[1]) == whole
    assert Store(root).as_of(KNOWN)["value"].sum() == whole


LANDS = Kind(
    "concurrency", "all end well, and all is there once", "exit codes, hours, digests of the store, nothing staged"
)
ONE_OF_THEM = Kind("concurrency", "it is done once", "commits and hours")
NUMBERED = Kind("concurrency", "each has a number of its own, or leaves", "numbers in the ledger")
ALL_KEPT = Kind("concurrency", "all are kept", "who has overridden")
ONE_PIECE = Kind("concurrency", "the next publication is whole", "files of the folder", PROCESS)
ALL_OF_IT = Kind("concurrency", "the reader sees all of it", "its exit code, the sum it reads, hours afterwards")


def cases() -> Iterator[Case]:
    """Yield pairs, and several of one."""
    for pair in PAIRS:
        yield LANDS(f"two of {pair[0]} beside two of {pair[1]}", partial(both_land, pair=pair))
    for what in ("load", "ingest", "compact", "snapshot"):
        yield ONE_OF_THEM(f"three times the same {what} at once", partial(once, what=what, count=3))
    for count in (2, 8):
        yield NUMBERED(f"{count} runs at once that may not wait", partial(numbered, count=count))
        yield ALL_KEPT(f"{count} overrides at once", partial(all_kept, count=count))
    for what in ("publish-two-steps", "publish-in-place"):
        yield ONE_PIECE(f"three of {what} at once", partial(one_piece, count=3, what=what))
    for reader in ("read", "verify", "snapshot", "export"):
        yield ALL_OF_IT(f"a compaction of five loads under {reader}", partial(compacted_under, reader=reader))
