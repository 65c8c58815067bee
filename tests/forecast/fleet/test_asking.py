"""Questions by plain fields: what is missing, unknown or of the wrong kind, and that fields reach the method."""

import inspect

import pytest

from shiftcast.features.input_error import InputError
from shiftcast.forecast.fleet.asking import FIELDS, ask
from shiftcast.forecast.fleet.planner import Planner


class Echo:
    """A fleet that answers with what it was asked."""

    def __getattr__(self, name):
        return lambda **fields: (name, fields)


REFUSED = {
    (): "question '' is not known; the questions are describe, forecast",
    (("question", "ful"),): "did you mean 'full'?",
    (("question", "full"), ("rsk", 0.1)): "field 'rsk' is not known; did you mean 'risk'?",
    (("question", "full"), ("risk", "much")): "field 'risk' is 'much'; it must be a finite number",
    (("question", "when"), ("technique", "llm")): "question 'when' needs the field 'of'",
    (("question", "budget"), ("year", 2027.5)): "it must be a whole number",
}


@pytest.mark.parametrize("fields", REFUSED)
def test_a_wrong_field_is_refused_with_what_it_may_be(fields):
    with pytest.raises(InputError) as refused:
        ask(Echo(), dict(fields))
    assert REFUSED[fields] in str(refused.value)


def test_fields_are_read_in_their_kind_and_those_left_out_stay_out():
    asked = {"question": "forecast", "through": "2027Q4", "by": "operator, user", "every": None}
    assert ask(Echo(), asked) == ("forecast", {"through": "2027Q4", "by": ("operator", "user")})


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_is_an_argument_of_the_method(name):
    assert set(FIELDS[name]) == set(inspect.signature(getattr(Planner, name)).parameters) - {"self"}
