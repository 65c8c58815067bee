"""Write ready files for other schedulers: cron, systemd, Kubernetes and Dagster; each lets one run at a time."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.schedule.cron import Cron, as_calendar

NAME: Final = "shiftcast-retrain"
_KEPT: Final = 3  # the exit code of a forecast that was kept beside the champion: no failure


@dataclass(frozen=True)
class Scheduled:
    """The job to schedule.

    Attributes
    ----------
    cron
        Times of the runs.
    timezone
        IANA name.
    program
        Path of the ``shiftcast`` command.
    folder
        Working directory, which holds ``mlruns``.
    arguments
        Options of retrain.
    image
        Container image, for Kubernetes.
    fleet
        Fleet that is retrained; the forecast of the world if not given.
    """

    cron: Cron
    timezone: str
    program: str
    folder: str
    arguments: tuple[str, ...]
    image: str
    fleet: str | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """Words of the command after the program's name."""
        return (*retrain_words(self.fleet), *self.arguments)

    @property
    def name(self) -> str:
        """Name of the job and of its files, of small letters, digits and ``-``."""
        return NAME if self.fleet is None else f"{NAME}-{self.fleet.lower().replace('_', '-').rstrip('-')}"


def retrain_words(fleet: str | None) -> tuple[str, ...]:
    """Return the words of the command that retrains a fleet, or the forecast of the world.

    Parameters
    ----------
    fleet
        Name of the fleet, if one is meant.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> retrain_words("mine"), retrain_words(None)
    (('fleet', 'mine', 'retrain'), ('retrain',))
    """
    return ("retrain",) if fleet is None else ("fleet", fleet, "retrain")


def write_files(kind: str, job: Scheduled, folder: Path) -> list[Path]:
    """Write the files of one scheduler into a folder, replacing none of other content.

    Parameters
    ----------
    kind
        ``cron, systemd, kubernetes`` or ``dagster``.
    job
        The job to schedule.
    folder
        Where the files go; it is made.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    ValueError
        If the scheduler is not known, a text cannot be written into its files, or a file is there already.
    """
    if kind not in WRITERS:
        raise InputError(f"--write {kind!r} is not known; choose one of {', '.join(WRITERS)}")
    for text in (job.program, job.folder, job.image, *job.arguments):
        if not text.isprintable():
            raise InputError(f"{text!r} holds characters that cannot be printed; give another")
    texts = WRITERS[kind](job)
    for name, text in texts.items():
        if (folder / name).exists() and (folder / name).read_text(encoding="utf-8") != text:
            raise InputError(f"{folder / name}: is there with other content; move it away or give another --to")
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        fresh = folder / f".{name}.new"  # whole or not at all: half a file would be in the way of the next try
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(folder / name)
    return [folder / name for name in texts]


def _cron(job: Scheduled) -> dict[str, str]:
    command = f"cd {shlex.quote(job.folder)} && {shlex.join((job.program, *job.words))}"
    file = "shiftcast.cron" if job.fleet is None else f"{job.name}.cron"
    escaped = command.replace("%", r"\%")  # cron reads a bare one as the end of the line
    text = (
        f"# shiftcast: install with `crontab {file}`, or add these lines to yours.\n"
        f"# Exit codes: 0 promoted or unchanged, {_KEPT} kept, 2 bad input, 1 failed.\n"
        f"CRON_TZ={job.timezone}\n"
        f"{job.cron.text} {escaped} >> {job.name}.log 2>&1\n"
    )
    return {file: text}


def _quoted(word: str) -> str:
    """Quote a word for a systemd command line: no specifier, variable or escape of its own is read."""
    plain = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{plain}"'


def _to_its_end(folder: str) -> str:
    """Return a folder that ends in no backslash or space: systemd would go on with the next line, or cut it off."""
    return f"{folder}/" if folder.endswith(("\\", " ")) else folder


def _systemd(job: Scheduled) -> dict[str, str]:
    words = " ".join(_quoted(word) for word in (job.program, *job.words))
    service = (
        "[Unit]\nDescription=Retrain the shiftcast forecast\n\n"
        "[Service]\nType=oneshot\n"
        f"WorkingDirectory={_to_its_end(job.folder).replace('%', '%%')}\nExecStart={words}\n"
        f"SuccessExitStatus={_KEPT}\nTimeoutStartSec=4h\nNoNewPrivileges=yes\nPrivateTmp=yes\n"
    )
    timer = (
        "[Unit]\nDescription=When the shiftcast forecast is retrained\n\n"
        f"[Timer]\nOnCalendar={as_calendar(job.cron, job.timezone)}\nPersistent=true\nRandomizedDelaySec=60\n\n"
        "[Install]\nWantedBy=timers.target\n"
    )
    return {f"{job.name}.service": service, f"{job.name}.timer": timer}


