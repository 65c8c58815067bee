"""Model of a fleet that MLflow serves: questions in, answers out, the same bytes as the command line and a notebook."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pandas as pd
from mlflow.models import ModelSignature
from mlflow.pyfunc import PythonModel, PythonModelContext
from mlflow.types import ParamSchema, ParamSpec

from shiftcast.features.input_error import InputError
from shiftcast.forecast.fleet.asking import KINDS
from shiftcast.pipelines.fleet.answers import fleet_rows
from shiftcast.pipelines.fleet.bundle import read_fleet
from shiftcast.pipelines.fleet.digests import data_digest, registered_as
from shiftcast.pipelines.fleet.sealing import unchanged_fleet
from shiftcast.pipelines.registry.bundle import BUNDLE
from shiftcast.pipelines.registry.registering import Kind
from shiftcast.pipelines.registry.served_model import given_params, questions_of, refused

PARAMS: Final = ("question", "form")
KIND: Final = Kind(
    Path(__file__).with_name("fleet_from_code.py"),
    ModelSignature(params=ParamSchema([ParamSpec(name, "string", None) for name in PARAMS])),
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
        bundle = unchanged_fleet(read_fleet(Path(context.artifacts[BUNDLE])))
        data = data_digest(bundle.planner)
        known = registered_as(bundle.digest, data, version=None, made_by=bundle.made_by)
        self._planner = replace(bundle.planner, registered=known)

    def number(self, version: str) -> None:
        """Say in answers under which number the forecast is registered, which its files do not tell.

        Parameters
        ----------
        version
            Its number.
        """
        mine = self._planner.registered
        self._planner = replace(self._planner, registered=mine and replace(mine, version=version))

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
            Fields that all rows share, of :data:`PARAMS`; a row's own field comes before them.

        Returns
        -------
        list of dict
            One answer a question, or its rows, as :func:`pipelines.fleet.answers.fleet_rows` has them.

        Raises
        ------
        MlflowException
            With HTTP status 400, naming the row and the field that is wrong.
        """
        try:
            return fleet_rows(self._planner, questions_of(model_input, tuple(KINDS)), given_params(params, PARAMS))
        except InputError as error:
            raise refused(error) from None
