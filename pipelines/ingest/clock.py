"""Doubt the clock of this machine where what is stored was recorded on days that it has not reached."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pandas as pd

from shiftcast.pipelines.store import Store
from shiftcast.pipelines.store.formats import check_format

_APART: Final = pd.Timedelta(days=1)  # clocks of two machines that share a store may be apart by that


def doubt_clock(root: Path, today: pd.Timestamp) -> str:
    """Return in words that the clock may be slow: a load of today's would stand behind what is stored already.

    Parameters
    ----------
    root
        Folder of state.
    today
        Day by this machine's clock, midnight UTC.

    Returns
    -------
    str
        Empty where nothing was recorded later, or nothing is stored.

    Raises
    ------
    StoreError
        If the store is damaged.
    """
    store = Store(root)
    entries = store.entries() if check_format(store.folder) else []
    last = pd.to_datetime([each.recorded_at for each in entries], utc=True, errors="coerce").max()
    if pd.isna(last) or last.normalize() <= today + _APART:
        return ""
    return (
        f"today is {today:%Y-%m-%d} by this machine's clock, and the store was last written to on {last:%Y-%m-%d}: "
        "what was known by then stands before this load; set the clock right, or give --known-at"
    )
