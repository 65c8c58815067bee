"""Whether a new forecast should replace the champion: finite, better than naive, and no worse than what is in place."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

TOLERANCE: Final = 0.02  # relative: a new month of data moves a backtest by about this much
COVERAGE_LOSS: Final = 0.05


@dataclass(frozen=True)
class Decision:
    """Whether to move the alias, and why in one line."""

    promote: bool
    reason: str


def decide(challenger: Mapping[str, float], champion: Mapping[str, float] | None) -> Decision:
    """Compare a challenger's backtest with the champion's.

    Parameters
    ----------
    challenger, champion
        ``crps_ratio`` (CRPS over the naive benchmark's) and ``coverage80``; ``None`` where there is no champion.

    Examples
    --------
    >>> decide({"crps_ratio": 0.6, "coverage80": 0.8}, None).promote
    True
    >>> decide({"crps_ratio": float("nan"), "coverage80": 0.8}, None).reason
    'not promoted: its scores are not finite'
    """
    if not all(math.isfinite(value) for value in challenger.values()):
        return Decision(False, "not promoted: its scores are not finite")
    ratio = challenger["crps_ratio"]
    if ratio >= 1:
        return Decision(False, f"not promoted: CRPS is {ratio:.3f} of the naive benchmark's, not below it")
    if champion is None:
        return Decision(True, f"promoted: first model; CRPS is {ratio:.3f} of the naive benchmark's")
    if ratio > champion["crps_ratio"] * (1 + TOLERANCE):
        return Decision(
            False,
            f"not promoted: CRPS ratio {ratio:.3f} is worse than the champion's {champion['crps_ratio']:.3f}",
        )
    if challenger["coverage80"] < champion["coverage80"] - COVERAGE_LOSS:
        return Decision(
            False, f"not promoted: 80 % coverage {challenger['coverage80']:.2f} is below the champion's "
            f"{champion['coverage80']:.2f}"
        )  # fmt: skip
    return Decision(True, f"promoted: CRPS ratio {ratio:.3f}, the champion's {champion['crps_ratio']:.3f}")
