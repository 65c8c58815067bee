import pandas as pd
import pytest

from shiftcast.features.frames import Scores, conform
from shiftcast.forecast.scoring.promotion import decide

NAN = float("nan")
LABELS = {**dict.fromkeys(("segment", "leaf", "workload", "technique"), "all"), "measure": "log_revenue",
          "base": "none", "definition": "data_center", "scenario": "base"}  # fmt: skip


def scores(cost, coverage=0.8, *, naive=0.12, drift=0.13, origins=("2024-03-01", "2024-06-01"), metric="build_cost"):
    """Return a backtest whose means are the figures given."""
    rows = [
        {**LABELS, "origin": origin, "horizon": 1.0, "model": model, "metric": name, "value": value}
        for origin in origins
        for model, name, value in (
            ("shiftcast", metric, cost), ("shiftcast", "coverage80", coverage), ("last_value", metric, naive),
            ("drift", metric, drift),
        )
    ]  # fmt: skip
    return conform(pd.DataFrame(rows), Scores)


@pytest.mark.parametrize(
    ("challenger", "champion", "promote", "said"),
    [
        (scores(0.09), None, True, "promoted: first model; build cost 0.0900 of demand, last_value 0.1200, drift 0.13"),
        (scores(0.09, 0.1), None, True, "promoted: first model"),
        (scores(0.12), None, False, "build cost 0.1200 of demand is not below that of the naive last_value 0.1200"),
        (scores(0.125), scores(0.2), False, "not below that of the naive last_value 0.1200"),
        (scores(0.09), scores(0.1), True, "promoted: build cost 0.0900, the champion's 0.1000, over 2 origins"),
        (scores(0.101), scores(0.1), True, "promoted: build cost 0.1010, the champion's 0.1000"),
        (scores(0.103), scores(0.1), False, "build cost 0.1030 is worse than the champion's 0.1000 over 2 origins"),
        (scores(0.09, 0.76), scores(0.1), True, "promoted: build cost 0.0900"),
        (scores(0.09, 0.70), scores(0.1), False, "80 % coverage 0.70 is below the champion's 0.80 over 2"),
        (scores(NAN), scores(0.1), False, "not promoted: its scores are not finite"),
        (scores(0.09, naive=NAN), scores(0.1), False, "not promoted: its scores are not finite"),
        (scores(0.09), scores(0.1, metric="crps"), True, "the champion has no decision score to compare with"),
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
