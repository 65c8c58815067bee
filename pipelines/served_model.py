"""The model MLflow serves: questions in, rows out, the same numbers as the command line and a notebook give."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE
from mlflow.pyfunc import PythonModel, PythonModelContext
from mlflow.types import ColSpec, Schema, TensorSpec

from pipelines.bundle import read_bundle

ARTIFACT: Final = "bundle"
_TEXT: Final = ("measure", "segment", "leaf", "workload", "technique", "of", "base", "definition", "mode",
               "total", "firm", "to", "valid_from", "claim", "against", "period",
               "by", "generation", "model", "scenario", "life")  # fmt: skip
_NUMBERS: Final = ("above", "level", "share", "strength", "value", "risk", "under", "over", "installed", "mw", "pue",
                   "demand", "accelerators", "cap", "flex", "flex_hours", "gain")  # fmt: skip
_FIELDS: Final[list[ColSpec | TensorSpec]] = [
    ColSpec("string", "question"),
    *(ColSpec("string", name, required=False) for name in _TEXT),
    *(ColSpec("double", name, required=False) for name in _NUMBERS),
]
SIGNATURE: Final = ModelSignature(inputs=Schema(_FIELDS))
EXAMPLE: Final = pd.DataFrame(
    [{"question": "when", "technique": "llm", "of": "recsys", "base": "gpu_hours", "segment": "hyperscale",
      "above": 0.5, "level": 0.8}]
)  # fmt: skip


class ShiftcastModel(PythonModel):
    """Answers questions from one registered forecast."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read the bundle after checking its manifest."""
        self._forecaster = read_bundle(Path(context.artifacts[ARTIFACT])).forecaster

    def predict(
        self, context: PythonModelContext, model_input: pd.DataFrame, params: dict[str, str] | None = None
    ) -> pd.DataFrame:
        """Answer every row of questions.

        Parameters
        ----------
        context
            Not used: the bundle is read once, on loading.
        model_input
            One question a row: ``question`` and the arguments of the method of that name; missing cells take the
            method's defaults.
        params
            None are known.

        Returns
        -------
        DataFrame
            Answers below each other; ``row`` numbers the question. Dates are ISO text.

        Raises
        ------
        MlflowException
            With HTTP status 400, naming the row and the field that is wrong.
        """
        unknown = sorted(set(model_input.columns) - {"question", *_TEXT, *_NUMBERS})
        if unknown or params:
            raise _refusal(f"field {(unknown or sorted(params or {}))[0]!r} is not known")
        answers = [self._answer(number, record) for number, record in enumerate(model_input.to_dict("records"))]
        return pd.concat(answers, ignore_index=True)

    def _answer(self, number: int, record: dict[Any, Any]) -> pd.DataFrame:
        question = {str(name): value for name, value in record.items() if pd.notna(value)}
        try:
            answer = self._forecaster.ask(question)
        except ValueError as error:
            raise _refusal(f"row {number}: {error}") from None
        dated = {name: answer[name].dt.strftime("%Y-%m-%d") for name in answer.select_dtypes("datetimetz")}
        return answer.assign(**dated, row=number)


def _refusal(message: str) -> MlflowException:
    return MlflowException(message, error_code=INVALID_PARAMETER_VALUE)
