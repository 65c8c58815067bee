from types import SimpleNamespace

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.exceptions import MlflowException
from threadpoolctl import threadpool_info, threadpool_limits

from shiftcast.pipelines.registry import served_model
from shiftcast.pipelines.registry.mlflow_store import bundle_folder, champion_version, open_store
from shiftcast.pipelines.registry.one_thread import one_thread
from shiftcast.pipelines.registry.served_model import ARTIFACT, EXAMPLE, SIGNATURE, ShiftcastModel

WHEN = {"question": "when", "technique": "llm", "of": "recsys", "base": "gpu_hours", "segment": "hyperscale"}
SPLIT = {"question": "split", "base": "revenue", "definition": "recast_2"}
POWER = {"question": "forecast", "measure": "power", "segment": "rest"}
QUANTILES = {"question": "quantiles", "measure": "power", "leaf": "edge"}
DRAWS = {"question": "draws", "measure": "gpu_hours", "horizon": 2.0, "draws": 5.0}
SHARE = {"question": "share", "technique": "llm", "of": "search", "base": "requests", "segment": "rest"}
WHY = {"question": "attribute", "start": "2026Q1", "end": "2027Q1"}
ALL = (WHEN, SPLIT, POWER, QUANTILES, DRAWS, SHARE, WHY, {"question": "claims"})


@pytest.fixture(scope="module")
def model(finished):
    store = open_store(finished.request.root)
    folder = bundle_folder(store, champion_version(store))
    served = ShiftcastModel()
    served.load_context(SimpleNamespace(artifacts={ARTIFACT: str(folder)}))
    return served


def ask(model, *questions, **options):
    return model.predict(None, pd.DataFrame(list(questions)), **options)


@pytest.mark.parametrize("question", ALL, ids=lambda q: q["question"])
def test_the_served_answer_is_the_forecaster_s(model, finished, question):
    served = [{name: value for name, value in row.items() if name != "row"} for row in ask(model, question)]
    forecaster = finished.result.bundle.forecaster
    assert served == forecaster.rows(question)
    frame = forecaster.ask(question)
    assert list(served[0]) == list(frame.columns)
    assert len(served) == len(frame)
    numbers = frame.select_dtypes("number").dropna()
    for name in numbers:
        assert [served[row][name] for row in numbers.index] == numbers[name].tolist()


def test_a_batch_answers_each_question_as_alone_and_numbers_the_rows(model):
    both = ask(model, WHEN, SPLIT)
    assert [row["row"] for row in both] == [0] + [1] * (len(both) - 1)
    assert [row | {"row": 0} for row in both[1:]] == ask(model, SPLIT)


def test_questions_are_computed_on_one_thread_whatever_the_process_has(monkeypatch):
    seen = []

    def threads():
        return {each["num_threads"] for each in threadpool_info()}

    monkeypatch.setattr(served_model, "answer_rows", lambda *_: seen.append(threads()) or [])
    model = ShiftcastModel()
    model._forecaster = None
    with threadpool_limits(2):
        before = threads()
        assert ask(model, WHEN) == ask(model, SPLIT) == []
        assert threads() == before
    assert seen == [{1}, {1}]


def test_questions_that_overlap_leave_the_process_its_threads_when_the_last_is_answered():
    def threads():
        return {each["num_threads"] for each in threadpool_info()}

    with threadpool_limits(2):
        before, first, second = threads(), one_thread(), one_thread()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert threads() == {1}
        second.__exit__(None, None, None)
        assert threads() == before == {2}
        with pytest.raises(KeyError), one_thread():
            raise KeyError
        assert threads() == before


def test_missing_cells_take_the_defaults(model):
    left_out = ask(model, WHEN)
    assert left_out == ask(model, {**WHEN, "above": np.nan, "level": None, "measure": None})
    assert left_out == ask(model, {**WHEN, "above": 0.5, "level": 0.8})


def test_params_are_fields_of_every_row_and_a_row_s_own_comes_first(model):
    params = {"horizon": 2.0, "quantiles": [0.3], "output": "quantiles", "scenario": None, "seed": float("nan")}
    rows = ask(model, {"measure": "power"}, {"measure": "power", "horizon": 3.0}, params=params)
    assert [row["row"] for row in rows] == [0, 0, 1, 1, 1]
    assert list(rows[0])[:3] == ["quarter", "mean", "q300"]
    assert ask(model, QUANTILES, params={"quantiles": []}) == ask(model, QUANTILES)


