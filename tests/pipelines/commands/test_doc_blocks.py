"""The blocks of the pages run as they stand, on a small store, and answer in the words that the pages show."""

import importlib.util
import re
import shutil
import tempfile
from pathlib import Path

import pytest

from shiftcast.pipelines.doctor.examine import move_in

ROOT = Path(__file__).resolve().parents[3]


def module(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


MAKER = module(ROOT / "docs" / "page_blocks.py")
GIVEN = module(Path(__file__).with_name("given.py"))
RUN = [block for path in MAKER.pages() for block in MAKER.blocks(path)
       if block.kind in MAKER.COMMANDS and not block.mark.startswith(MAKER.NOT_RUN)]  # fmt: skip
SLOW = ("docs/personas/", "docs/understand/", "docs/start.md", "docs/my_fleet.md", "docs/machines.md", "README.md")
PAGES = [pytest.param(page, marks=[pytest.mark.slow] if page.startswith(SLOW) else [], id=page)
         for page in sorted({block.page for block in RUN})]  # fmt: skip
WELL = {0, 3}  # 3: done, and there is something to look at
WRITES = ("ingest", "init", "--output", "--plot", "--paths", "label", "store", "schedule")
ALIKE = 0.7  # of the words of an answer; the small store has other figures, and so a few other words


@pytest.fixture(scope="module")
def answered():
    """Return what runs a line; one that writes nothing is asked once, however many pages name it."""
    kept = {}

    def once(line, folder):
        if any(word in line for word in WRITES):
            return MAKER.answered(line, folder)
        if line not in kept:
            kept[line] = MAKER.answered(line, folder)
        return kept[line]

    return once


@pytest.fixture(scope="module")
def monkeypatch_module():
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def place(finished, tmp_path_factory, monkeypatch_module):
    """Return a folder with the store of a small run and every file that the pages name."""
    folder = tmp_path_factory.mktemp("pages")
    (folder / "temporary").mkdir()
    monkeypatch_module.setattr(tempfile, "tempdir", str(folder / "temporary"))  # else the doctor finds that of others
    shutil.copytree(finished.request.root, folder / "mlruns")
    shutil.copytree(finished.request.out, folder / "shiftcast-out")
    move_in(folder / "mlruns", wait=0)
    (folder / "notebooks").symlink_to(ROOT / "notebooks")
    GIVEN.stage(folder)
    return folder


def words(text):
    return set(re.findall(r"[a-z]{3,}", text.lower())) - {"million", "billion", "trillion", "thousand"}


def stage_shown(page, folder):
    """Write the tables that a page shows where its commands read them."""
    for name, block in zip(MAKER.SHOWN.get(page, ()), shown(page), strict=True):
        (folder / name).write_text(block.text, encoding="utf-8")


def shown(page):
    if page not in MAKER.SHOWN:
        return []
    return [block for block in MAKER.blocks(ROOT / page) if block.kind in {"csv", "sql"}]


LOADED = "shiftcast ingest sacct notebooks/data/sacct.txt --zone Europe/Berlin | head -2"


@pytest.mark.parametrize("page", PAGES)
def test_the_blocks_of_a_page_run_in_their_order(page, place, answered, monkeypatch):
    monkeypatch.chdir(place)
    GIVEN.stage(place)
    stage_shown(page, place)
    (place / MAKER.ABSENT.get(page, "none")).unlink(missing_ok=True)
    if page == "docs/sql.md" and not (place / "mlruns/store").exists():  # where no page before it loaded any usage
        answered(LOADED, place)
    wrong = []
    for block in (each for each in RUN if each.page == page):
        if block.kind == "python":
            exec(compile(block.text, page, "exec"), {"__name__": "example"})  # noqa: S102  (our own pages)
            continue
        told = dict(MAKER.answers_of(block))
        for line in MAKER.lines_of(block):
            if not line.startswith("shiftcast "):
                continue
            ended = answered(line, place)
            if line == "shiftcast fleet mine init":
                GIVEN.priced(place)
            if ended.code not in WELL:
                wrong.append(f"{page}:{block.line} {line}\n{ended.code}: {ended.output[-400:]}")
            elif told.get(line):
                ours, theirs = words(ended.output), words(told[line])
                if len(ours & theirs) < ALIKE * len(theirs):
                    wrong.append(f"{page}:{block.line} {line}\nsays now: {ended.output}\nthe page: {told[line]}")
    assert wrong == [], "\n\n".join([*wrong, "or is it the page? `python docs/page_blocks.py FOLDER` writes it anew"])
