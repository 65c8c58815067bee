"""Write the report: one HTML file that works offline, pictures first, then claims, evidence and sources."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go
from jinja2 import Environment, FileSystemLoader, select_autoescape
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from shiftcast.features.frames import DataFrame, Observations
from shiftcast.forecast.views.beside import beside
from shiftcast.pipelines.publish import figures
from shiftcast.pipelines.publish.chain import chain_content, ours_in, served_figure
from shiftcast.pipelines.publish.migration import evidence_content, scores_content, techniques_content
from shiftcast.pipelines.publish.rollouts import timelines
from shiftcast.pipelines.registry.bundle import Bundle

_TEMPLATE: Final = "report.html.jinja"
_FOLDER: Final = Path(__file__).resolve().parent
_SET_BESIDE: Final = ("2027Q4", "2028Q4")  # quarters that outside views are set beside


def write_report(bundle: Bundle, path: Path) -> None:
    """Write the report; the same bundle gives the same bytes.

    Parameters
    ----------
    bundle
        Forecast with its tables.
    path
        HTML file to write.
    """
    environment = Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=select_autoescape(default=True), trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters.update(number=_number, percent=_percent)
    path.write_text(environment.get_template(_TEMPLATE).render(**_content(bundle)), encoding="utf-8")


def _content(bundle: Bundle) -> dict[str, Any]:
    cube, vintages, known = bundle.cube, bundle.tables["observations"], bundle.known
    stated, forecaster = known.observations, bundle.forecaster
    pictures = {
        "demand": figures.demand_figure(cube),
        "work": figures.work_figure(cube),
        "views": figures.views_figure(cube),
        "recsys": figures.techniques_figure(cube, stated, "recsys"),
        "search": figures.techniques_figure(cube, stated, "search"),
        "ads": figures.techniques_figure(cube, stated, "ads"),
        "split": figures.split_figure(cube, stated, known.market),
    }
    if "latent_hours" in cube:  # not in versions before demand drove hardware
        pictures["served"] = served_figure(cube)
    return {
        "plotly": Markup(get_plotlyjs()),  # noqa: S704  (the library's own script)
        "pictures": {name: _html(figure, name) for name, figure in pictures.items()},
        "summary": bundle.summary,
        "attributes": cube.attrs,
        "timelines": [
            {**each, "figure": _html(each["figure"], f"rollouts-{each['workload']}")}
            for each in timelines(known.rollouts, known.traffic)
        ],
        "techniques": techniques_content(forecaster),
        "moved_by": evidence_content(known.rollouts, stated),
        "migration_scores": scores_content(),
        "chain": _chain(bundle),
        "views": beside(cube, stated),
        "ours": ours_in(cube, _SET_BESIDE),
        "crossings": forecaster.crossings(),
        "split": forecaster.split(base="revenue", definition=cube.attrs["definition"]).to_dict("records"),
        "claims": forecaster.claims().to_dict("records"),
        "assumptions": bundle.tables["assumptions"].to_dict("records"),
        "evidence": _evidence(vintages),
        "sources": _sources(vintages),
        "quarantine": bundle.tables["quarantine"].to_dict("records"),
    }


def _chain(bundle: Bundle) -> dict[str, Any] | None:
    rows, chain = bundle.tables["assumptions"], bundle.summary.chain
    return chain_content(chain, dict(zip(rows["name"], rows["unit"], strict=True))) if chain else None


def _html(figure: go.Figure, name: str) -> Markup:
    text = figure.to_html(
        full_html=False, include_plotlyjs=False, div_id=f"figure-{name}", config={"displayModeBar": False}
    )
    return Markup(text)  # noqa: S704  (made above from numbers; words in it are escaped by the library)


def _evidence(observations: DataFrame[Observations]) -> list[dict[str, Any]]:
    counts = observations.pivot_table(index="measure", columns="evidence", values="unit", aggfunc="size", fill_value=0)
    return [{"measure": measure, **{str(k): int(v) for k, v in row.items()}} for measure, row in counts.iterrows()]


def _sources(observations: DataFrame[Observations]) -> list[dict[str, Any]]:
    grouped = observations.groupby("source")
    table = pd.DataFrame(
        {"rows": grouped.size(), "measures": grouped["measure"].agg(lambda m: ", ".join(sorted(set(m))))}
    )
    return [
        {"source": source, **row} for source, row in table.sort_values("rows", ascending=False).to_dict("index").items()
    ]


def _number(value: Any) -> str:
    """Return a number to three significant digits with a metric word, or a dash where it is missing."""
    if value is None or pd.isna(value):
        return "-"
    number = float(value)
    for size, word in ((1e12, " trillion"), (1e9, " billion"), (1e6, " million")):
        if abs(number) >= size:
            return f"{number / size:.3g}{word}"
    return f"{number:.3g}" if abs(number) < 1e4 else f"{number:,.0f}"


def _percent(value: Any) -> str:
    """Return a share as a whole percentage, or a dash where it is missing."""
    return "-" if value is None or pd.isna(value) else f"{value:.0%}"
