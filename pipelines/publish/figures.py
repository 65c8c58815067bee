"""Draw the report's pictures: fans over quarters, shares with their statements, the two views before they met."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import xarray as xr
from plotly.subplots import make_subplots

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import quarter_label
from shiftcast.features.frames import DataFrame, Observations
from shiftcast.features.series import select
from shiftcast.forecast.leaves import segment_of_leaves
from shiftcast.forecast.market.facts import Market
from shiftcast.forecast.sixty_forty.modes import claimed_share
from shiftcast.forecast.split.share import split_statements
from shiftcast.forecast.views.part import Part, draws_of, forecast_periods, hyperscale_share, periods
from shiftcast.forecast.views.technique_share import technique_share

COLOURS: Final[Mapping[str, str]] = {
    "all": "#333333", "hyperscale": "#1f5fa8", "rest": "#c8641a",
    "table": "#9aa0a6", "lexical": "#9aa0a6", "collaborative": "#7a8a3a", "content": "#c8a01a", "deep": "#2a8a6a",
    "sequence": "#d98a2b", "llm": "#b0304a", "generative": "#b0304a", "training": "#1f5fa8", "recsys": "#2a8a6a",
    "search": "#c8641a", "ads": "#7a5fa8", "unallocated": "#b9bdc2",
}  # fmt: skip
_OF_DEFINITIONS: Final = ("#1f5fa8", "#6aa0d8", "#7a5fa8", "#2a8a6a", "#b0304a")  # in the order of the record
_OTHER: Final = "#555555"
_RANKING: Final = ("deep", "sequence", "llm")  # classes of the overview
_CLAIMED: Final = "#b0304a"
_HEADROOM: Final = 1.3
Band = tuple[float, float, float]
_BANDS: Final[tuple[Band, ...]] = ((0.025, 0.975, 0.12), (0.1, 0.9, 0.2), (0.25, 0.75, 0.3))


def demand_figure(cube: xr.Dataset) -> go.Figure:
    """Draw spending, accelerators, GPU-hours and power by segment, with 50, 80 and 95 % intervals.

    A panel ends a little above its highest 80 % interval, so that the tails do not flatten what is likely.

    Parameters
    ----------
    cube
        Draws of the forecast.
    """
    panels = (
        ("spending", 1e9, "Spending [$B a quarter]"), ("accelerators", 1e6, "Accelerators live [million]"),
        ("gpu_hours", 1e9, "Busy GPU-hours [billion a quarter]"), ("power", 1e3, "Facility power [GW]"),
    )  # fmt: skip
    figure = make_subplots(rows=2, cols=2, subplot_titles=[title for _, _, title in panels], vertical_spacing=0.12)
    for position, (measure, scale, _) in enumerate(panels):
        where, top = {"row": position // 2 + 1, "col": position % 2 + 1}, 0.0
        for segment in ("hyperscale", "rest"):
            values = draws_of(cube, measure, Part(segment)) / scale
            top = max(top, float(np.quantile(values, 0.9, axis=0).max()))
            _fan(figure, periods(cube), values, segment, COLOURS[segment], where, legend=position == 0)
        figure.update_yaxes(range=[0, _HEADROOM * top], **where)
    return _finish(figure, cube, height=640)


def work_figure(cube: xr.Dataset) -> go.Figure:
    """Draw median busy GPU-hours of a cube by workload, stacked, what no record explains on top."""
    figure = go.Figure()
    names = list(dict.fromkeys(str(task).partition("/")[0] for task in cube["task"].values))
    for workload in names:
        median = np.median(draws_of(cube, "gpu_hours", Part(workload=workload)), axis=0) / 1e9
        figure.add_scatter(
            x=periods(cube), y=median, name=workload, stackgroup="work", line={"width": 0.5},
            fillcolor=COLOURS.get(workload, "#888888"), line_color=COLOURS.get(workload, "#888888"),
            hovertemplate="%{y:.2f} B hours",
        )  # fmt: skip
    figure.update_yaxes(title="busy GPU-hours, median [billion a quarter]")
    return _finish(figure, cube, height=420)


def views_figure(cube: xr.Dataset) -> go.Figure:
    """Draw the two views of a cube as they were before they met, and what is left unallocated, by segment."""
    figure = make_subplots(rows=1, cols=2, subplot_titles=["hyperscale", "rest"])
    segments = np.array(segment_of_leaves(cube))
    for column, segment in enumerate(("hyperscale", "rest"), start=1):
        leaves = segments == segment
        where = {"row": 1, "col": column}
        for name, variable, colour in (
            ("top-down", "gpu_hours_top_down", "#1f5fa8"), ("bottom-up", "gpu_hours_bottom_up", "#b0304a"),
        ):  # fmt: skip
            values = cube[variable].values[:, :, leaves].sum(axis=-1) / 1e9
            _fan(figure, periods(cube), values, name, colour, where, legend=column == 1, bands=_BANDS[1:2])
        left = draws_of(cube, "gpu_hours", Part(segment, workload="unallocated")) / 1e9
        name = "unallocated after they met"
        _fan(figure, periods(cube), left, name, "#777777", where, legend=column == 1, bands=_BANDS[1:2])
    figure.update_yaxes(type="log", title="busy GPU-hours [billion a quarter, log]", col=1)
    figure.update_yaxes(type="log", col=2)
    return _finish(figure, cube, height=420)


def techniques_figure(cube: xr.Dataset, observations: DataFrame[Observations], workload: str) -> go.Figure:
    """Draw technique shares of requests by segment with 80 % intervals, and the statements about them.

    Parameters
    ----------
    cube, observations
        Draws of the forecast, and the observations behind it.
    workload
        Workload whose techniques are drawn.

    Returns
    -------
    Figure
        Two panels of shares [share].
    """
    figure = make_subplots(rows=1, cols=2, subplot_titles=["hyperscale", "rest"], shared_yaxes=True)
    names = [str(name).partition("/") for name in cube["technique"].values]
    for column, segment in enumerate(("hyperscale", "rest"), start=1):
        where = {"row": 1, "col": column}
        for technique in [name[2] for name in names if name[0] == workload]:
            found = technique_share(cube, technique, of=workload, base="requests", segment=segment)
            colour, bands = COLOURS.get(technique, "#555555"), _BANDS[1:2]
            _fan(figure, found.ends, found.share, technique, colour, where, legend=column == 1, bands=bands)
        if segment == "hyperscale":
            _statement_dots(figure, observations, workload, where, periods(cube)[0])
    figure.update_yaxes(tickformat=".0%", range=[0, 1], title="share of requests", col=1)
    return _finish(figure, cube, height=400)


def split_figure(cube: xr.Dataset, observations: DataFrame[Observations], market: Market) -> go.Figure:
    """Draw the hyperscale share of revenue by definition, the statements behind it, and the share last claimed.

    Parameters
    ----------
    cube, observations
        Draws of the forecast, and the observations behind it.
    market
        How each definition of the split is read.

    Returns
    -------
    Figure
        One panel of shares [share].
    """
    figure, colours = go.Figure(), _colours(cube)
    for definition in [str(name) for name in cube["definition"].values]:
        share = hyperscale_share(cube, base="revenue", definition=definition)
        bands = _BANDS if definition == cube.attrs["definition"] else ()
        _fan(figure, periods(cube), share, definition, colours.get(definition, _OTHER), {}, legend=True, bands=bands)
    rows = select(split_statements(observations, market), measure="share", base="revenue", stage="flow")
    rows = rows[rows["period_end"] >= periods(cube)[0] - pd.Timedelta(days=92)]
    for definition, group in rows.groupby("definition"):
        _dots(figure, group, colours.get(str(definition), _OTHER), f"stated, {definition}", {})
    for base, dash in (("accelerators", "dot"), ("gpu_hours", "dash")):
        median = np.median(hyperscale_share(cube, base=base, definition=cube.attrs["definition"]), axis=0)
        line = {"color": "#333333", "dash": dash, "width": 1}
        figure.add_scatter(x=periods(cube), y=median, name=f"share of {base.replace('_', '-')}", line=line)
    claimed = claimed_share(observations, market)
    if claimed is not None:
        text = f"{' or '.join(market.split.claims)} claim, {100 * claimed:.0f} %"
        figure.add_hline(y=claimed, line_dash="dash", line_color=_CLAIMED, annotation_text=text)
    figure.update_yaxes(tickformat=".0%", title="hyperscale share of data-centre revenue")
    return _finish(figure, cube, height=460)


def _colours(cube: xr.Dataset) -> Mapping[str, str]:
    """Return a colour for each definition, the reference first."""
    return dict(zip(map(str, cube["definition"].values), _OF_DEFINITIONS, strict=False))


def _statement_dots(
    figure: go.Figure,
    observations: DataFrame[Observations],
    workload: str,
    where: Mapping[str, int],
    since: pd.Timestamp,
) -> None:
    rows = select(observations, measure="share", base="requests", workload=workload)
    rows = rows[(rows["period_end"] >= since) & (rows["evidence"] != "assumed")]
    for technique, group in rows.groupby("technique"):
        _dots(figure, group, COLOURS.get(str(technique), "#555555"), f"stated, {technique}", where)


def _dots(figure: go.Figure, rows: pd.DataFrame, colour: str, name: str, where: Mapping[str, int]) -> None:
    middle = rows["period_start"] + (rows["period_end"] - rows["period_start"]) / 2
    words = (
        rows["operator"]
        + " "
        + rows["bound"]
        + " "
        + rows["value"].map("{:.1%}".format)
        + "<br>"
        + rows["note"].fillna("")
    )
    figure.add_scatter(
        x=middle, y=rows["value"], mode="markers", name=name, text=words, hoverinfo="text",
        marker={"color": colour, "size": 8, "symbol": "diamond", "line": {"color": "white", "width": 1}},
        showlegend=not where, **where,
    )  # fmt: skip


def _fan(
    figure: go.Figure, ends: pd.DatetimeIndex, values: Array, name: str, colour: str, where: Mapping[str, int], *,
    legend: bool, bands: tuple[Band, ...] = _BANDS,
) -> None:  # fmt: skip
    """Add a median line and interval bands from draws of shape (draws, quarters)."""
    for low, high, opacity in bands:
        edges = np.quantile(values, [low, high], axis=0)
        figure.add_scatter(
            x=[*ends, *ends[::-1]], y=[*edges[1], *edges[0][::-1]], fill="toself", fillcolor=colour, opacity=opacity,
            line={"width": 0}, hoverinfo="skip", showlegend=False, legendgroup=name, **where,
        )  # fmt: skip
    figure.add_scatter(
        x=ends, y=np.median(values, axis=0), name=name, legendgroup=name, showlegend=legend,
        line={"color": colour, "width": 2}, **where,
    )  # fmt: skip


def _finish(figure: go.Figure, cube: xr.Dataset, *, height: int) -> go.Figure:
    first = periods(cube)[int(np.argmax(forecast_periods(cube)))] - pd.Timedelta(days=91)
    figure.add_vline(x=first.timestamp() * 1000, line_dash="dot", line_color="#999999")
    figure.update_layout(
        template="simple_white", height=height, margin={"l": 60, "r": 20, "t": 50, "b": 40}, hovermode="x unified",
        legend={"orientation": "h", "y": -0.12}, font={"family": "system-ui, sans-serif", "size": 13},
    )  # fmt: skip
    return figure


def overview_picture(cube: xr.Dataset, observations: DataFrame[Observations], market: Market) -> Any:
    """Draw demand, the migration of recommender systems and the split in one picture, with matplotlib.

    Parameters
    ----------
    cube, observations
        Draws of the forecast, and the observations behind it.
    market
        How each definition of the split is read.

    Returns
    -------
    Figure
        Three panels, of matplotlib.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415  (only the picture needs it)

    figure = Figure(figsize=(12, 3.9), layout="constrained")
    fleet, ranking, split = figure.subplots(1, 3)
    for segment in ("hyperscale", "rest"):
        live = draws_of(cube, "accelerators", Part(segment)) / 1e6
        _band(fleet, periods(cube), live, segment, COLOURS[segment])
    for technique in [name for name in _RANKING if f"recsys/{name}" in cube["technique"].values]:
        found = technique_share(cube, technique, of="recsys", base="requests", segment="hyperscale")
        _band(ranking, found.ends, 100 * found.share, technique, COLOURS[technique], _BANDS[1:2])
    _split_panel(split, cube, observations, market)
    titles = ("Accelerators live [million]", "RecSys by hyperscalers, requests [%]", "Hyperscale share of revenue [%]")
    for axes, title in zip((fleet, ranking, split), titles, strict=True):
        _dress(axes, title, "upper right" if axes is ranking else "upper left")
    last = quarter_label(periods(cube)[-1])
    title = f"As of {cube.attrs['origin']}: medians, 80 % (and 95 %) intervals; hardware to {last}"
    figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    return figure


