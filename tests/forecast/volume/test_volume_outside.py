"""Members from outside: given each history up to each origin and no more, weighted and shipped as others are."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from shiftcast.features.panel import panels
from shiftcast.forecast.volume import fit_volumes, outside_member, own_priors
from shiftcast.forecast.volume.members import MEMBERS, run_members
from shiftcast.forecast.volume.past import look_back
from shiftcast.pipelines.sources.beliefs import shipped_beliefs


def panel(values):
    """Return a panel of months of the columns of a table."""
    values = np.asarray(values, dtype=float)
    ends = pd.date_range("2018-01-31", periods=len(values), freq="ME")
    wide = pd.DataFrame(values, ends.rename("period_end"), [f"s{n}" for n in range(values.shape[1])])
    rows = wide.rename_axis("series", axis=1).stack().rename("value").reset_index()  # noqa: PD013  (a table of one unit)
    return panels(rows)[0][0]


def logistic(length=90, series=6):
    """Return series that look random and follow a rule: x' = 3.9 x (1 - x)."""
    x = np.random.default_rng(2).uniform(0.1, 0.9, series)
    rows = []
    for _ in range(length):
        rows.append(x)
        x = 3.9 * x * (1 - x)
    return 100 * np.array(rows)


def follows(histories, horizon):
    """Go on by that rule."""
    x, ahead = np.array([each[-1] for each in histories]) / 100, []
    for _ in range(horizon):
        x = 3.9 * x * (1 - x)
        ahead.append(100 * x)
    return np.array(ahead).T


def repeats(histories, horizon):
    return np.array([np.full(horizon, each[-1]) for each in histories])


def fitted(values, horizon=2, **outside):
    members = {name: outside_member(name, model) for name, model in outside.items()}
    return fit_volumes(panel(values), horizon=horizon, priors=replace(own_priors(shipped_beliefs()), outside=members))


def test_a_model_that_knows_the_rule_is_weighted_for_it_and_ships():
    values = logistic()
    fit = fitted(values[:-2], rule=follows)
    assert set(fit.shipped) == {"rule"}
    assert fit.scale.inverse(fit.path) == pytest.approx(values[-2:].T, rel=0.02)
    error = fit.weights.set_index("member").error
    assert error["rule"] < 0.01 * error["last_value"]


def test_a_model_that_knows_nothing_is_weighted_as_what_it_repeats():
    weights = fitted(logistic(), same=repeats).weights.set_index("member").weight
    assert weights["same"] == pytest.approx(weights["last_value"])


def test_a_model_is_given_each_history_from_its_first_value_to_each_origin():
    values = logistic(40, 2)
    values[:15, 1] = np.nan
    values[20, 0] = np.nan  # a gap
    past = look_back(panel(values), 3, origins=4)
    given = []
    path = outside_member("spy", lambda histories, horizon: given.extend(histories) or repeats(histories, horizon))(
        past
    )
    assert sorted(map(len, given)) == sorted([*past.origins, *(past.origins - 15)])
    assert all(np.isfinite(each).all() for each in given)
    assert given[0][:15] == pytest.approx(values[:15, 0])
    assert path == pytest.approx(MEMBERS["last_value"](past))


def test_quantiles_stand_for_their_median_and_nothing_is_below_zero():
    past = look_back(panel(logistic(40, 2)), 3, origins=4)
    levels = np.array([-9.0, 0.5, 7.0])
    ahead = outside_member("q", lambda h, n: np.broadcast_to(levels, (len(h), n, 3)))(past)
    assert past.scale.inverse(ahead) == pytest.approx(np.full(ahead.shape, 0.5))
    below = outside_member("low", lambda h, n: np.full((len(h), n), -4.0))(past)
    assert (past.scale.inverse(below) == 0).all()


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda h, n: np.zeros((len(h), n + 1)), r"member 'm' gave shape \(\d+, 4\) for \d+ histories 3 ahead"),
        (lambda h, n: np.zeros((len(h), n, 2)), r"or with an odd number of levels"),
        (lambda h, n: np.full((len(h), n), np.nan), "member 'm' gave a value that is not finite"),
    ],
)
def test_an_answer_of_another_shape_is_refused(answer, told):
    with pytest.raises(ValueError, match=told):
        outside_member("m", answer)(look_back(panel(logistic(40, 2)), 3, origins=4))


def test_a_name_that_a_member_has_is_no_name_for_another():
    past = look_back(panel(logistic(40, 2)), 3, origins=4)
    with pytest.raises(ValueError, match="member 'theta' is there already"):
        run_members(past, None, {"theta": outside_member("theta", repeats)})
