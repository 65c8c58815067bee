"""Where a series command works: what is refused before Spark starts."""

import pandas as pd
import pytest
from typer.testing import CliRunner

from shiftcast.pipelines.cli import app
from shiftcast.pipelines.commands.volume_summary import of_manifest
from shiftcast.pipelines.spread import Manifest

RUNNER = CliRunner()


@pytest.mark.parametrize("command", ["volume", "shares"])
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--engine", "dask"], "--engine 'dask' is not one of here, spark"),
        (["--master", "local"], "--master local is for --engine spark; name both"),
        (["--engine", "spark", "--plot", "a.png"], "--plot is for one machine; leave it out"),
        (["--engine", "spark"], "--engine spark writes where its workers are: name --output, a file, folder or URI"),
    ],
)
def test_options_that_cannot_go_together_are_refused(command, words, said):
    result = RUNNER.invoke(app, [command, "s3a://bucket/a.csv", "--horizon", "2", *words])
    assert result.exit_code != 0
    assert said in f"{result.output}{result.exception}"


def test_the_summary_of_workers_is_told_as_that_of_this_machine():
    weights = pd.DataFrame({"frequency": ["ME"], "member": ["theta"], "weight": [0.5]})
    noted = {"a": (3, "x")}
    summary = of_manifest(Manifest(7, {"forecast": 9}, won={"theta": 7}, notes=noted, tables={"weights": weights}))
    assert (summary.series, summary.won, summary.notes, summary.noted) == (7, {"theta": 7}, {"a": ("x",)}, {"a": 3})
    assert summary.fans == {}
    assert summary.weights is weights
    assert summary.effects.empty
