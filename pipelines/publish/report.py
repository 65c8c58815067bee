"""Write the report: every view of a forecast on one page that works offline, and the answer on one page of words."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from shiftcast.pipelines.pages.asked import asked_of
from shiftcast.pipelines.pages.glossary import worded
from shiftcast.pipelines.pages.headline import headline
from shiftcast.pipelines.pages.render import About, brief_page, report_page
from shiftcast.pipelines.pages.whole import all_views
from shiftcast.pipelines.registry.bundle import Bundle

_FEW: Final = 1000  # draws below which hours by workload may be far off


def write_report(bundle: Bundle, path: Path) -> None:
    """Write the report; the same bundle gives the same bytes.

    Parameters
    ----------
    bundle
        Forecast with its tables.
    path
        HTML file to write.
    """
    path.write_text(report_page(all_views(bundle), about(bundle)), encoding="utf-8")


def write_brief(bundle: Bundle, path: Path) -> None:
    """Write the answer on one page of plain words; the same bundle gives the same bytes.

    Parameters
    ----------
    bundle
        Forecast with its tables.
    path
        Markdown file to write.
    """
    path.write_text(brief_page(headline(asked_of(bundle), bundle.summary.backtest), about(bundle)), encoding="utf-8")


def about(bundle: Bundle) -> About:
    """Return what a page says of a forecast, and what its readers are warned of.

    Parameters
    ----------
    bundle
        Forecast with its tables.

    Returns
    -------
    About
    """
    summary, scope = bundle.summary, str(bundle.cube.attrs["scope"])
    return About(summary.origin, scope, summary.settings.draws, summary.settings.seed, tuple(_warnings(bundle)))


def _warnings(bundle: Bundle) -> list[str]:
    summary, aside = bundle.summary, len(bundle.tables["quarantine"])
    hindsight = summary.hindsight or {"assumptions": summary.hindsight_assumptions}
    later = ", ".join(f"{count} {name}" for name, count in hindsight.items() if count)
    said = []
    if later:
        said.append(
            f"{later} are of a day after this origin. Figures known later are not used; judgements of today are."
        )
    if summary.settings.draws < _FEW:
        said.append(
            f"{summary.settings.draws} draws: below {_FEW:,} much of what history says of single assumptions is lost "
            "in chance, and hours by workload may be far off; totals hardly move."
        )
    said += [
        f"{worded(workload)} is not modelled: {why}. Its hours are not explained."
        for workload, why in summary.missing.items()
    ]
    return [*said, f"{aside} records were set aside; they are listed with the sources."] if aside else said
