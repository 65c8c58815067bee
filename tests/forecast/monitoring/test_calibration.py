import numpy as np
import pytest
from scipy.special import ndtr

from shiftcast.forecast.monitoring.calibration import FEWEST, LIMIT, RECENT, WIDEST, check_calibration, cusum, wider_by
from shiftcast.forecast.monitoring.findings import ALARM, OK, UNJUDGED, findings_table


def by_check(pit):
    return {each.check: each for each in check_calibration(pit, subject="x")}


def test_the_cusum_by_hand():
    assert cusum(np.array([0.5, 0.5, -2.0, 1.0])).tolist() == [0.5, 1.0, 0.0, 1.0]


def test_errors_as_promised_raise_nothing():
    even = (np.arange(RECENT) + 0.5) / RECENT
    found = by_check(np.r_[even[::2], even[1::2]])
    assert {each.status for each in found.values()} == {OK}


@pytest.mark.parametrize(("level", "check"), [(0.93, "calibration.high"), (0.07, "calibration.low")])
def test_a_shift_is_found_on_its_own_side(level, check):
    found = by_check([level] * RECENT)
    assert next(name for name, each in found.items() if each.status == ALARM and "spread" not in name) == check
    assert found[check].value == pytest.approx(RECENT * (1.4758 - 0.5), abs=0.01)


def test_too_narrow_intervals_are_found_by_spread_and_coverage():
    found = by_check([0.01, 0.99] * 6)
    assert {name for name, each in found.items() if each.status == ALARM} == {"calibration.spread", "coverage80"}
    assert found["coverage80"].note == "80 % intervals held 0 of the last 12 actuals"


def test_a_break_is_found_within_six_quarters_and_calm_is_not_taken_for_one():
    random = np.random.default_rng(7)
    calm = [by_check(ndtr(random.standard_normal(RECENT))) for _ in range(300)]
    false = np.mean([any(e.status == ALARM for n, e in f.items() if n == "calibration.high") for f in calm])
    broken = [by_check(ndtr(np.r_[random.standard_normal(6), random.standard_normal(6) + 2])) for _ in range(300)]
    power = np.mean([f["calibration.high"].status == ALARM for f in broken])
    assert false < 0.06
    assert power > 0.9


def test_few_actuals_are_not_judged():
    (only,) = check_calibration([0.5] * (FEWEST - 1), subject="x")
    assert (only.status, only.note) == (UNJUDGED, "5 actuals came; 6 are needed")
    assert findings_table([only])["check"].tolist() == ["calibration"]


@pytest.mark.parametrize("value", [-0.1, 1.1, np.nan])
def test_values_that_are_no_pit_are_refused(value):
    with pytest.raises(ValueError, match="x: PIT values lie in"):
        check_calibration([0.5] * 8 + [value], subject="x")


def test_how_much_wider_undoes_the_errors_seen():
    random = np.random.default_rng(1)
    scores = 1.8 * random.standard_normal(RECENT)
    assert wider_by(ndtr(scores)) == pytest.approx(np.sqrt(np.mean(scores**2)), abs=2e-3)
    assert wider_by([1.0] * RECENT) == WIDEST
    assert LIMIT > 0
