"""`/metrics` parsed back by Prometheus' own parser."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from prometheus_client.parser import text_string_to_metric_families

from shiftcast.features.frames import ALL
from shiftcast.pipelines.registry.bundle import BUNDLE
from shiftcast.pipelines.registry.champion import open_bundle
from shiftcast.pipelines.serving.loading import Served
from shiftcast.pipelines.serving.metrics import BUCKETS, Family, Requests, Sample, text_of
from shiftcast.pipelines.serving.told import told_of

ROOT = Path(__file__).resolve().parents[3]
NOW = pd.Timestamp("2026-11-25T12:00:00Z").timestamp()  # five and a half days after the finished run


@pytest.fixture
def told(server):
    """Return the families of a scrape by name, after two questions and a path that is not there."""
    server.gate._clock = lambda: NOW
    server.ask({"question": "claims"})
    server.ask({"question": "claims", "colour": 1})
    server.call(path="/nowhere", method="GET")
    status, headers, body = server.call(path="/metrics", method="GET")
    assert (status, headers[b"content-type"]) == (200, b"text/plain; version=0.0.4; charset=utf-8")
    return {family.name: family for family in text_string_to_metric_families(body.decode())}


def value(told, name, **labels):
    (found,) = [sample.value for family in told.values() for sample in family.samples
                if sample.name == name and sample.labels.items() >= labels.items()]  # fmt: skip
    return found


@pytest.mark.parametrize(
    ("measure", "name", "factor"),
    [("power", "shiftcast_forecast_power_watts", 1e6), ("gpu_hours", "shiftcast_forecast_accelerator_seconds", 3600),
     ("latent_hours", "shiftcast_forecast_latent_accelerator_seconds", 3600),
     ("accelerators", "shiftcast_forecast_accelerators", 1), ("spending", "shiftcast_forecast_spending_dollars", 1),
     ("accelerators_shipped", "shiftcast_forecast_shipped_accelerators", 1)],
)  # fmt: skip
def test_the_figures_are_those_of_the_published_forecast(told, finished, measure, name, factor):
    rows = open_bundle(root=finished.request.root).tables["forecasts"]
    rows = rows[(rows["measure"] == measure) & (rows["leaf"] == "sovereign") & (rows["workload"] == ALL)
                & (rows["technique"] == ALL) & (rows["quantile"] == 0.9)].sort_values("period_end")  # fmt: skip
    shown = [value(told, name, leaf="sovereign", segment="rest", level="0.9", ahead=str(at)) for at in (1, 2, 3, 4)]
    assert shown == pytest.approx((rows["value"].head(4) * factor).tolist(), rel=1e-15)
    starts = [value(told, "shiftcast_forecast_period_start_timestamp_seconds", ahead=str(at)) for at in (1, 2, 3, 4)]
    assert starts == [day.timestamp() for day in rows["period_start"].head(4)]


def test_ages_run_from_the_origin_and_from_the_youngest_figure(told, finished):
    assert value(told, "shiftcast_forecast_age_seconds") == 5.5 * 86_400
    rows = finished.known.history.observations
    youngest = rows.loc[rows["evidence"] != "assumed", "known_at"].max()
    assert value(told, "shiftcast_record_age_seconds") == NOW - youngest.timestamp()


def test_coverage_is_that_of_the_backtest(told, finished):
    (row,) = [each for each in finished.result.bundle.summary.backtest if str(each.horizon) == "all"]
    name = "shiftcast_backtest_coverage_ratio"
    assert value(told, name, interval="0.8", ahead="all") == row.coverage80
    assert value(told, name, interval="0.5", ahead="all") == row.coverage50


def test_requests_are_counted_by_route_and_status(told, server):
    total = "shiftcast_http_requests_total"
    assert value(told, total, route="/invocations", method="POST", status="200") == 1
    assert value(told, total, route="/invocations", method="POST", status="400") == 1
    assert value(told, total, route="other", method="GET", status="404") == 1
    name = "shiftcast_http_request_duration_seconds"
    assert value(told, f"{name}_count", route="/invocations") == 2
    assert value(told, f"{name}_bucket", route="/invocations", le="+Inf") == 2
    assert value(told, f"{name}_sum", route="/invocations") * 1e3 == pytest.approx(
        sum(line["ms"] for line in server.lines[:2]), abs=0.11
    )
    assert value(told, "shiftcast_http_requests_under_way") == 1  # the scrape itself


def test_it_says_which_version_answers_and_whether_one_does(told, serve):
    assert (value(told, "shiftcast_model_ready"), value(told, "shiftcast_model_version")) == (1, 1)
    body = serve(None).call(path="/metrics", method="GET")[2].decode()
    loading = {family.name: family for family in text_string_to_metric_families(body)}
    assert value(loading, "shiftcast_model_ready") == 0
    assert "shiftcast_model_version" not in loading
    assert serve(Served("1", None)).call(path="/metrics", method="HEAD")[2] == b""


def test_names_and_labels_follow_the_conventions(told):
    values = {}
    for family in told.values():
        assert family.documentation
        assert family.type != "unknown"
        for sample in family.samples:
            assert sample.name.startswith("shiftcast_")
            assert not {"quantile", "version_digest"} & sample.labels.keys()
            for label, text in sample.labels.items():
                values.setdefault(label, set()).add(text)
    counters = [family.name for family in told.values() if family.type == "counter"]
    assert counters == ["shiftcast_http_requests"]  # the parser takes _total away
    assert values.keys() == {
        "segment",
        "leaf",
        "ahead",
        "level",
        "interval",
        "route",
        "method",
        "status",
        "le",
        "version",
    }
    assert max(len(texts) for texts in values.values()) < 20  # however long the server lives


def test_the_histogram_counts_each_time_in_all_buckets_above_it():
    requests = Requests()
    for seconds in (0.005, 0.006, 3.0, 99.0):
        requests.add("/ping", "GET", 200, seconds)
    (_, times, _) = requests.families(0)
    counts = [sample.value for sample in times.samples if sample.suffix == "_bucket"]
    expected = [sum(seconds <= bound for seconds in (0.005, 0.006, 3.0, 99.0)) for bound in (*BUCKETS, float("inf"))]
    assert counts == expected
    assert times.samples[-2].value == pytest.approx(102.011)


def test_what_a_label_may_hold_is_read_back_as_it_was():
    odd = 'a "quoted" back\\slash\nand a line'
    text = text_of([Family("x_ratio", "gauge", f"Help with {odd}.", (Sample(0.1, {"leaf": odd}),))])
    (family,) = text_string_to_metric_families(text)
    assert family.samples[0].labels == {"leaf": odd}
    assert (family.samples[0].value, family.documentation) == (0.1, f"Help with {odd}.")


def test_a_fleet_tells_its_hours_by_month(tmp_path):
    files = tmp_path / "artifacts" / BUNDLE
    files.mkdir(parents=True)
    (files / "summary.json").write_text(json.dumps({"origin": "2026-10-31"}), encoding="utf-8")
    pd.DataFrame({"2026-10": [1.0, 1.0], "2026-11": [10.0, 20.0]}).to_parquet(files / "total.parquet")
    pd.DataFrame({"inside80": [True, False, True, True]}).to_parquet(files / "trial.parquet")
    told = {family.name: family for family in told_of(tmp_path).at(NOW)}
    hours = told["shiftcast_fleet_forecast_accelerator_seconds"].samples
    assert {(each.labels["ahead"], each.labels["level"]): each.value / 3600 for each in hours} == pytest.approx(
        {("1", "0.1"): 11.0, ("1", "0.5"): 15.0, ("1", "0.9"): 19.0}
    )
    assert told["shiftcast_backtest_coverage_ratio"].samples[0].value == 0.75
    assert told_of(tmp_path / "none") is None


def test_the_page_lists_every_metric_and_the_dashboard_asks_for_no_other(told):
    names = {name if family.type != "counter" else f"{name}_total" for name, family in told.items()}
    page = (ROOT / "docs" / "machines.md").read_text(encoding="utf-8")
    listed = {each for line in page.splitlines() if line.startswith("| `shiftcast_")
              for each in re.findall(r"`(shiftcast_\w+)`", line.split("|")[1])}  # fmt: skip
    assert listed == names
    samples = {sample.name for family in told.values() for sample in family.samples}
    dashboard = json.loads((ROOT / "docs" / "grafana" / "shiftcast.json").read_text(encoding="utf-8"))
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    queries += [str(of["query"]) for of in dashboard["templating"]["list"]]
    asked = {each for query in queries for each in re.findall(r"shiftcast_\w+", query)}
    assert asked - samples == set()
    assert len(asked) > 12
