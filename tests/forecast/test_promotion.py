from __future__ import annotations

import pytest

from forecast.promotion import decide

CHAMPION = {"crps_ratio": 0.60, "coverage80": 0.80}


@pytest.mark.parametrize(
    ("challenger", "champion", "promote", "said"),
    [
        ((0.60, 0.80), None, True, "promoted: first model; CRPS is 0.600 of the naive benchmark's"),
        ((0.99, 0.10), None, True, "promoted: first model; CRPS is 0.990"),
        ((1.00, 0.80), None, False, "CRPS is 1.000 of the naive benchmark's, not below it"),
        ((1.30, 0.80), CHAMPION, False, "CRPS is 1.300 of the naive benchmark's, not below it"),
        ((0.55, 0.80), CHAMPION, True, "promoted: CRPS ratio 0.550, the champion's 0.600"),
        ((0.61, 0.80), CHAMPION, True, "promoted: CRPS ratio 0.610, the champion's 0.600"),
        ((0.63, 0.80), CHAMPION, False, "CRPS ratio 0.630 is worse than the champion's 0.600"),
        ((0.55, 0.76), CHAMPION, True, "promoted: CRPS ratio 0.550"),
        ((0.55, 0.70), CHAMPION, False, "80 % coverage 0.70 is below the champion's 0.80"),
        ((float("nan"), 0.80), CHAMPION, False, "not promoted: its scores are not finite"),
        ((0.50, float("inf")), None, False, "not promoted: its scores are not finite"),
    ],
)
def test_a_challenger_is_promoted_only_if_finite_better_than_naive_and_no_worse(challenger, champion, promote, said):
    decision = decide(dict(zip(CHAMPION, challenger, strict=True)), champion)
    assert decision.promote is promote
    assert said in decision.reason
