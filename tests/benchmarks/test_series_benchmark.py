"""The page of volumes shows what the benchmark wrote, ours is within the bars, and what was published has a source."""

import sys
from pathlib import Path

import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import series_page as page
import volume_traces

sys.path.pop(0)


@pytest.mark.parametrize(("file", "made"), [(page.PAGE, page.block), (page.README, page.sentence)])
def test_the_pages_show_the_results(file, made):
    text = file.read_text(encoding="utf-8")
    assert text.split(page.BEGIN)[1].split(page.END)[0].strip() == made()


def test_every_set_was_run_by_ours_and_by_peers_or_is_said_not_to_be():
    rows = pd.read_csv(page.ACCURACY)
    names = {trace.name for trace in volume_traces.TRACES}
    assert set(rows.set) <= names
    assert set(rows[rows.model == page.MODEL].set) == set(rows.set)
    assert rows.groupby("set").model.count().min() > 1
    assert rows.crps.gt(0).all()
    left = page.ran_on().partition("Not in this run: ")[2].rstrip(".")
    assert set(filter(None, left.split(", "))) == names - set(rows.set)


def test_ours_is_within_the_bar_of_each_peer():
    over = page.real(page.ratios()).mean()
    worse = {name: (over[name], bar) for name, bar in page.BARS.items() if name in over.index and over[name] > bar}
    assert worse == {}
    assert set(over.index) <= set(page.BARS)


def test_published_figures_have_a_source_and_a_base():
    rows = pd.read_csv(page.PUBLISHED)
    assert rows.notna().all().all()
    assert rows.source.str.startswith("https://").all()
    assert set(rows.evidence) <= {"vendor", "independent"}
    assert set(rows.confidence) <= {"read", "recalled"}
    for _, part in rows.groupby(["benchmark", "set", "metric"]):
        assert (part.model == page.BEST).sum() == 1


def test_ratios_and_goals_by_hand(monkeypatch, tmp_path):
    rows = [
        ("a", "sub-hourly", page.MODEL, 0.6, 0.8), ("a", "sub-hourly", page.BEST, 1.0, 0.7),
        ("b", "monthly and slower", page.MODEL, 0.95, 0.8), ("b", "monthly and slower", page.BEST, 1.0, 0.9),
        ("c", "generated", page.MODEL, 1.0, 0.8), ("c", "generated", "Prophet", 2.0, 0.5),
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["set", "kind", "model", "crps", "cover80"]).assign(mase=1.0)
    table.to_csv(tmp_path / "volume.csv", index=False)
    monkeypatch.setattr(page, "ACCURACY", tmp_path / "volume.csv")
    told = page.goals()
    assert (
        "sub-hourly 0.600 against 0.70 on 1 sets: met; monthly and slower 0.950 against 0.90 on 1 sets: missed" in told
    )
    assert page.ratios()["Prophet"].dropna().tolist() == [0.5]
    assert "| c (generated) | **1.000**; 80 % | - | 2.000; 50 % |" in page.scores_table()
    assert "| all real sets, 2 | 0.775 | - |" in page.ratio_table()
