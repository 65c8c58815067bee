"""Every question has one schema, and what answers it has the same fields and defaults."""

import inspect

import pytest

from shiftcast.forecast.answers import Forecaster
from shiftcast.forecast.capacity.plan import Plan
from shiftcast.forecast.capacity.purchases import Limits
from shiftcast.forecast.capacity.retire import Retirement
from shiftcast.forecast.capacity.scenario_regret import Regretted
from shiftcast.forecast.economics.costs import Costing
from shiftcast.forecast.economics.site import Site
from shiftcast.forecast.effects.changes import Attributed
from shiftcast.forecast.effects.learning import LearnNext
from shiftcast.forecast.effects.ranking import Rank
from shiftcast.forecast.effects.turned_away import Latent
from shiftcast.forecast.fleet.newcomer import Newcomer
from shiftcast.forecast.questions import KINDS, QUESTIONS, field_rows, json_schema
from shiftcast.forecast.questions.reading import is_context, kind_of
from shiftcast.forecast.views.compared import Compared
from shiftcast.forecast.views.contract_answer import Held

OWN = {
    "contract": Held, "attribute": Attributed, "learn_next": LearnNext, "rank": Rank, "latent": Latent, "plan": Plan,
    "limits": Limits, "site": Site, "cost": Costing, "retire": Retirement, "scenario": Compared, "regret": Regretted,
    "newcomer": Newcomer,
}  # fmt: skip
PART = ("segment", "leaf", "workload", "technique")


def arguments(question):
    """Return the schema's arguments with their defaults; what is needed has none."""
    fields = {name: field for name, field in QUESTIONS[question].model_fields.items() if not is_context(field)}
    return {name: "needed" if field.is_required() else field.default for name, field in fields.items()}


def parameters(question):
    """Return those of the method, or of the class behind it, likewise."""
    called = OWN.get(question) or getattr(Forecaster, question)
    found = {}
    for name, each in inspect.signature(called).parameters.items():
        if each.kind is each.VAR_KEYWORD:
            found |= dict.fromkeys(PART, "all")
        elif name != "self":
            empty = each.default is each.empty
            made = str(each.default) == "<factory>"
            found[name] = "needed" if empty else {} if made else each.default
    return found


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_schema_has_the_fields_and_defaults_of_what_answers(question):
    assert arguments(question) == parameters(question)


def test_a_field_is_of_one_kind_whichever_question_takes_it():
    for schema in QUESTIONS.values():
        assert {name: kind_of(field) for name, field in schema.model_fields.items()}.items() <= KINDS.items()


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_field_says_what_it_means_and_numbers_their_unit(question):
    for row in field_rows(question):
        assert row["meaning"]
        text = row["kind"] == "text" or row["kind"].startswith(("pairs", "names", "rows", "yes"))
        assert bool(row["unit"]) != text or row["field"] == "seed"


def test_an_unknown_question_has_no_fields():
    with pytest.raises(ValueError, match="question 'poem' is not known; ask one of forecast"):
        field_rows("poem")


def test_the_json_schema_names_what_is_needed_and_takes_nothing_else():
    when = json_schema()["when"]
    assert when["required"] == ["technique", "of", "base", "segment"]
    assert when["additionalProperties"] is False
    assert when["properties"]["above"] == {
        "context": False, "default": 0.5, "description": "threshold that the share passes", "exclusiveMaximum": 1.0,
        "exclusiveMinimum": 0.0, "title": "Above", "type": "number", "unit": "share",
    }  # fmt: skip
