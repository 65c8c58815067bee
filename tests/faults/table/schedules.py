"""Files for schedulers: every word comes out as it was given, whatever the scheduler reads; odd times are told."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from functools import partial

import pytest
import yaml

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.schedule.cron import parse_cron, zone
from shiftcast.pipelines.schedule.files import WRITERS, Scheduled, write_files
from table.case import Bench, Case, Kind, shown

CRON = parse_cron("0 6 * * MON")
WORDS = (
    "a b", "it's", 'say "x"', "100%", "%h", "$HOME", "$(reboot)", "$$(HOME)", "`reboot`", "a;reboot", "a&&reboot",
    "back\\slash", "trailing\\", "#no", "{x}", "{{x}}", "caf\u00e9", "\U0001f600", "--", "-x", "*", "~", "a\\x20b",
    "!x",
)  # fmt: skip
UNPRINTABLE = ("a\nb", "a\x00b", "a\rb", "a\x1b[2J", "\u202ea", "\ud800")
FOLDERS = (
    "/srv/a b",
    "/srv/50%",
    "/srv/it's",
    "/srv/trailing\\",
    "/srv/space ",
    "/srv/caf\u00e9",
    "/srv/$HOME",
    "/srv/#1",
)


def job(*, word: str = "--quiet", folder: str = "/srv/state") -> Scheduled:
    """Return a job with a word among its options, in a folder."""
    return Scheduled(CRON, "UTC", "/usr/bin/shiftcast", folder, ("--out", word), "registry.local/sc:1")


def crontab(text: str) -> tuple[str, list[str]]:
    """Return folder and words as cron and its shell read them."""
    line = text.splitlines()[-1].removeprefix(f"{CRON.text} ")
    assert not re.search(r"(?<!\\)%", line), "cron ends the line at a bare %"
    read = shlex.split(line.replace(r"\%", "%"), comments=True)
    return read[1], read[3 : read.index(">>")]


def systemd(text: str) -> tuple[str, list[str]]:
    """Return folder and words as systemd reads them: continued lines, quotes, specifiers and variables."""
    joined = text.replace("\\\n", " ")
    said = dict(line.partition("=")[::2] for line in joined.splitlines() if "=" in line)
    words = [re.sub(r"\\(.)", r"\1", each) for each in re.findall(r'"((?:[^"\\]|\\.)*)"', said["ExecStart"])]
    assert not any(re.search(r"(?<!%)(?:%%)*%(?!%)", each) for each in (*words, said["WorkingDirectory"]))
    plain = [words[0].replace("%%", "%"), *(each.replace("%%", "%").replace("$$", "$") for each in words[1:])]
    return said["WorkingDirectory"].replace("%%", "%").rstrip(" ").rstrip("/"), plain


def kubernetes(text: str) -> tuple[str, list[str]]:
    """Return words as Kubernetes and the shell read them; the folder is the volume's."""
    _, schedule = yaml.safe_load_all(text)
    command = schedule["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["command"][2]
    expanded = re.sub(r"\$(\$|\([^)]*\))", lambda found: "$" if found[1] == "$" else "EXPANDED", command)
    return "/srv/state", ["/usr/bin/shiftcast", *shlex.split(expanded.rpartition("; code=")[0])[1:]]


def dagster(text: str) -> tuple[str, list[str]]:
    """Return folder and words as Python reads them."""
    given = {ast.unparse(node.targets[0]): ast.literal_eval(node.value) for node in ast.parse(text).body
             if isinstance(node, ast.Assign) and ast.unparse(node.targets[0])[:3] in {"PRO", "FOL", "(RE"}}  # fmt: skip
    retrain, arguments = given["(RETRAIN, ARGUMENTS)"]
    return given["FOLDER"], [given["PROGRAM"], *retrain, *arguments]


READ = {"cron": crontab, "systemd": systemd, "kubernetes": kubernetes, "dagster": dagster}


def comes_out(bench: Bench, kind: str, asked: Scheduled) -> None:
    """Write the files and read them as the scheduler does."""
    path = write_files(kind, asked, bench.tmp / "units")[0]
    folder, words = READ[kind](path.read_text(encoding="utf-8"))
    assert words == [asked.program, *asked.words]
    assert folder == (asked.folder if kind != "kubernetes" else "/srv/state")


def refused(bench: Bench, asked: Scheduled) -> None:
    """Nothing is written for any scheduler."""
    for kind in WRITERS:
        with pytest.raises(InputError, match="cannot be printed"):
            write_files(kind, asked, bench.tmp / "units")
    assert list(bench.tmp.iterdir()) == []


TIMES = (
    "", "* * * *", "* * * * * *", "@reboot", "-1 * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *",
    "* * * 13 *", "* * * * 8", "*/0 * * * *", "1-0 * * * *", "a * * * *", "0 6 31 2 *", "0 6 1 * MON", "1,,2 * * * *",
    "1;reboot * * * *", "$(x) * * * *", "\u0661 * * * *", "1_0 * * * *", "+1 * * * *", "9999999999999 * * * *",
)  # fmt: skip
ZONES = ("", "Mars/Base", "../../etc/passwd", "/etc/localtime", "UTC\n", "a" * 5000, "\x00", "Europe", "\ud800")


def no_time(bench: Bench, text: str) -> None:
    """The expression is named, and what is asked of it."""
    with pytest.raises(InputError, match=r"--cron") as told:
        parse_cron(text)
    assert "\n" not in str(told.value)


def no_zone(bench: Bench, name: str) -> None:
    """The zone is named in one line."""
    with pytest.raises(InputError, match="--timezone"):
        zone(name)


WORDS_KEPT = Kind(
    "schedule-files",
    "the command runs with the words as given",
    "the file, read as the scheduler and its shell read it",
)
FOLDER_KEPT = Kind(
    "schedule-files", "the command runs in the folder as given", "the file, read as the scheduler and its shell read it"
)
NOT_WRITTEN = Kind("schedule-files", "refused before anything is written", "the message, and that no file is there")
NO_TIME = Kind("schedule-files", "what is no time is named in one line", "the message of the parser")
NO_ZONE = Kind("schedule-files", "what is no zone is named in one line", "the message of the reader")


def cases() -> Iterator[Case]:
    """Yield every word and folder to every scheduler, and times that are none."""
    for kind in WRITERS:
        for word in WORDS:
            yield WORDS_KEPT(f"{kind}: word {shown(word)}", partial(comes_out, kind=kind, asked=job(word=word)))
    for kind in ("cron", "systemd", "dagster"):
        for folder in FOLDERS:
            yield FOLDER_KEPT(
                f"{kind}: folder {shown(folder)}", partial(comes_out, kind=kind, asked=job(folder=folder))
            )
    for word in UNPRINTABLE:
        yield NOT_WRITTEN(f"word {shown(word)} for any scheduler", partial(refused, asked=job(word=word)))
    for text in TIMES:
        yield NO_TIME(f"times {shown(text)}", partial(no_time, text=text))
    for name in ZONES:
        yield NO_ZONE(f"zone {shown(name)}", partial(no_zone, name=name))  # fmt: skip