def test_whole_numbers_and_those_of_arrays_are_the_same_numbers(model):
    said = ask(model, DRAWS)
    for kind in (int, np.int64, np.float32):
        assert ask(model, DRAWS | {"horizon": kind(2), "draws": kind(5)}) == said
    rows = pd.DataFrame([DRAWS]).astype({"horizon": np.int64, "draws": np.int32})
    assert model.predict(None, rows) == said
    assert ask(model, QUANTILES, params={"quantiles": np.array([0.5]), "horizon": np.int64(2)}) == ask(
        model, QUANTILES, params={"quantiles": [0.5], "horizon": 2.0}
    )


def test_what_was_not_drawn_is_refused_by_kind(model):
    for question in (QUANTILES | {"horizon": 99.0}, QUANTILES | {"as_of": "2020-01-01"}, QUANTILES | {"mode": "free"}):
        with pytest.raises(MlflowException) as refused:
            ask(model, question)
        assert refused.value.get_http_status_code() == 400
        assert '"refusal": "OutOfSupportError"' in refused.value.serialize_as_json()


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ({**WHEN, "colour": "red"}, "field 'colour' is not known"),
        ({**POWER, "segmnt": "rest"}, "field 'segmnt' is not known; did you mean 'segment'"),
        ({"question": "why"}, "row 0: question 'why' is not known; ask one of forecast, quantiles, draws"),
        ({"question": None}, "row 0: question '' is not known"),
        ({**POWER, "measure": "happiness"}, "row 0: measure 'happiness' is not forecast; choose one of gpu_hours"),
        ({**WHEN, "base": "love"}, "row 0: .*love"),
        ({**SPLIT, "definition": "mine"}, "row 0: .*mine"),
        ({"question": "when", "technique": "llm"}, "row 0: question 'when': field 'of' is missing"),
        ({"question": "claims", "measure": "power"}, "row 0: question 'claims': field 'measure' is not taken"),
    ],
)
def test_a_wrong_question_is_refused_with_the_field(model, question, said):
    with pytest.raises(MlflowException, match=said) as refused:
        ask(model, question)
    assert refused.value.get_http_status_code() == 400


def test_a_field_in_two_columns_is_refused(model):
    rows = pd.DataFrame([["when", "power", "gpus"]], columns=["question", "measure", "measure"])
    with pytest.raises(MlflowException, match="field 'measure' is there twice; give each field one column"):
        model.predict(None, rows)


def test_unknown_params_are_refused(model):
    with pytest.raises(MlflowException, match="param 'temperature' is not known; the params are horizon, quantiles"):
        ask(model, WHEN, params={"temperature": "1"})


def test_the_example_is_answered_and_the_signature_drops_no_column(model):
    assert len(ask(model, *EXAMPLE.to_dict("records"))) == 1
    assert SIGNATURE.inputs is None


def test_a_field_that_is_not_known_is_refused_by_the_model_that_mlflow_loads(finished):
    store = open_store(finished.request.root)
    folder = bundle_folder(store, champion_version(store)).parent.parent
    loaded = mlflow.pyfunc.load_model(str(folder), suppress_warnings=True)
    asked = {"question": "forecast", "measure": "power"}
    with pytest.raises(MlflowException, match="field 'segmnt' is not known; did you mean 'segment'"):
        loaded.predict(pd.DataFrame([{**asked, "segmnt": "rest"}]))
    everywhere, rest = (loaded.predict(pd.DataFrame([row])) for row in (asked, {**asked, "segment": "rest"}))
    assert rest != everywhere


def test_an_error_of_a_library_is_not_taken_for_a_wrong_question(model, monkeypatch):
    def fail(*_):
        return np.zeros(2).reshape(3, 3)

    monkeypatch.setattr(type(model._forecaster), "rows", fail)
    with pytest.raises(ValueError, match="cannot reshape") as error:
        ask(model, WHEN)
    assert not isinstance(error.value, MlflowException)
