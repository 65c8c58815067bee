"""State that is damaged: each file in each way is passed over or told in one line, and nothing else suffers."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pandas as pd

from shiftcast.features.frames import Quarantine, empty
from shiftcast.features.input_error import InputError
from shiftcast.pipelines.doctor.examine import clean, examine
from shiftcast.pipelines.job.overrides import read_overrides
from shiftcast.pipelines.publish.publication import DIGEST, PUBLISHED, prepare, published_digest
from shiftcast.pipelines.publish.standing import noted_out
from shiftcast.pipelines.schedule.runner import _keep, last_run
from shiftcast.pipelines.state.guard import guarded
from shiftcast.pipelines.state.ledger import DONE, Ledger, entries
from shiftcast.pipelines.state.root import StoreError
from shiftcast.pipelines.store import Store
from shiftcast.pipelines.store.snapshots import read_snapshot, snapshots, take_snapshot
from shiftcast.pipelines.store.verify import verify
from table.acted import KNOWN, hours
from table.case import Bench, Case, Kind, shown

Spoil = Callable[[Path], object]
HOURS = {"jobs-1.csv": 40.0, "jobs-2.csv": 80.0}


def told(use: Callable[[], object]) -> str:
    """Return what a use says in one line where it cannot be done; any error that would show a trace goes on."""
    said = ""
    try:
        use()
    except (InputError, StoreError, OSError) as error:
        said = str(error)
    assert "\n" not in said, said
    return said


def written(content: bytes) -> Spoil:
    """Return what puts other bytes into a file."""
    return lambda path: path.write_bytes(content)


def half(path: Path) -> None:
    """Cut a file in the middle."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flipped(path: Path) -> None:
    """Turn one bit in the middle."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(bytes(content))


def longer(path: Path) -> None:
    """Append a byte."""
    path.write_bytes(path.read_bytes() + b"x")


def zeros(path: Path) -> None:
    """Leave as many zeros, as a power cut does."""
    path.write_bytes(bytes(path.stat().st_size))


def folder(path: Path) -> None:
    """Put a folder in its place."""
    path.unlink(missing_ok=True)
    path.mkdir()


def dangling(path: Path) -> None:
    """Put a link that leads nowhere in its place."""
    path.unlink(missing_ok=True)
    path.symlink_to("nowhere")


def circle(path: Path) -> None:
    """Put a link to itself in its place."""
    path.unlink(missing_ok=True)
    path.symlink_to(path.name)


BYTES: dict[str, Spoil] = {
    "empty": written(b""), "in half": half, "a bit flipped": flipped, "a byte longer": longer, "zeros": zeros,
    "gone": Path.unlink, "a folder": folder, "a dangling link": dangling, "a link to itself": circle,
}  # fmt: skip
JSON = (
    b"", b"{", b"null", b"[]", b"7", b'"x"', b"\xff\xfe{}", bytes(4096), b"[" * 100_000, b'{"a":' * 50_000, b"{}",
    b"9" * 5000, b'{"token": true}', b'{"token": 1e999}', b'{"token": "7"}', b'{"token": -5}', b'{"token": null}',
    b'{"token": NaN}', b'{"process": "x"}', b'{"token": 1, "process": 5}', b'{"token": 1, "process": "vm:9e9:2"}',
    b'{"token": 1, "process": "vm:99999999999999999999:2"}', b'{"token": 1, "process": "\\u0000:1:1"}',
    b'{"out": 5, "champion": true}', b'{"out": "a\\u0000b", "champion": true}', b'{"out": [], "champion": 1}',
    b'{"left": 5, "back": []}', b'{"left": "9", "back": "1", "more": 1}',
)  # fmt: skip
LINES = (
    b"", b"\n\n\n", b"{", b"[]\n", b"null\n", b"\xff\xfe\n", bytes(4096), b"[" * 100_000, b'{"at": 1}\n',
    b'{"at": "x", "token": [1], "key": "k", "origin": "o", "step": "fit", "state": "s", "detail": ""}\n',
    b'{"at": "x", "token": 1, "key": "k", "origin": "o", "step": "fit", "state": "s", "detail": {}}\n',
    b'{"at": "x", "token": true, "key": "k", "origin": "o", "step": "nosuch", "state": "begun", "detail": ""}\n',
    b'{"at": "x", "token": 1e400, "key": "k", "origin": "o", "step": "fit", "state": "begun", "detail": ""}\n',
    b'{"at": "\\ud800", "token": 1, "key": "\\ud800", "origin": "o", "step": "fit", "state": "begun", "detail": ""}\n',
    b'{"at": "a", "token": 1, "key": "k", "origin": "o", "step": "fit", "state": "begun", "more": 1}\n',
)  # fmt: skip
TABLES = (
    b"", b"\xff\xfe", b"\n", b"who\nAnn\n", b"PK\x03\x04", bytes(4096), b'"', b"a,a\n1,2\n", b"\xef\xbb\xbf",
    b"made_at,who,segment,leaf,measure,base,definition,period_end,low,mid,high,unit,reason\n1,2\n",
    b"made_at,who,segment,leaf,measure,base,definition,period_end,low,mid,high,unit,reason\n" + b"x," * 12 + b"x\n",
)  # fmt: skip
STATE = {"fence.json": JSON, "published.json": JSON, "schedule.json": JSON,
         "ledger.jsonl": LINES, "overrides.csv": TABLES}  # fmt: skip
PLACED = {"a folder": folder, "a dangling link": dangling, "a link to itself": circle}


def state_survives(bench: Bench, name: str, spoil: Spoil) -> None:
    """The next run takes the lock, the doctor looks and cleans, and the usage is read as before."""
    root = bench.state()
    spoil(root / name)
    for use in (
        lambda: examine(root, root.parent / "out"), lambda: clean(root, root.parent / "out", wait=1),
        lambda: _run(root), lambda: list(entries(root)), lambda: read_overrides(root), lambda: last_run(root, "1"),
        lambda: _keep(root, "1", KNOWN.to_pydatetime()), lambda: _keep(root, "2", KNOWN.to_pydatetime()),
        lambda: noted_out(root),
    ):  # fmt: skip
        said = told(use)
        assert not said or name.partition(".")[0] in said, f"{said!r} does not name {name}"
    assert hours(root) == HOURS
    assert told(lambda: examine(root, root.parent / "out")) == "" or (root / name).is_dir()


def _run(root: Path) -> None:
    with guarded(root, wait=1) as fence:
        Ledger(root, fence.token, "k", "2026-03-01").write("publish", DONE)
        fence.check()


def found(store: Store, name: str) -> Path:
    """Return a file of the store by its name: of the log, or of the first batch that has it."""
    return next(
        iter(sorted(store.folder.glob(f"log/{name}")) or sorted(store.folder.glob(f"batches/*/{name}"))),
        store.folder / name,
    )


def usage_refused(bench: Bench, name: str, spoil: Spoil) -> None:
    """Every reader and writer names the file or needs it not, verify finds it, and nothing is overwritten."""
    root = bench.state()
    store = Store(root)
    path = found(store, name)
    spoil(path)
    before = _content(store)
    said = [told(use) for use in (lambda: verify(store), lambda: hours(root), store.quarantine, store.compact,
                                  lambda: take_snapshot(store, KNOWN), lambda: _append(store))]  # fmt: skip
    doubts = told(lambda: verify(store)) or " ".join(verify(store))
    assert path.name in doubts, doubts
    assert all(path.name in each for each in said if each), said
    assert any(said[1:]), said
    assert {name: content for name, content in _content(store).items() if name in before} == before


def _append(store: Store) -> None:
    usage = store.as_of(KNOWN, source="jobs-1.csv").assign(source="more.csv")
    store.append(usage, empty(Quarantine), "f" * 64, pd.Timestamp("2026-03-06", tz="UTC"))


def _content(store: Store) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in store.folder.rglob("*") if path.is_file()
            and path.suffix != ".lock"}  # fmt: skip


def snapshot_refused(bench: Bench, name: str, spoil: Spoil) -> None:
    """A snapshot that is damaged is named by its reader and by verify, and the usage is read as before."""
    root = bench.state()
    store = Store(root)
    taken = take_snapshot(store, KNOWN)
    spoil(store.folder / "snapshots" / taken / name)
    assert snapshots(store) == [taken]
    assert name in told(lambda: read_snapshot(store, taken))
    assert any(taken in each for each in verify(store))
    assert hours(root) == HOURS


def not_whole(bench: Bench, name: str, spoil: Spoil) -> None:
    """A publication that lacks a file is not taken for whole, and may be published over."""
    out = bench.state().parent / "out"
    assert published_digest(out) == "1"
    spoil(out / name)
    assert published_digest(out) != "1"
    prepare(out)


def no_store(bench: Bench, spoil: Spoil) -> None:
    """A folder of state that is none is told, and nothing is made of it."""
    root = bench.state()
    shutil.rmtree(root)
    spoil(root)
    assert told(lambda: examine(root, root.parent / "out"))
    assert told(lambda: hours(root))


LAST = {"known_at": (b"2026-03-05", b"2026-03-15"), "a source": (b"jobs-2.csv", b"jobs-7.csv"),
        "a count of rows": (b"40", b"41"), "a digest of a file": (b"parquet\": [\n   \"",
        b"parquet\": [\n   \"0")}  # fmt: skip


def altered(old: bytes, new: bytes) -> Spoil:
    """Return what writes other words into an entry of the log."""

    def spoil(path: Path) -> None:
        whole = path.read_bytes()
        assert old in whole
        path.write_bytes(whole.replace(old, new, 1))

    return spoil


def last_entry_found(bench: Bench, spoil: Spoil) -> None:
    """The last entry of the log has none after it, and is known to be altered or lost all the same."""
    root = bench.state()
    store = Store(root)
    spoil(root / "store" / "log" / "00000002.json")
    before = _content(store)
    doubts = told(lambda: verify(store)) or " ".join(verify(store))
    assert "00000002" in doubts, doubts
    assert doubts.partition(";")[0] in " ".join(each.what for each in examine(root, root.parent / "out"))
    assert "00000002" in told(lambda: _append(store))
    assert {name: content for name, content in _content(store).items() if name in before} == before


def log_refused(bench: Bench, spoil: Spoil) -> None:
    """A log or its batches in another order, twice or in part are read by nobody, and verify and doctor say so."""
    root = bench.state()
    spoil(root / "store")
    store = Store(root)
    before = _content(store)
    assert told(lambda: verify(store)) or verify(store)
    assert any(each.kind == "usage" for each in examine(root, root.parent / "out"))
    for use in (lambda: hours(root), store.compact, lambda: take_snapshot(store, KNOWN), lambda: _append(store)):
        assert told(use)
    assert {name: content for name, content in _content(store).items() if name in before} == before


def lines_in(order: list[int]) -> Spoil:
    """Return what puts the first lines of the last entry into an order."""

    def spoil(folder: Path) -> None:
        path = folder / "log" / "00000002.json"
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        path.write_text("".join([*(lines[each] for each in order), *lines[3:]]), encoding="utf-8")

    return spoil


def exchanged(pattern: str) -> Spoil:
    """Return what exchanges the first two of what a pattern finds."""

    def spoil(folder: Path) -> None:
        one, two = sorted(folder.glob(pattern))[:2]
        aside = one.with_name("aside")
        for here, there in ((one, aside), (two, one), (aside, two)):
            here.rename(there)

    return spoil


def copied_again(folder: Path) -> None:
    """Copy the last entry as the next."""
    shutil.copy(folder / "log" / "00000002.json", folder / "log" / "00000003.json")


def torn(first: str) -> Spoil:
    """Return what copies a store of which one part is from before a load, and the other from after it."""

    def spoil(folder: Path) -> None:
        load = Store(folder.parent)
        kept = folder.parent / "kept"
        shutil.copytree(folder / first, kept)
        usage = load.as_of(KNOWN, source="jobs-1.csv").assign(source="other.csv")
        load.append(usage, empty(Quarantine), "e" * 64, KNOWN)
        shutil.rmtree(folder / first)
        kept.rename(folder / first)

    return spoil


LOGS: dict[str, Spoil] = {
    "a line of its last entry twice": lines_in([0, 1, 1, 2]), "lines of its last entry exchanged": lines_in([0, 2, 1]),
    "entries exchanged": exchanged("log/*.json"), "its last entry again as the next": copied_again,
    "batches exchanged": exchanged("batches/*"), "all of it gone": lambda folder: shutil.rmtree(folder / "log"),
    "all of its batches gone": lambda folder: shutil.rmtree(folder / "batches"),
    "copied before a load, and its batches after it": torn("log"),
    "copied after a load, and its batches before it": torn("batches"),
}  # fmt: skip


READ_ON = Kind(
    "damaged-state",
    "the next run takes the lock, and the doctor cleans or names it in one line",
    "doctor, doctor --clean, a run's lock and ledger, each reader; the usage as before",
)
NAMED = Kind(
    "damaged-state",
    "what cannot be read or written is named in one line",
    "doctor, doctor --clean, a run's lock and ledger, each reader; the usage as before",
)
NOT_USED = Kind(
    "damaged-state",
    "nothing damaged is used or overwritten, and verify finds it",
    "each reader and writer, verify, every byte of the other files",
)
NO_COPY = Kind("damaged-state", "a damaged snapshot is not used, and verify finds it", "its reader, verify, the usage")
TO_ITS_END = Kind(
    "damaged-state",
    "the log is compared with its digests, to its end, and nothing follows one that is altered or lost",
    "verify, doctor, a load, every byte",
)
IN_ORDER = Kind(
    "damaged-state", "a log that is not in order, or not whole, is read by nobody", "verify, doctor, readers, a load"
)
NOT_WHOLE = Kind(
    "publish", "a publication that lacks a file is not taken for whole", "what doctor and rollback compare"
)
MADE_AGAIN = Kind(
    "publish", "a publication that does not say which it is, is made again", "what doctor and rollback compare"
)
NO_STORE = Kind("damaged-state", "it is told that no store is there", "doctor and a reader")


def cases() -> Iterator[Case]:
    """Yield each file of state in each way."""
    yield from _of_state()
    for name in ("items-2026-03.parquet", "changes.parquet", "quarantine.parquet", "00000001.json", "FORMAT"):
        for way, spoil in BYTES.items():
            yield NOT_USED(f"store: {name} {way}", partial(usage_refused, name=name, spoil=spoil))
    for name in ("manifest.json", "usage.parquet"):
        for way, spoil in BYTES.items():
            yield NO_COPY(f"snapshot: {name} {way}", partial(snapshot_refused, name=name, spoil=spoil))
    yield from _of_publication()
    for words, (old, new) in LAST.items():
        yield TO_ITS_END(f"last entry of the log: {words} altered", partial(last_entry_found, spoil=altered(old, new)))
    for way in ("empty", "in half", "a bit flipped", "zeros", "gone"):
        yield TO_ITS_END(f"last entry of the log: {way}", partial(last_entry_found, spoil=BYTES[way]))
    for way, spoil in LOGS.items():
        yield IN_ORDER(f"the log: {way}", partial(log_refused, spoil=spoil))
    for way, spoil in {"a file": written(b""), **PLACED, "an empty folder": Path.mkdir}.items():
        yield NO_STORE(f"the folder of state is {way}", partial(no_store, spoil=spoil))


def _of_publication() -> Iterator[Case]:
    for name in PUBLISHED:
        yield NOT_WHOLE(f"{name} is gone", partial(not_whole, name=name, spoil=Path.unlink))
    for way in ("empty", "in half", "zeros", "a folder", "a dangling link", "a link to itself"):
        yield MADE_AGAIN(f"{DIGEST} {way}", partial(not_whole, name=DIGEST, spoil=BYTES[way]))
    yield MADE_AGAIN(f"{DIGEST} not UTF-8", partial(not_whole, name=DIGEST, spoil=written(b"\xff\xfe")))


def _of_state() -> Iterator[Case]:
    for name, ways in STATE.items():
        for content in ways:
            yield READ_ON(f"{name} holds {shown(content)}", partial(state_survives, name=name, spoil=written(content)))
        for way, spoil in PLACED.items():
            yield NAMED(f"{name} is {way}", partial(state_survives, name=name, spoil=spoil))
