"""Members from outside as a user names them: a function by its place, and weights by their path, checked before use.

Nothing is fetched, and no file is opened that can run code when it is read, as a pickle can.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.forecast.volume import Outside

BUNDLED: Final = "bundled"  # in the place of a path: the weights in the package of the extra
SAFE: Final = ".safetensors"
PICKLED: Final = frozenset({".bin", ".ckpt", ".joblib", ".npy", ".npz", ".pickle", ".pkl", ".pt", ".pth"})
_PRETRAINED: Final = "shiftcast.pipelines.series.pretrained:load"
_OFFLINE: Final = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")


def load_outside(member: str | None, weights: str | None) -> dict[str, Outside]:
    """Return the member from outside that a user asks for, by name.

    Parameters
    ----------
    member
        ``module:function`` or ``file.py:function``. Without weights the function is the callable; with weights it is
        given their path once and returns the callable. Left out, the library of the extra ``foundation`` reads them.
    weights
        Path of a file of safetensors or of a folder that holds one, or ``bundled`` for those in that library's package.

    Returns
    -------
    dict
        The callable by the name it was asked for by; empty where neither is given.

    Raises
    ------
    ValueError
        If the function or the weights are not there, or could run code when read; and, when the callable is called,
        if it fails.
    """
    if member is None and weights is None:
        return {}
    for name in _OFFLINE:
        os.environ[name] = "1"  # a library that would fetch what it does not find is kept from it
    made = _function(member or _PRETRAINED)
    if weights is not None:
        made = made(None if weights == BUNDLED else check_weights(Path(weights)))
    name = member or f"pretrained:{Path(weights or BUNDLED).name}"
    return {name: _guarded(name, made)}


def check_weights(path: Path) -> Path:
    """Return a path of weights if they are there and nothing in it can run code when it is read.

    Parameters
    ----------
    path
        File of safetensors, or a folder that holds one.

    Returns
    -------
    Path
        The same path.

    Raises
    ------
    ValueError
        If there are none, a file is of a kind that is a pickle, or is no safetensors for all its name.
    """
    if not path.exists():
        raise InputError(
            f"weights {str(path)!r} are not there; give a file or folder on this machine: none are fetched"
        )
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    for file in files:
        if file.suffix.lower() in PICKLED:
            raise InputError(f"weights {str(file)!r} can run code when read; convert them to {SAFE} and leave it out")
    safe = [file for file in files if file.suffix == SAFE]
    if not safe:
        raise InputError(f"weights {str(path)!r} hold no {SAFE} file; give one, or its folder")
    for file in safe:
        if not _is_safe(file):
            raise InputError(
                f"weights {str(file)!r} do not begin as {SAFE} does; it may be another format or cut short"
            )
    return path


def _is_safe(file: Path) -> bool:
    """Return whether a file begins with a length and a JSON object of it, and ends where that says."""
    with file.open("rb") as opened:
        length = int.from_bytes(opened.read(8), "little")
        if not 0 < length <= file.stat().st_size - 8:
            return False
        try:
            heads = json.loads(opened.read(length))
            ends = [tensor["data_offsets"][1] for name, tensor in heads.items() if name != "__metadata__"]
        except (ValueError, AttributeError, KeyError, TypeError, IndexError):
            return False
    return file.stat().st_size == 8 + length + max(ends, default=0)


def _function(place: str) -> Any:
    """Return the function at ``module:function`` or ``file.py:function``."""
    module, _, name = place.rpartition(":")
    if not module or not name:
        raise InputError(f"--member {place!r} is not of the form module:function or file.py:function")
    try:
        found = _from_file(Path(module)) if module.endswith(".py") else importlib.import_module(module)
    except (ImportError, OSError) as problem:
        raise InputError(f"--member {place!r}: {problem}; install it, or give its file as file.py:{name}") from problem
    made = getattr(found, name, None)
    if not callable(made):
        raise InputError(f"--member {place!r}: there is no function {name!r} in it")
    return made


def _from_file(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"member_{file.stem}", file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{str(file)!r} is no Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _guarded(name: str, model: Outside) -> Outside:
    """Return the callable with whatever it raises told as a sentence."""

    def forecast(histories: Sequence[Array], horizon: int) -> Array:
        try:
            return model(histories, horizon)
        except InputError:
            raise
        except Exception as problem:
            told = f"{type(problem).__name__}: {problem}"
            raise InputError(
                f"member {name!r} failed on {len(histories)} histories, {horizon} ahead: {told}"
            ) from problem

    return forecast
