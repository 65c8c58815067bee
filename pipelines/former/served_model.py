"""Former name ``pipelines.served_model`` of the served model, for models registered before 0.2.0; new ones lack it."""

from shiftcast.pipelines.registry.served_model import ShiftcastModel

__all__ = ["ShiftcastModel"]
