"""Write what machines read into the docs: ``python docs/make_machines.py`` from the root.

The OpenAPI documents of the world's model and of a fleet's come from the schemas of questions; the dashboard from the
panels below.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from shiftcast.forecast.fleet import asking
from shiftcast.pipelines.registry.maker import present_maker
from shiftcast.pipelines.serving.openapi import openapi
from shiftcast.pipelines.serving.payload import WORLD, RequestLimits, Taken

DOCS = Path(__file__).parent
FLEET = Taken("shiftcast-fleet", asking.KINDS, ("question",), asking.json_schema())
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
HERE = '{segment="$segment", leaf="$leaf", ahead="$ahead"}'
ASKED = 'shiftcast_http_request_duration_seconds_bucket{route="/invocations"}'
STATS = (
    ("Version that answers", "none", "shiftcast_model_version"),
    ("Ready", "bool_yes_no", "shiftcast_model_ready"),
    ("Age of the forecast", "s", "shiftcast_forecast_age_seconds"),
    ("Age of the youngest figure", "s", "shiftcast_record_age_seconds"),
)
FANS = (
    ("Power at the meter", "watt", "shiftcast_forecast_power_watts"),
    ("Accelerators live", "short", "shiftcast_forecast_accelerators"),
    ("Accelerators shipped in the quarter", "short", "shiftcast_forecast_shipped_accelerators"),
    ("Spending in the quarter", "currencyUSD", "shiftcast_forecast_spending_dollars"),
    ("Busy accelerator time in the quarter", "s", "shiftcast_forecast_accelerator_seconds"),
    ("Accelerator time wanted and not served", "s", "shiftcast_forecast_latent_accelerator_seconds"),
)


def documents() -> dict[Path, str]:
    """Return every file that is made, with its text."""
    version, limits = present_maker().shiftcast, RequestLimits()
    made = {
        DOCS / "openapi.json": openapi(WORLD, version=version, limits=limits),
        DOCS / "openapi_fleet.json": openapi(FLEET, version=version, limits=limits),
        DOCS / "grafana" / "shiftcast.json": dashboard(),
    }
    return {path: json.dumps(content, indent=1) + "\n" for path, content in made.items()}


def dashboard() -> dict[str, Any]:
    """Return the dashboard: what answers and how old it is, the forecast, how its intervals held, and requests."""
    panels = [
        *(_panel("stat", title, unit, [(expr, "")], x=6 * at, y=0, w=6, h=4)
          for at, (title, unit, expr) in enumerate(STATS)),
        *(_panel("timeseries", title, unit, [(f"{expr}{HERE}", "{{level}} quantile")], x=12 * (at % 2),
                 y=4 + 8 * (at // 2)) for at, (title, unit, expr) in enumerate(FANS)),
        _panel("bargauge", "Coverage in the backtest, all horizons", "percentunit",
               [('shiftcast_backtest_coverage_ratio{ahead="all"}', "{{interval}} interval")], x=0, y=28),
        _panel("timeseries", "Requests a second by status", "reqps",
               [("sum by (status) (rate(shiftcast_http_requests_total[5m]))", "{{status}}")], x=12, y=28),
        _panel("timeseries", "Time of an answer", "s", [
            (f"histogram_quantile({level}, sum by (le) (rate({ASKED}[5m])))", f"{level} quantile")
            for level in (0.5, 0.99)
        ], x=0, y=36),
        _panel("timeseries", "Requests under way", "short", [("shiftcast_http_requests_under_way", "")], x=12, y=36),
    ]  # fmt: skip
    return {
        "id": None, "uid": "shiftcast", "title": "shiftcast", "tags": ["forecast", "capacity"], "timezone": "utc",
        "schemaVersion": 39, "version": 1, "editable": True, "refresh": "1m", "graphTooltip": 1,
        "time": {"from": "now-7d", "to": "now"}, "annotations": {"list": []}, "links": [],
        "templating": {"list": [
            {"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Data source"},
            *(_variable(name, label) for name, label in (("segment", "Segment"), ("leaf", "Leaf"),
                                                         ("ahead", "Quarters ahead"))),
        ]},
        "panels": [{"id": number, **panel} for number, panel in enumerate(panels, start=1)],
    }  # fmt: skip


def _variable(name: str, label: str) -> dict[str, Any]:
    query = f"label_values(shiftcast_forecast_power_watts, {name})"
    return {
        "name": name, "label": label, "type": "query", "datasource": SOURCE, "refresh": 2, "sort": 1, "multi": False,
        "includeAll": False, "definition": query, "query": {"query": query, "refId": name},
        "current": {"text": "1", "value": "1"} if name == "ahead" else {"text": "all", "value": "all"},
    }  # fmt: skip


def _panel(
    kind: str, title: str, unit: str, queries: list[tuple[str, str]], *, x: int, y: int, w: int = 12, h: int = 8
) -> dict[str, Any]:
    targets = [
        {"refId": chr(ord("A") + at), "datasource": SOURCE, "expr": expr, "legendFormat": legend or "__auto"}
        for at, (expr, legend) in enumerate(queries)
    ]
    return {
        "type": kind, "title": title, "datasource": SOURCE, "gridPos": {"h": h, "w": w, "x": x, "y": y},
        "fieldConfig": {"defaults": {"unit": unit}, "overrides": []}, "options": {}, "targets": targets,
    }  # fmt: skip


if __name__ == "__main__":
    for path, text in documents().items():
        path.write_text(text, encoding="utf-8")
