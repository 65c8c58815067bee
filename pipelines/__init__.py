"""The thin shell: every file, network, clock and MLflow call lives here, and no arithmetic does."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shiftcast.pipelines.champion import open_forecaster

__all__ = ["open_forecaster"]


def __getattr__(name: str) -> Any:
    """Import what is asked for only then: a command that opens no forecast does not wait for it."""
    if name in __all__:
        from shiftcast.pipelines.champion import open_forecaster  # noqa: PLC0415

        return open_forecaster
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
