"""The registered model of a fleet: a few lines into the installed package; everything else it needs is data."""

from mlflow.models import set_model

from shiftcast.pipelines.fleet.served_fleet import FleetModel

set_model(FleetModel())
