"""The folder a run leaves for people: report, picture and tables, swapped in whole."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from pipelines.bundle import Bundle
from pipelines.figures import overview_picture

REPORT: Final = "report.html"
PICTURE: Final = "forecast.png"
DIGEST: Final = "digest.txt"


def publish(bundle: Bundle, out: Path, place_report: Callable[[Bundle, Path], object]) -> None:
    """Swap a fresh folder of report and tables in for the last one; a reader sees the old or the new.

    A folder that already holds this forecast, whole, is left as it is.
    """
    mark = out / DIGEST
    if mark.is_file() and mark.read_text(encoding="utf-8") == bundle.summary["digest"]:
        return
    fresh, former = out.with_name(f"{out.name}.new"), out.with_name(f"{out.name}.old")
    for leftover in (fresh, former):
        shutil.rmtree(leftover, ignore_errors=True)
    fresh.mkdir(parents=True)
    place_report(bundle, fresh / REPORT)
    overview_picture(bundle.cube, bundle.tables["observations"]).savefig(fresh / PICTURE, dpi=110)
    bundle.tables["forecasts"].to_csv(fresh / "forecasts.csv", index=False)
    bundle.tables["forecasts"].to_parquet(fresh / "forecasts.parquet", index=False)
    bundle.forecaster.claims().to_csv(fresh / "claims.csv", index=False)
    bundle.tables["quarantine"].to_csv(fresh / "quarantine.csv", index=False)
    bundle.tables["scores"].to_csv(fresh / "scores.csv", index=False)
    (fresh / DIGEST).write_text(bundle.summary["digest"], encoding="utf-8")
    if out.exists():
        out.rename(former)
    fresh.rename(out)
    shutil.rmtree(former, ignore_errors=True)
