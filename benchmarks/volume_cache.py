"""Forecasts kept on disk, so that a benchmark that was stopped goes on where it was."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

SOURCES = ("features", "forecast", "pipelines/records/beliefs.csv", "benchmarks/volume_cache.py")
ROOT = Path(__file__).parents[1]


def kept(cache: Path | None, name: str, given: np.ndarray, work: Callable[[], np.ndarray]) -> tuple[np.ndarray, float]:
    """Return what work returns, and the seconds it took; NaN where the same was done before and is read.

    ``name`` says what is done and by which version of what; ``given`` is the data it is done to.
    """
    digest = hashlib.sha256(given.astype(np.float32).tobytes()).hexdigest()[:12]  # as any reader parses them
    file = None if cache is None else cache / f"{re.sub(r'[^A-Za-z0-9.]+', '_', name)}_{digest}.npy"
    if file is not None and file.exists():
        return np.load(file), np.nan
    began = time.perf_counter()
    done = work()
    took = time.perf_counter() - began
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part.npy")
        np.save(part, done)
        part.replace(file)  # a file that is there is whole
    return done, took


def code() -> str:
    """Return a digest of this project's code and beliefs, which its own forecasts depend on."""
    files = [
        path for name in SOURCES for path in ([ROOT / name] if (ROOT / name).is_file() else (ROOT / name).rglob("*.py"))
    ]
    told = hashlib.sha256()
    for path in sorted(files):
        told.update(path.read_bytes())
    return told.hexdigest()[:12]