def _kubernetes(job: Scheduled) -> dict[str, str]:
    words = shlex.join(job.words).replace("$", "$$")  # Kubernetes reads $(NAME) before the shell does
    command = f"shiftcast {words}; code=$?; [ $code -eq {_KEPT} ] && exit 0; exit $code"
    container: dict[str, Any] = {
        "name": "retrain", "image": job.image, "command": ["/bin/sh", "-c", command], "workingDir": "/state",
        "resources": {"requests": {"cpu": "2", "memory": "2Gi"}, "limits": {"memory": "4Gi"}},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [{"name": "state", "mountPath": "/state"}],
    }  # fmt: skip
    pod = {
        "restartPolicy": "Never", "automountServiceAccountToken": False,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 1000, "fsGroup": 1000},
        "containers": [container],
        "volumes": [{"name": "state", "persistentVolumeClaim": {"claimName": "shiftcast-state"}}],
    }  # fmt: skip
    bad_input = {"action": "FailJob", "onExitCodes": {"operator": "In", "values": [2]}}  # trying again cannot help
    schedule = {
        "apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": job.name},
        "spec": {
            "schedule": job.cron.text, "timeZone": job.timezone, "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": 3600, "successfulJobsHistoryLimit": 3, "failedJobsHistoryLimit": 3,
            "jobTemplate": {"spec": {"backoffLimit": 2, "activeDeadlineSeconds": 14400,
                                     "podFailurePolicy": {"rules": [bad_input]}, "template": {"spec": pod}}},
        },
    }  # fmt: skip
    claim = {
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "shiftcast-state"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}}},
    }  # fmt: skip
    return {f"{job.name}.yaml": yaml.safe_dump_all([claim, schedule], sort_keys=False)}


_DAGSTER: Final = '''"""shiftcast on Dagster: `pip install -e '.[workflow]'` and `dagster dev -f` this file.

Materialising `champion` retrains; its check is the promotion gate.{partitions}
"""

import json
import subprocess

import dagster as dg

PROGRAM = {program}
FOLDER = {folder}
RETRAIN, ARGUMENTS = {words}, {arguments}
KEPT, BAD_INPUT = {kept}, 2


def shiftcast(*words):
    """Run a command of shiftcast; bad input is not tried again."""
    done = subprocess.run([PROGRAM, *words], cwd=FOLDER, capture_output=True, text=True)
    if done.returncode not in (0, KEPT):
        raise dg.Failure(done.stderr.strip(), allow_retries=done.returncode != BAD_INPUT)
    return done.stdout


@dg.asset(op_tags={{"dagster/concurrency_key": "shiftcast"}}, retry_policy=dg.RetryPolicy(max_retries=2, delay=60))
def champion() -> dg.MaterializeResult:
    """The forecast that the alias champion points at, after one retrain."""
    outcome = json.loads(shiftcast(*RETRAIN, "--json", *ARGUMENTS))
    return dg.MaterializeResult(metadata=outcome)


@dg.asset_check(asset=champion)
def promotion_gate(context) -> dg.AssetCheckResult:
    """Whether what was made is the champion, or else the reason that kept it out."""
    made = context.instance.get_latest_materialization_event(champion.key).asset_materialization.metadata
    kept = made["outcome"].value == "kept"
    return dg.AssetCheckResult(passed=not kept, severity=dg.AssetCheckSeverity.WARN, metadata=dict(made))
{vintage}

definitions = dg.Definitions(
    assets=[{assets}],
    asset_checks=[promotion_gate],
    schedules=[dg.ScheduleDefinition(
        name="retrain", target=champion, cron_schedule={cron}, execution_timezone={timezone},
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )],
)
'''
_PARTITIONS: Final = """ A partition of `vintage` is one quarter of the past,
so a backfill is a replay."""
_VINTAGE: Final = '''

QUARTERS = dg.TimeWindowPartitionsDefinition(cron_schedule="0 0 1 1,4,7,10 *", start="2025-01-01", fmt="%Y-%m-%d")


@dg.asset(partitions_def=QUARTERS, op_tags={"dagster/concurrency_key": "shiftcast"})
def vintage(context) -> None:
    """The forecast as of the end of one past quarter, kept beside the champion."""
    year, month, _ = context.partition_key.split("-")
    quarter = f"{year}Q{(int(month) + 2) // 3}"
    shiftcast("replay", "--from", quarter, "--to", quarter, "--quiet")
'''


def _literal(value: str | list[str]) -> str:
    """Return a text or texts as Python writes them; JSON's pairs for letters beyond 16 bits are two letters there."""
    return json.dumps(value, ensure_ascii=False)


def _dagster(job: Scheduled) -> dict[str, str]:
    text = _DAGSTER.format(
        words=_literal(list(retrain_words(job.fleet))), assets="champion" if job.fleet else "champion, vintage",
        vintage="" if job.fleet else _VINTAGE, partitions="" if job.fleet else _PARTITIONS,
        program=_literal(job.program), folder=_literal(job.folder), arguments=_literal(list(job.arguments)),
        kept=_KEPT, cron=_literal(job.cron.text), timezone=_literal(job.timezone),
    )  # fmt: skip
    return {"shiftcast_dagster.py" if job.fleet is None else f"{job.name.replace('-', '_')}_dagster.py": text}


WRITERS: Final[Mapping[str, Callable[[Scheduled], dict[str, str]]]] = {
    "cron": _cron, "systemd": _systemd, "kubernetes": _kubernetes, "dagster": _dagster,
}  # fmt: skip
