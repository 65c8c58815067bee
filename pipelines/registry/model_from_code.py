"""The registered model: a few lines into the installed package; everything else it needs is data."""

from mlflow.models import set_model

from shiftcast.pipelines.registry.served_model import ShiftcastModel

set_model(ShiftcastModel())
