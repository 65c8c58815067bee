"""Tracking store that others use too: making each thing in it once."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, Final

_LOCK: Final = 7_436_842_783  # any number that no other program takes as its advisory lock


def is_server(uri: str) -> bool:
    """Return whether an address is of a tracking server, which keeps the files itself.

    Parameters
    ----------
    uri
        Address of the tracking store.

    Returns
    -------
    bool
        True for HTTP and HTTPS.

    Examples
    --------
    >>> is_server("http://127.0.0.1:5000"), is_server("postgresql://db/mlflow")
    (True, False)
    """
    return uri.startswith(("http://", "https://"))


@contextlib.contextmanager
def first_opening(uri: str) -> Iterator[None]:
    """Let one process at a time open a PostgreSQL store: MLflow migrates a fresh database without a lock of its own.

    Other stores are left as they are.

    Parameters
    ----------
    uri
        Address of the tracking store.

    Yields
    ------
    None
        While the lock is held.
    """
    if not uri.startswith("postgresql"):
        yield
        return
    import sqlalchemy  # noqa: PLC0415  (it takes part of a second)

    engine = sqlalchemy.create_engine(uri, poolclass=sqlalchemy.pool.NullPool)
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
        yield


def made_experiment(name: str, location: str | None) -> str:
    """Make an experiment, or take the one that another process made first, and return its number.

    Parameters
    ----------
    name
        Name of the experiment.
    location
        Address of its files; the server's choice if not given.

    Returns
    -------
    str
        Number of the experiment.

    Raises
    ------
    MlflowException
        If it cannot be made and there is none.
    """
    import mlflow  # noqa: PLC0415  (importing MLflow takes seconds)
    from mlflow.exceptions import MlflowException  # noqa: PLC0415  (importing MLflow takes seconds)

    try:
        return str(mlflow.create_experiment(name, artifact_location=location))
    except MlflowException:
        found = mlflow.get_experiment_by_name(name)
        if found is None:
            raise
        return str(found.experiment_id)


def made_model(client: Any, name: str, about: str) -> None:
    """Make a registered model where there is none; another process may be quicker.

    Parameters
    ----------
    client
        MLflow's client.
    name
        Name of the model.
    about
        Its description.
    """
    from mlflow.exceptions import MlflowException  # noqa: PLC0415  (importing MLflow takes seconds)

    if not client.search_registered_models(f"name='{name}'"):
        with contextlib.suppress(MlflowException):
            client.create_registered_model(name, description=about)


def moved_alias(client: Any, name: str, alias: str, version: str | int) -> None:
    """Point an alias at a version; where two processes make the alias at once, the database refuses one, once.

    Parameters
    ----------
    client
        MLflow's client.
    name
        Name of the model.
    alias
        Such as ``champion``.
    version
        Number of the version.
    """
    from mlflow.exceptions import MlflowException  # noqa: PLC0415  (importing MLflow takes seconds)

    try:
        client.set_registered_model_alias(name, alias, version)
    except MlflowException:
        client.set_registered_model_alias(name, alias, version)
