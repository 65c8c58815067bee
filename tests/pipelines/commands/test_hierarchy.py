"""`shiftcast hierarchy`: draws add up, and what is wrong with the histories is named."""

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.cli import app

EDGES = "parent,child\ntotal,H\ntotal,R\nH,h1\nH,h2\nR,r1\n"
LEAVES = {"h1": 10.0, "h2": 20.0, "r1": 5.0}


def history():
    random = np.random.default_rng(0)
    ends = pd.date_range("2018-03-31", periods=24, freq="QE").strftime("%Y-%m-%d")
    season = np.tile([1.2, 1.0, 0.8, 1.0], 6)
    return pd.concat(
        pd.DataFrame({"series": name, "period_end": ends, "value": level * season * random.uniform(0.9, 1.1, 24)})
        for name, level in LEAVES.items()
    )


def invoke(folder, rows, *arguments):
    (folder / "edges.csv").write_text(EDGES)
    rows.to_csv(folder / "rows.csv", index=False)
    words = ["hierarchy", str(folder / "rows.csv"), "--hierarchy", str(folder / "edges.csv"), "--horizon", "4"]
    result = CliRunner().invoke(app, [*words, *arguments])
    if result.exception:
        raise result.exception
    return result


def test_draws_add_up_and_quantiles_are_theirs(tmp_path):
    out, paths = tmp_path / "out.csv", tmp_path / "paths.parquet"
    invoke(tmp_path, history(), "--output", str(out), "--paths", str(paths), "--draws", "40")
    draws = pd.read_parquet(paths).pivot_table(index=["period_end", "draw"], columns="series", values="value")
    assert draws["total"].to_numpy() == pytest.approx(draws[["h1", "h2", "r1"]].sum(axis=1).to_numpy())
    assert draws["H"].to_numpy() == pytest.approx(draws[["h1", "h2"]].sum(axis=1).to_numpy())
    told = pd.read_csv(out)
    assert list(told) == ["series", "period_end", "statistic", "quantile", "value"]
    assert sorted(told.period_end.unique()) == ["2024-03-31", "2024-06-30", "2024-09-30", "2024-12-31"]
    median = told[(told.series == "total") & (told["quantile"] == 0.5)].set_index("period_end").value
    assert median.to_numpy() == pytest.approx(draws["total"].groupby("period_end").median().to_numpy())
    assert median.to_numpy() == pytest.approx(35 * np.array([1.2, 1.0, 0.8, 1.0]), rel=0.1)


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    one, two, other = (invoke(tmp_path, history(), "--seed", seed, "--draws", "20").stdout for seed in "001")
    assert one == two != other


def test_a_period_that_is_not_over_is_held_out_with_a_word(tmp_path):
    result = invoke(tmp_path, history(), "--as-of", "2023-11-30", "--draws", "20")
    assert "3 values of periods that are not over: held out" in result.stderr
    assert "2023-12-31" in result.stdout


ROWS = history()


@pytest.mark.parametrize(("rows", "said"), [
    (ROWS[ROWS.series != "r1"], "bottom node 'r1' has no history"),
    (ROWS.replace("r1", "R"), "series 'R' is an inner node"),
    (ROWS.replace("r1", "x"), "series 'x' is no node of the hierarchy"),
    (ROWS[(ROWS.series != "h2") | (ROWS.period_end < "2023")], "series 'h2' ends on 2022-12-31, others later"),
    (ROWS[(ROWS.series != "h2") | (ROWS.period_end != "2022-12-31")], "'h2' has no value on 2022-12-31; fill it"),
    (ROWS[(ROWS.series != "h2") | (ROWS.period_end > "2019")], "'h2' has no value on 2018-03-31; fill it"),
])  # fmt: skip
def test_what_does_not_fit_is_named(tmp_path, rows, said):
    with pytest.raises(InputError, match=said):
        invoke(tmp_path, rows)
