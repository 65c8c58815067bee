import pandas as pd
import pytest

from shiftcast.features.frames import Scores, conform
from shiftcast.forecast.scoring.promotion import decide

NAN = float("nan")
LABELS = {**dict.fromkeys(("segment", "leaf", "workload", "technique"), "all"), "measure": "log_revenue",
          "base": "none", "definition": "data_center", "scenario": "base"}  # fmt: skip


def scores(cost, coverage=0.8, *, crps=0.2, naive=0.22, drift=0.23, origins=("2024-03-01", "2024-06-01")):
    """Return a backtest whose means are the figures given."""
    rows = [
        {**LABELS, "origin": origin, "horizon": 1.0, "model": model, "metric": name, "value": value}
        for origin in origins
        for model, name, value in (
            ("shiftcast", "build_cost", cost), ("shiftcast", "coverage80", coverage), ("shiftcast", "crps", crps),
            ("last_value", "crps", naive), ("drift", "crps", drift), ("last_value_guided", "crps", naive + 0.02),
            ("drift_guided", "crps", 0.21),
        )
    ]  # fmt: skip
    return conform(pd.DataFrame(rows), Scores)


def without(metric, table):
    return table[table["metric"] != metric]


@pytest.mark.parametrize(
    ("challenger", "champion", "promote", "said"),
    [
        (
            scores(0.09),
            None,
            True,
            "promoted: first model; CRPS 0.2000, last_value 0.2200, drift 0.2300, last_value_gu",
        ),
        (scores(0.09), None, True, "drift_guided 0.2100; build cost 0.0900 of demand"),
        (scores(0.09, crps=0.22), None, False, "CRPS 0.2200 is not below that of the naive last_value 0.2200, drift_g"),
        (scores(0.09, crps=0.215), scores(0.2), False, "not below that of the naive drift_guided 0.2100"),
        (scores(0.09), scores(0.1), True, "promoted: build cost 0.0900, the champion's 0.1000, over 2 origins"),
        (scores(0.101), scores(0.1), True, "promoted: build cost 0.1010, the champion's 0.1000"),
        (scores(0.103), scores(0.1), False, "build cost 0.1030 is worse than the champion's 0.1000 over 2 origins"),
        (scores(0.09, 0.76), scores(0.1), True, "promoted: build cost 0.0900"),
        (scores(0.09, 0.70), scores(0.1), False, "80 % coverage 0.70 is below the champion's 0.80 over 2"),
        (scores(NAN), scores(0.1), False, "not promoted: its scores are not finite"),
        (scores(0.09, crps=NAN), None, False, "not promoted: its scores are not finite"),
        (scores(0.09, naive=NAN), scores(0.1), False, "not promoted: its scores are not finite"),
        (scores(0.09), without("build_cost", scores(0.1)), True, "the champion has no decision score to compare with"),
        (scores(0.09), scores(0.01, origins=("2020-01-01",)), True, "no decision score to compare with"),
    ],
)
def test_a_challenger_is_promoted_only_if_finite_better_than_naive_and_no_worse(challenger, champion, promote, said):
    decision = decide(challenger, champion)
    assert decision.promote is promote
    assert said in decision.reason


def test_only_origins_in_common_are_compared():
    easy = scores(0.01, origins=("2020-01-01",))
    mine = pd.concat([scores(0.11), easy], ignore_index=True)
    assert "worse than the champion's 0.1000 over 2 origins" in decide(mine, scores(0.1)).reason


def test_segments_do_not_decide():
    wrong = scores(9.0).assign(segment="rest")
    assert decide(pd.concat([scores(0.09), wrong]), None).promote
