"""Files of a registered model under a manifest kept in the registry: checked before any of them is used or run.

The manifest covers the model's code and MLmodel as well as its data. It is a tag of the version, outside the files it
speaks for. A version is read from a private copy, so that what was checked is what is used.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from shiftcast.pipelines.registry.bundle import AlteredBundleError, sha256_of
from shiftcast.pipelines.registry.quiet import quietly

FILES_TAG: Final = "shiftcast.files"
DATA_TAG: Final = "shiftcast.data"
SCORECARD_TAG: Final = "shiftcast.scorecard"
REVISION_TAG: Final = "shiftcast.revision"
_NOT_OURS: Final = {"registered_model_meta"}  # MLflow writes it into every copy it hands out
_AGAIN: Final = "register the model again with `shiftcast run`"
_GIT_SECONDS: Final = 10
_GIT_OF_ITS_OWN: Final = (
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.hooksPath=/dev/null",
)  # runs no program of the settings


def files_manifest(folder: Path) -> str:
    """Return path and SHA-256 of every file below a folder, as JSON.

    Parameters
    ----------
    folder
        Folder of the model.

    Returns
    -------
    str
        JSON object, path to SHA-256.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as name:
    ...     _ = (Path(name) / "MLmodel").write_text("")
    ...     files_manifest(Path(name))
    '{"MLmodel": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}'
    """
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name not in _NOT_OURS)
    return json.dumps({path.relative_to(folder).as_posix(): sha256_of(path) for path in paths}, sort_keys=True)


def check_files(folder: Path, manifest: str | None, *, version: str) -> None:
    """Check every file of a model against the manifest registered with it.

    Parameters
    ----------
    folder
        Folder of the model.
    manifest
        As :func:`files_manifest` gave it; ``None`` if none was registered.
    version
        Number of the version, for the message.

    Raises
    ------
    AlteredBundleError
        Naming the version and the file that is altered, missing or not in the manifest, or that there is no manifest.
    """
    if not manifest:
        raise AlteredBundleError(f"model version {version}: no manifest of its files was registered; {_AGAIN}")
    registered, found = json.loads(manifest), json.loads(files_manifest(folder))
    for name in sorted(set(registered) | set(found)):
        if registered.get(name) != found.get(name):
            what = "is missing" if name not in found else "differs from the manifest"
            what = what if name in registered else "is not in the manifest"
            raise AlteredBundleError(f"model version {version}: {name} {what}; nothing of it was used; {_AGAIN}")


def logged_manifest(model_uri: str) -> str:
    """Return the manifest of a model as it was logged, read back from where it was logged to.

    Parameters
    ----------
    model_uri
        MLflow's address of the logged model.

    Returns
    -------
    str
        As :func:`files_manifest` gives it.
    """
    import mlflow  # noqa: PLC0415  (importing MLflow takes seconds)

    with tempfile.TemporaryDirectory(prefix="shiftcast-model-") as place:
        mlflow.artifacts.download_artifacts(artifact_uri=model_uri, dst_path=place)
        return files_manifest(Path(place))


@contextlib.contextmanager
def private_copy(version: Any) -> Iterator[Path]:
    """Copy a version's files from the store in use to a folder of one's own, check them, and remove it afterwards.

    Parameters
    ----------
    version
        MLflow's model version.

    Yields
    ------
    Path
        Folder of the copy.

    Raises
    ------
    AlteredBundleError
        If a file differs from the manifest.
    OSError, MlflowException
        If the files cannot be had.
    """
    import mlflow  # noqa: PLC0415  (importing MLflow takes seconds)

    with tempfile.TemporaryDirectory(prefix="shiftcast-model-") as place:
        source = f"models:/{version.name}/{version.version}"
        with quietly():
            mlflow.artifacts.download_artifacts(artifact_uri=source, dst_path=place)
        if not any(Path(place).iterdir()):
            raise FileNotFoundError("none of them is there")
        check_files(Path(place), version.tags.get(FILES_TAG), version=str(version.version))
        yield Path(place)


def describing_tags(bundle: Path) -> dict[str, str]:
    """Return the tags that describe a version: digests of its data, its scores, and the code's revision.

    Parameters
    ----------
    bundle
        Folder of the bundle, for its summary.

    Returns
    -------
    dict
        Tag to text.
    """
    summary = json.loads((bundle / "summary.json").read_text(encoding="utf-8"))
    last = (summary.get("backtest") or [{}])[-1]
    return {
        DATA_TAG: json.dumps(summary.get("files", {}), sort_keys=True),
        SCORECARD_TAG: json.dumps(last, sort_keys=True),
        REVISION_TAG: revision(Path(__file__).resolve().parents[2]),
    }


def revision(folder: Path) -> str:
    """Return the git revision of the code, marked where files were changed since, or ``unknown`` outside a checkout.

    A repository around the folder is somebody else's: neither its revision nor its settings are asked for.

    Parameters
    ----------
    folder
        Folder of the code.

    Returns
    -------
    str
        Forty hexadecimal digits, or ``unknown``.
    """
    if not (folder / ".git").exists():
        return "unknown"
    ask = ("git", *_GIT_OF_ITS_OWN, "-C", str(folder), "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*")
    ours = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}  # of another's
    try:
        done = subprocess.run(  # noqa: S603  (our own words)
            ask, capture_output=True, text=True, timeout=_GIT_SECONDS, check=False,
            env={**ours, "GIT_OPTIONAL_LOCKS": "0"},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    return done.stdout.strip() if done.returncode == 0 else "unknown"