def _split_panel(axes: Any, cube: xr.Dataset, observations: DataFrame[Observations], market: Market) -> None:
    definition, colours = cube.attrs["definition"], _colours(cube)
    share = hyperscale_share(cube, base="revenue", definition=definition)
    _band(axes, periods(cube), 100 * share, definition, COLOURS["hyperscale"])
    rows = select(split_statements(observations, market), measure="share", base="revenue", stage="flow")
    for name, group in rows[rows["period_end"] >= periods(cube)[0]].groupby("definition"):
        middle = group["period_start"] + (group["period_end"] - group["period_start"]) / 2
        colour = colours.get(str(name), _OTHER)
        axes.plot(middle, 100 * group["value"], "D", ms=5, color=colour, label=f"stated, {name}")
    claimed = claimed_share(observations, market)
    if claimed is not None:
        axes.axhline(100 * claimed, ls="--", lw=1, color=_CLAIMED)
    axes.set_ylim(35, 75)


def _dress(axes: Any, title: str, legend: str) -> None:
    from matplotlib.dates import DateFormatter, YearLocator  # noqa: PLC0415  (only the picture needs it)

    axes.set_title(title, loc="left", fontsize=10)
    axes.legend(frameon=False, fontsize=7, loc=legend, ncols=2)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)
    axes.xaxis.set_major_locator(YearLocator())  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(DateFormatter("%Y"))  # type: ignore[no-untyped-call]


def _band(
    axes: Any, ends: pd.DatetimeIndex, values: Array, name: str, colour: str, bands: tuple[Band, ...] = _BANDS[:2]
) -> None:
    for low, high, opacity in bands:
        edges = np.quantile(values, [low, high], axis=0)
        axes.fill_between(ends, edges[0], edges[1], color=colour, alpha=opacity, lw=0)
    axes.plot(ends, np.median(values, axis=0), color=colour, lw=2, label=name)
