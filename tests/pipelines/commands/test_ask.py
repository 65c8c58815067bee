import json

import pytest
from typer.testing import CliRunner

from shiftcast.pipelines.cli import app


@pytest.fixture
def call(finished):
    def invoke(*words):
        return CliRunner().invoke(app, [*words, "--root", str(finished.request.root)], catch_exceptions=True)

    return invoke


def test_ask_prints_a_table(call):
    done = call("ask", "when", "technique=llm", "of=recsys", "base=gpu_hours", "segment=hyperscale", "level=0.5")
    assert done.exit_code == 0
    assert "is when large language models pass 50 % of" in " ".join(done.output.split())
    assert "Quarter, 50% interval" in done.output


def test_what_a_question_takes_is_listed_without_a_store():
    done = CliRunner().invoke(app, ["ask", "site", "--takes"], catch_exceptions=False)
    assert done.exit_code == 0
    for told in ("flex_hours", "hour/year", "MW_facility", "needed", ">= 0.01, <= 1"):
        assert told in done.output


def test_what_all_rows_share_is_printed_once(call):
    done = call("ask", "quantiles", "measure=power", "horizon=3", "quantiles=0.1,0.9")
    assert done.output.count("unit: MW_facility") == 1
    assert sum(line.strip().startswith("202") for line in done.output.splitlines()) == 3
    assert "90 % are below" in done.output


def test_quantiles_of_one_figure_stand_in_one_cell(call):
    done = call("ask", "techniques", "of=recsys", "segment=rest")
    (whole,) = json.loads(call("ask", "techniques", "of=recsys", "segment=rest", "--json").output)["predictions"]
    told = whole["rows"][0]
    low, middle, high = (f"{told[f'requests_q{each}']:.3g}" for each in (100, 500, 900))
    assert f"{middle} ({low} to {high})" in done.output
    assert "_q" not in done.output


def test_what_is_wanted_and_not_served_is_a_measure_and_a_lifted_ceiling_joins_the_scenario(call):
    done = call("ask", "forecast", "measure=latent_hours", "leaf=sovereign")
    assert "unit: accelerator_hour/quarter" in done.output
    asked = ("ask", "quantiles", "measure=spending", "horizon=2", "--json")
    by_text = call(*asked, "scenario=generative*2; lift power; lift memory")
    assert json.loads(by_text.output)
    assert call(*asked, "scenario=generative*2", "--lift", "power", "--lift", "memory").output == by_text.output
    assert json.loads(call("ask", "limits", "by=2026Q4", "--lift", "power", "--json").output)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("ask", "quantiles", "power"), "'power' is not of the form field=value, such as measure=power"),
        (("ask", "quantiles", "measure=power", "horizon=x"), "field 'horizon' is 'x'; it must be a number"),
        (("ask", "poem"), "question 'poem' is not known"),
        (("why",), "give --start, to compare two quarters, or --from"),
        (("why", "--start", "2025Q1", "--from", "1"), "give --start, to compare two quarters, or --from"),
        (("why", "--from", "v99"), "there is no model version 99"),
        (("why", "--from", "nobody"), "no model has the alias 'nobody'"),
    ],
)
def test_what_cannot_be_asked_is_named(call, words, said):
    done = call(*words)
    assert isinstance(done.exception, ValueError)
    assert said in str(done.exception)


def test_why_between_quarters_adds_up_and_warns(call):
    done = call("why", "--start", "2025Q2", "--end", "2026Q2")
    assert "Accounting, not causation" in done.output
    (told,) = json.loads(call("why", "--start", "2025Q2", "--end", "2026Q2", "--json").stdout)["predictions"]
    rows = told["rows"]
    assert [row["factor"] for row in rows][1:-1] == [
        "volume", "technique mix", "hours a request", "work not counted in requests",
    ]  # fmt: skip
    assert sum(row["mean"] for row in rows[:-1]) == pytest.approx(rows[-1]["mean"], rel=1e-12)


def test_why_between_the_same_forecast_finds_nothing(call):
    done = call("why", "--from", "1")
    assert done.exit_code == 0
    assert "No input of the two differs; the code may." in done.output
    (told,) = json.loads(call("why", "--from", "v1", "--to", "champion", "--json").stdout)["predictions"]
    assert [row["mean"] for row in told["rows"][1:-1]] == [0.0] * 4
    ((before, rest, after),) = told["more"].values()
    assert (rest["step"], rest["mean"]) == ("drawing, settings and code", 0.0)
    assert before["mean"] == after["mean"]
    plain = call("why", "--from", "1", "--no-news", "--by", "request", "--segment", "rest")
    assert plain.exit_code == 0
    assert "news by news" not in plain.output


def test_why_splits_the_hours_of_a_request_into_their_terms(call):
    done = call("why", "--start", "2025Q2", "--end", "2026Q2", "--by", "request", "--json")
    (told,) = json.loads(done.stdout)["predictions"]
    effects = {row["factor"]: row["mean"] for row in told["rows"]}
    assert effects["software"] < 0 < effects["growth of models"]
    assert sum(list(effects.values())[:-1]) == pytest.approx(effects["2026Q2"], rel=1e-12)
