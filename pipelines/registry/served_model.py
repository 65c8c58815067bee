"""Model that MLflow serves: questions in, rows out, the same numbers as the command line and a notebook give."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE
from mlflow.pyfunc import PythonModel, PythonModelContext
from mlflow.types import ParamSchema, ParamSpec

from shiftcast.features.input_error import InputError
from shiftcast.forecast.answering import answer_rows
from shiftcast.forecast.questions import FIELDS, KINDS, unknown
from shiftcast.pipelines.registry.answers import unchanged
from shiftcast.pipelines.registry.bundle import BUNDLE, read_bundle
from shiftcast.pipelines.registry.one_thread import one_thread

ARTIFACT: Final = BUNDLE
PARAMS: Final = ("horizon", "quantiles", "scenario", "mode", "definition", "base", "as_of", "seed", "output", "form")
_LISTS: Final = tuple(name for name, kind in KINDS.items() if kind.column is None)
_PARAMS: Final = [
    ParamSpec(name, "double", [], (-1,)) if name in _LISTS else ParamSpec(name, str(KINDS[name].column), None)
    for name in PARAMS
]
SIGNATURE: Final = ModelSignature(params=ParamSchema(_PARAMS))  # a schema of columns would drop those it does not know
EXAMPLE: Final = pd.DataFrame(
    [{"question": "when", "technique": "llm", "of": "recsys", "base": "gpu_hours", "segment": "hyperscale",
      "above": 0.5, "level": 0.8}]
)  # fmt: skip


class ShiftcastModel(PythonModel):
    """Answers questions from one registered forecast."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read the bundle after checking its manifest, and that this version answers as the one that made it.

        Parameters
        ----------
        context
            MLflow's context, with the folder of the bundle among its artifacts.
        """
        self._forecaster = unchanged(read_bundle(Path(context.artifacts[ARTIFACT]))).forecaster

    def number(self, version: str) -> None:
        """Say in answers under which number the forecast is registered, which its files do not tell.

        Parameters
        ----------
        version
            Its number.
        """
        mine = self._forecaster.registered
        self._forecaster = replace(self._forecaster, registered=mine and replace(mine, version=version))

    def predict(
        self, context: PythonModelContext, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> list[dict[str, Any]]:
        """Answer every row of questions.

        Parameters
        ----------
        context
            Not used: the bundle is read once, on loading.
        model_input
            One question a row (:mod:`forecast.questions`); missing cells take the defaults.
        params
            Fields that all rows share, of :data:`PARAMS`; a row's own field comes before them.

        Returns
        -------
        list of dict
            The rows of all answers, ``row`` numbering the question; ``pandas.DataFrame`` makes a frame of them.

        Raises
        ------
        MlflowException
            With HTTP status 400, naming the row and the field that is wrong; its JSON names the kind of refusal.
        """
        try:
            with one_thread():  # the server's process may be anybody's
                return answer_rows(self._forecaster, questions_of(model_input, FIELDS), given_params(params))
        except InputError as error:
            raise refused(error) from None


def refused(error: InputError) -> MlflowException:
    """Return a refusal as MLflow's server answers it.

    Parameters
    ----------
    error
        Names the row and the field that is wrong.

    Returns
    -------
    MlflowException
        HTTP status 400; its JSON names the kind of refusal.
    """
    return MlflowException(str(error), error_code=INVALID_PARAMETER_VALUE, refusal=type(error).__name__)


def questions_of(given: pd.DataFrame | list[dict[str, Any]], fields: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return questions that came as a table or as mappings, without the fields that each leaves out.

    Parameters
    ----------
    given
        One question a row.
    fields
        Names that its columns may have.

    Returns
    -------
    list of dict
        Fields of each question.

    Raises
    ------
    ValueError
        If a column is none of these, naming the nearest, or is there twice.
    """
    rows = given if isinstance(given, pd.DataFrame) else _frame_of(given)
    strange = [name for name in rows.columns if name not in fields]
    if strange:
        raise InputError(unknown(str(strange[0]), fields))
    if rows.columns.has_duplicates:
        twice = str(rows.columns[rows.columns.duplicated()][0])
        raise InputError(f"field {twice!r} is there twice; give each field one column")
    names = [str(name) for name in rows.columns]
    return [
        {name: value for name, value in zip(names, values, strict=True) if not _absent(value)}
        for values in rows.to_numpy(dtype=object).tolist()
    ]


def _frame_of(given: Any) -> pd.DataFrame:
    """Return questions that came as mappings as a frame, which MLflow makes of them only where it knows the columns."""
    listed = [given] if isinstance(given, dict) else given
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise InputError("the input is no table of questions; give rows of fields, such as {'question': 'claims'}")
    return pd.DataFrame(listed)


def given_params(params: dict[str, Any] | None, known: tuple[str, ...] = PARAMS) -> dict[str, Any]:
    """Return the params that were given; MLflow fills the others with their defaults.

    Parameters
    ----------
    params
        As MLflow hands them on.
    known
        Names they may have.

    Returns
    -------
    dict
        Param to value.

    Raises
    ------
    ValueError
        Naming one that is not known, and the nearest that is.

    Examples
    --------
    >>> given_params({"horizon": 4.0, "quantiles": [], "mode": None})
    {'horizon': 4.0}
    """
    strange = [name for name in params or {} if name not in known]
    if strange:
        raise InputError(unknown(strange[0], known, "param"))
    return {
        name: list(value) if name in _LISTS else value
        for name, value in (params or {}).items()
        if not _absent(value) and not (name in _LISTS and len(value) == 0)
    }


def _absent(value: Any) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))
