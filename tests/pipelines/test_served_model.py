from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from mlflow.exceptions import MlflowException

from pipelines.registry import bundle_folder, champion_version, open_store
from pipelines.served_model import ARTIFACT, EXAMPLE, SIGNATURE, ShiftcastModel

WHEN = {"question": "when", "technique": "llm", "of": "recsys", "base": "gpu_hours", "segment": "hyperscale"}
SPLIT = {"question": "split", "base": "revenue", "definition": "recast_2"}
POWER = {"question": "forecast", "measure": "power", "segment": "rest"}


@pytest.fixture(scope="module")
def model(finished):
    store = open_store(finished.request.root)
    folder = bundle_folder(store, champion_version(store))
    served = ShiftcastModel()
    served.load_context(SimpleNamespace(artifacts={ARTIFACT: str(folder)}))
    return served


def ask(model, *questions, **options):
    return model.predict(None, pd.DataFrame(list(questions)), **options)


@pytest.mark.parametrize("question", [WHEN, SPLIT, POWER, {"question": "claims"}], ids=lambda q: q["question"])
def test_the_served_answer_is_the_forecaster_s(model, finished, question):
    served = ask(model, question).drop(columns="row")
    answer = finished.result.bundle.forecaster.ask(question)
    dated = answer.assign(**{n: answer[n].dt.strftime("%Y-%m-%d") for n in answer.select_dtypes("datetimetz")})
    pd.testing.assert_frame_equal(served, dated)


def test_a_batch_answers_each_question_as_alone_and_numbers_the_rows(model):
    both = ask(model, WHEN, SPLIT)
    assert both["row"].tolist() == [0] + [1] * (len(both) - 1)
    alone = ask(model, SPLIT).drop(columns="row")
    together = both[both["row"] == 1][alone.columns].reset_index(drop=True)
    pd.testing.assert_frame_equal(together, alone, check_dtype=False)


def test_missing_cells_take_the_defaults(model):
    left_out = ask(model, WHEN)
    empty = ask(model, {**WHEN, "above": np.nan, "level": None, "measure": None})
    pd.testing.assert_frame_equal(left_out, empty)
    pd.testing.assert_frame_equal(left_out, ask(model, {**WHEN, "above": 0.5, "level": 0.8}))


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ({**WHEN, "colour": "red"}, "field 'colour' is not known"),
        ({"question": "why"}, "row 0: question 'why' is not known; ask one of forecast, when, split, claims, impose"),
        ({"question": None}, "row 0: question '' is not known"),
        ({**POWER, "measure": "happiness"}, "row 0: measure 'happiness' is not forecast; choose one of gpu_hours"),
        ({**WHEN, "base": "love"}, "row 0: .*love"),
        ({**SPLIT, "definition": "mine"}, "row 0: .*mine"),
        ({"question": "when", "technique": "llm"}, "row 0: question 'when': missing"),
        ({"question": "claims", "measure": "power"}, "row 0: question 'claims': got an unexpected .*measure"),
    ],
)
def test_a_wrong_question_is_refused_with_the_field(model, question, said):
    with pytest.raises(MlflowException, match=said) as refused:
        ask(model, question)
    assert refused.value.get_http_status_code() == 400


def test_params_are_refused(model):
    with pytest.raises(MlflowException, match="field 'temperature' is not known"):
        ask(model, WHEN, params={"temperature": "1"})


def test_the_example_is_answered_and_keeps_the_signature(model):
    assert len(ask(model, *EXAMPLE.to_dict("records"))) == 1
    assert set(EXAMPLE.columns) <= set(SIGNATURE.inputs.input_names())
