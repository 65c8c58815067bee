"""`shiftcast claim list` and `shiftcast claim check`."""

import pytest
from typer.testing import CliRunner

from shiftcast.pipelines.cli import app


def invoke(*arguments):
    result = CliRunner().invoke(app, ["claim", *arguments, "--as-of", "2026-09-01"])
    if result.exception:
        raise result.exception
    return result.stdout


def test_every_claim_is_listed_by_name():
    listed = invoke("list")
    for name in ("nvda-gtc26-60-40", "nvda-gtc26-one-third", "all-three", "nvda-fy28-customer-forecasts"):
        assert name in listed


def test_a_check_prints_odds_growth_and_bridge():
    printed = invoke("check", "nvda-gtc26-1t", "--draws", "100")
    for said in ("as of 2026-09-01", "as worded", "Growth a quarter it needs", "Bridge from nvda-gtc-dc25-500b"):
        assert said in printed


def test_past_claims_are_printed():
    assert "Past: nvda-guidance-fy27q1" in invoke("check", "nvda-guidance-fy27q3", "--draws", "100")


def test_an_unknown_claim_is_refused_by_name():
    with pytest.raises(ValueError, match="claim 'nobody' was not known"):
        invoke("check", "nobody")
