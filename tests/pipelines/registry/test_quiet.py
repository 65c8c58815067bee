import logging
import os
import warnings

import pytest

from shiftcast.pipelines.registry import quiet
from shiftcast.pipelines.registry.champion import open_forecaster
from shiftcast.pipelines.registry.quiet import quiet_process, quietly


@pytest.fixture
def notebook(monkeypatch):
    """Set what a notebook may have set, and return a look at all of it."""
    for name in quiet._SETTINGS:
        monkeypatch.delenv(name, raising=False)
    for name in ("mlflow", "alembic"):
        monkeypatch.setattr(logging.getLogger(name), "level", logging.INFO)
    return lambda: (
        dict(os.environ),
        [logging.getLogger(name).level for name in ("mlflow", "alembic")],
        [str(each) for each in warnings.filters if "mlflow" in str(each[3])],
    )


def test_opening_a_forecast_leaves_a_notebook_s_logging_as_it_was(finished, notebook):
    before = notebook()
    open_forecaster(root=finished.request.root)
    assert notebook() == before


def test_within_the_call_only_errors_are_heard_and_a_failure_ends_it_too(notebook):
    before = notebook()

    @quietly()
    def fail():
        assert not logging.getLogger("mlflow").isEnabledFor(logging.WARNING)
        assert os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] == "false"
        warnings.warn_explicit("old", UserWarning, "f", 1, module="mlflow.store")
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail()
    assert notebook() == before


def test_a_command_line_is_quiet_for_good_and_keeps_what_the_user_set(notebook, monkeypatch):
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "false")
    with warnings.catch_warnings(), monkeypatch.context() as patch:
        for name in set(quiet._SETTINGS) - {"MLFLOW_DISABLE_TELEMETRY"}:
            patch.setenv(name, "")
        quiet_process()
        assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "false"
        assert logging.getLogger("alembic").level == logging.ERROR
