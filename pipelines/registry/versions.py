"""Compare two registered forecasts: open one by number, and list which of their inputs differ."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from shiftcast.pipelines.registry.answers import unchanged
from shiftcast.pipelines.registry.bundle import Bundle
from shiftcast.pipelines.registry.champion import open_bundle, read_version
from shiftcast.pipelines.registry.mlflow_store import MODEL, open_store
from shiftcast.pipelines.state.root import StoreError, default_root


def open_version(name: str, *, root: Path | None = None) -> Bundle:
    """Open a registered forecast by its number, such as ``41`` or ``v41``, or by an alias.

    Parameters
    ----------
    name
        Number or alias.
    root
        Folder of the store; ``mlruns`` below the working directory if not given.

    Returns
    -------
    Bundle
        The forecast.

    Raises
    ------
    StoreError
        If there is no such version or alias.
    AlteredBundleError
        If a file differs from its manifest.
    ChangedAnswerError
        If another version made it and this one would answer otherwise.
    """
    number = name.removeprefix("v")
    if not number.isdecimal():
        return open_bundle(name, root=root)
    from mlflow.exceptions import MlflowException  # noqa: PLC0415  (importing MLflow takes seconds)

    store = open_store(root or default_root(), make=False)
    try:
        version = store.client.get_model_version(MODEL, number)
    except MlflowException:
        raise StoreError(f"{store.root}: there is no model version {number}; give one that was registered") from None
    return unchanged(read_version(store, version))


def changed_inputs(before: Bundle, after: Bundle) -> list[str]:
    """Return which inputs of two forecasts differ, a line each; effects of several are not told apart.

    Parameters
    ----------
    before, after
        The two forecasts.

    Returns
    -------
    list of str
        Lines for people.
    """
    old, new = asdict(before.summary), asdict(after.summary)
    lines = [
        f"Changed: {name}: {old[name]} before, {new[name]} after"
        for name in ("origin", "settings")
        if old[name] != new[name]
    ]
    files = set(old["files"]) | set(new["files"])
    changed = [name for name in sorted(files) if old["files"].get(name) != new["files"].get(name)]
    if changed:
        lines.append(f"Changed: files of the record: {', '.join(changed)}")
    for name in ("observations", "assumptions", "belief_rows"):
        lines += _rows_that_differ(before, after, name)
    return lines or ["No input of the two differs; the code may."]


def _rows_that_differ(before: Bundle, after: Bundle, name: str) -> list[str]:
    """Return how many rows of a table only one of two forecasts saw; a corrected row counts as one new, one gone."""
    both = [column for column in before.tables[name].columns if column in after.tables[name]]
    old, new = (
        set(bundle.tables[name][both].astype(str).itertuples(index=False, name=None)) for bundle in (before, after)
    )
    if old == new:
        return []
    return [f"Changed: {name.replace('_', ' ')}: {len(new - old)} rows new, {len(old - new)} gone"]
