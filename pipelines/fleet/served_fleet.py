"""Model of a fleet that MLflow serves: questions in, answers out, the same bytes as the command line and a notebook."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pandas as pd
from mlflow.models import ModelSignature
from mlflow.pyfunc import PythonModel, PythonModelContext
from mlflow.types import ParamSchema, ParamSpec

from shiftcast.features.input_error import InputError
from shiftcast.forecast.fleet.asking import KINDS, ask
from shiftcast.pipelines.fleet.answers import plain_answer
from shiftcast.pipelines.fleet.bundle import read_fleet
from shiftcast.pipelines.fleet.sealing import unchanged_fleet
from shiftcast.pipelines.registry.bundle import BUNDLE
from shiftcast.pipelines.registry.registering import Kind
from shiftcast.pipelines.registry.served_model import questions_of, refused

KIND: Final = Kind(
    Path(__file__).with_name("fleet_from_code.py"),
    ModelSignature(params=ParamSchema([ParamSpec("question", "string", None)])),
    pd.DataFrame([{"question": "describe"}]), "Demand of one planner's own fleet, with its facts",
)  # fmt: skip


class FleetModel(PythonModel):
    """Answers questions about one registered fleet."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read the bundle after checking its manifest.

        Parameters
        ----------
        context
            MLflow's context, with the folder of the bundle among its artifacts.
        """
        self._planner = unchanged_fleet(read_fleet(Path(context.artifacts[BUNDLE]))).planner

    def predict(
        self, context: PythonModelContext, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> list[dict[str, Any]]:
        """Answer every row of questions.

        Parameters
        ----------
        context
            Not used: the bundle is read once, on loading.
        model_input
            One question a row (:mod:`forecast.fleet.asking`); missing cells take the defaults.
        params
            ``question`` of all rows that name none.

        Returns
        -------
        list of dict
            One answer a question, as :func:`pipelines.fleet.answers.plain_answer` has it; ``row`` numbers it.

        Raises
        ------
        MlflowException
            With HTTP status 400, naming the row and the field that is wrong.
        """
        answers = []
        try:
            asked = questions_of(model_input, tuple(KINDS))
        except InputError as error:
            raise refused(error) from None
        shared = {name: value for name, value in (params or {}).items() if value is not None}
        for row, question in enumerate(asked):
            try:
                answers.append(plain_answer(ask(self._planner, shared | question)) | {"row": row})
            except InputError as error:
                raise refused(InputError(f"row {row}: {error}")) from None
        return answers
