"""Share model of forecasts registered before 0.2.0, which keep none: the file that shipped with those versions."""

from __future__ import annotations

import hashlib
import json
from importlib import resources
from typing import Final

from shiftcast.forecast.migration.learned import Learned, from_json
from shiftcast.pipelines.state.root import StoreError

_FILE: Final = "migration_learned_former.json"
# SHA-256 of the file that every version before 0.2.0 shipped
_SHIPPED: Final = "783bcd6cd292b59bd32d0bbaf9fbbd54f028bac43790f2b9bdffcc60c018f1bf"


def learned_before() -> Learned:
    """Return what the share model of a forecast registered before 0.2.0 had learned.

    Returns
    -------
    Learned
        The share model.

    Raises
    ------
    StoreError
        If this version ships another: the answers would change.
    """
    text = resources.files("shiftcast.pipelines.records").joinpath(_FILE).read_bytes()
    if hashlib.sha256(text).hexdigest() != _SHIPPED:
        raise StoreError(
            "the forecast was registered before shiftcast 0.2.0, without its share model, and this version ships "
            "another; open it with the checkout of shiftcast 0.2.0, or register anew with `shiftcast run`"
        )
    return from_json(json.loads(text)).whole
