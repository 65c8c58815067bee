"""What models registered before 0.2.0 import by the former name, ``pipelines.served_model``; new ones do not."""

from shiftcast.pipelines.registry.served_model import ShiftcastModel

__all__ = ["ShiftcastModel"]
