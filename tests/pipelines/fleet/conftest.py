"""A fleet of the kind that these tests ask: a year of a scheduler's jobs, in which requests are jobs."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from shiftcast.features.labels import rules_from_table
from shiftcast.pipelines.fleet.place import fleet_root
from shiftcast.pipelines.ingest.load import IngestRequest, ingest
from shiftcast.pipelines.sources.setting import Setting

HEAD = "JobID|JobName|Partition|Account|State|Start|End|AllocTRES\n"
RULES = pd.DataFrame(
    [
        ("name", "rank-*", "rest", "enterprise", "recsys", "deep"),
        ("name", "llm-*", "rest", "enterprise", "chat", "llm"),
    ],
    columns=["field", "pattern", "segment", "leaf", "workload", "technique"],
)
KNOWN = pd.Timestamp("2026-10-15", tz="UTC")


def jobs(first: str, last: str, path: Path) -> Path:
    """Write two jobs a day: 48 hours of a ranker on 4 GPUs, 12 hours of a growing model."""
    lines = []
    for number, day in enumerate(pd.date_range(first, last, freq="D")):
        for name, gpus, hours in (("rank-7", 4, 12), ("llm-8", 1 + number // 60, 12)):
            end = day + pd.Timedelta(hours=hours)
            lines.append(f"{name}{number}|{name}|gpu|team|COMPLETED|{day:%Y-%m-%dT%H:%M:%S}|{end:%Y-%m-%dT%H:%M:%S}|"
                         f"cpu=4,gres/gpu:a100={gpus}\n")  # fmt: skip
    path.write_text(HEAD + "".join(lines))
    return path


@pytest.fixture(scope="session")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of state with the fleet ``mine``, of jobs from 2025-09-01 to 2026-10-14; not to be written to."""
    root = tmp_path_factory.mktemp("state")
    path = jobs("2025-09-01", "2026-10-14", root / "sacct.txt")
    setting = Setting(rules=rules_from_table(RULES), cluster="alps")
    ingest(IngestRequest("sacct", (str(path),), setting, KNOWN, fleet_root(root, "mine"), grain="day"))
    return root
