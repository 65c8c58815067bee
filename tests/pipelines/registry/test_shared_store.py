import contextlib
from types import SimpleNamespace

import mlflow
import pytest
from mlflow.exceptions import MlflowException

from shiftcast.pipelines.registry.mlflow_store import CHAMPION, MODEL, alias_version, open_store
from shiftcast.pipelines.registry.shared_store import (
    first_opening,
    made_experiment,
    made_model,
    moved_alias,
)
from shiftcast.pipelines.state.guard import locked
from shiftcast.pipelines.state.root import StoreError
from shiftcast.pipelines.state.secrets import without_secrets


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql+psycopg://me:pa55@db:5432/x failed", "postgresql+psycopg://***@db:5432/x failed"),
        ("https://token@host/ and http://a:b@c", "https://***@host/ and http://***@c"),
        ("sqlite:////tmp/mlflow.db", "sqlite:////tmp/mlflow.db"),
    ],
)
def test_passwords_are_blotted_out(text, shown):
    assert without_secrets(text) == shown


def test_an_address_that_cannot_be_used_is_named_without_its_password(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "mysql+nodriver://me:pa55word@127.0.0.1/x")
    with pytest.raises(StoreError, match=r"://\*\*\*@127.*cannot be used") as refused:
        open_store(tmp_path)
    assert "pa55word" not in str(refused.value)


def test_a_store_that_fails_is_named_without_its_password():
    def fail(*_):
        raise MlflowException("no answer from postgresql://me:pa55word@db/x")

    client = SimpleNamespace(get_model_version_by_alias=fail)
    with pytest.raises(StoreError) as refused:
        alias_version(
            SimpleNamespace(client=client, tracking_uri="postgresql://me:pa55word@db/x", model=MODEL), CHAMPION
        )
    assert "pa55word" not in str(refused.value)


def test_other_stores_need_no_lock_of_the_database():
    with first_opening("sqlite:////nowhere/mlflow.db"):
        pass


def test_what_another_process_made_first_is_taken(tmp_path):
    root = tmp_path / "mlruns"
    with locked(root):
        store = open_store(root)
    assert made_experiment("shiftcast", None) == store.experiment_id
    with pytest.raises(MlflowException):
        made_experiment("", None)
    made_model(store.client, "shiftcast", "first")
    blind = SimpleNamespace(
        search_registered_models=lambda _: [], create_registered_model=store.client.create_registered_model
    )
    made_model(blind, "shiftcast", "second")
    assert [each.description for each in mlflow.search_registered_models()] == ["first"]


@pytest.mark.parametrize(("refusals", "outcome"), [(0, None), (1, None), (2, MlflowException)])
def test_an_alias_that_another_process_makes_at_the_same_time_is_moved_after_it(refusals, outcome):
    calls = []

    def move(*given):
        calls.append(given)
        if len(calls) <= refusals:
            raise MlflowException("duplicate key value violates unique constraint")

    client = SimpleNamespace(set_registered_model_alias=move)
    with pytest.raises(outcome) if outcome else contextlib.nullcontext():
        moved_alias(client, "shiftcast", "champion", 2)
    assert calls == [("shiftcast", "champion", 2)] * min(refusals + 1, 2)
