import json

import pytest

from shiftcast.pipelines.commands.run_progress import Progress
from shiftcast.pipelines.commands.screen import demand_rows, result_json, show_result

MEASURES = ["accelerators live", "busy GPU-hours", "facility power", "spending"]


def test_demand_rows_are_the_published_quantiles_in_readable_units(finished):
    rows = demand_rows(finished.result)
    assert [row["measure"] for row in rows[::9]] == MEASURES
    assert {row["quarter"] for row in rows} == {"2026Q4", "2027Q4", "2028Q4"}
    assert all(row["low80"] <= row["median"] <= row["high80"] for row in rows)
    power = next(row for row in rows if row["measure"] == "facility power" and row["quarter"] == "2028Q4")
    published = finished.result.bundle.forecaster.forecast("power")
    median = published[(published["period_end"] == "2028-12-31") & (published["quantile"] == 0.5)]["value"].item()
    assert power["median"] == pytest.approx(median / 1e3)
    assert power["unit"] == "GW"


def test_the_json_has_every_answer_and_no_nan(finished):
    plain = json.loads(json.dumps(result_json(finished.result), allow_nan=False))
    assert set(plain) >= {"origin", "version", "reused", "decision", "report", "quarantined", "demand"}
    assert len(plain["crossings"]) == len(finished.result.bundle.forecaster.crossings())
    assert len(plain["split"]) == finished.result.bundle.cube.sizes["period"]
    assert {claim["claim"] for claim in plain["claims"]} == set(finished.result.bundle.tables["claims"]["claim"])


def test_a_person_sees_the_table_the_crossings_the_split_and_the_report(finished, capsys):
    show_result(finished.result)
    shown = capsys.readouterr().out
    for words in (*MEASURES, "hyperscale", "2028Q4", "llm over 50% of search", "Split (hyperscale share",
                  "promoted: first model", "report.html"):  # fmt: skip
        assert words in shown
    assert max(len(line) for line in shown.splitlines()) <= 118 or str(finished.result.out) in shown


def test_progress_goes_to_standard_error_and_ends_with_done(capsys):
    with Progress(shown=True) as progress:
        progress.step("a step")
    shown = capsys.readouterr()
    assert shown.out == ""
    assert [line.split(maxsplit=2)[2] for line in shown.err.splitlines()] == ["a step", "done"]


def test_progress_that_is_not_shown_says_nothing_and_a_failure_is_not_done(capsys):
    with Progress(shown=False) as progress:
        progress.step("a step")
    with pytest.raises(KeyError), Progress(shown=True) as progress:
        raise KeyError
    assert capsys.readouterr() == ("", "")
