"""Load the served model after checking its files, and replace it when the alias moves."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shiftcast.pipelines.registry.bundle import AlteredBundleError
from shiftcast.pipelines.registry.champion import checked_files
from shiftcast.pipelines.registry.mlflow_store import Store, alias_version, open_store
from shiftcast.pipelines.serving.told import Told, told_of
from shiftcast.pipelines.state.root import StoreError

Log = Callable[..., None]


@dataclass(frozen=True)
class Served:
    """One version ready to answer.

    Attributes
    ----------
    version
        Its number.
    app
        MLflow's scoring app.
    model
        The model, which lives as long as this.
    told
        Metrics of its forecast.
    """

    version: str
    app: Any
    model: Any = None
    told: Told | None = None


@dataclass(frozen=True)
class LoadVersion:
    """A loader of one registered version, for another process.

    Attributes
    ----------
    root, model, version
        Folder of the store, the model's name, and the number of its version.
    """

    root: Path
    model: str
    version: str

    def __call__(self) -> Served:
        """Load the version after checking its files, and return what answers from it."""
        store = open_store(self.root, make=False, model=self.model)
        return load_served(store, store.client.get_model_version(self.model, self.version))


def load_served(store: Store, version: Any) -> Served:
    """Check a version's files and load it.

    Parameters
    ----------
    store
        The MLflow store.
    version
        MLflow's model version.

    Returns
    -------
    Served
        The version, ready to answer.

    Raises
    ------
    AlteredBundleError
        If a file, code included, differs from its manifest; none of it was run.
    StoreError
        If its files cannot be had.
    """
    with checked_files(store, version) as folder:
        return open_served(str(version.version), folder)


def open_served(version: str, folder: Path) -> Served:
    """Load a model folder behind MLflow's own scoring app.

    FastAPI keeps the functions of an app in caches of its own after the app is gone, so the app knows the model by a
    weak reference: it goes when the last request under way lets go of what is returned here.

    Parameters
    ----------
    version
        Number of the version.
    folder
        Folder of the model, checked.

    Returns
    -------
    Served
        The version, ready to answer.
    """
    import mlflow  # noqa: PLC0415  (importing MLflow takes seconds)
    from mlflow.pyfunc import scoring_server  # noqa: PLC0415  (importing MLflow takes seconds)

    model = mlflow.pyfunc.load_model(str(folder), suppress_warnings=True)
    inner = model.unwrap_python_model()
    if hasattr(inner, "number"):  # of the world or a fleet; neither room is known here
        inner.number(version)
    known: Any = weakref.proxy(model)
    return Served(version, scoring_server.init(known), model, told_of(folder))


class Watcher:
    """Keeps the version behind an alias loaded.

    A version that cannot be loaded, an alias that is gone and a store that does not answer leave the one that is
    served in place; each is logged once, until it changes.
    """

    def __init__(self, store: Store, alias: str, *, log: Log, every: float) -> None:
        self._store, self._alias, self._log, self._every = store, alias, log, every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="shiftcast-watcher", daemon=True)
        self._said, self._settled = "", True
        self.served: Served | None = None

    def start(self) -> None:
        """Load in the background and watch from then on."""
        self._thread.start()

    def stop(self) -> None:
        """Stop watching and wait for a load under way."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> None:
        """Load the version the alias points at, unless it is served already."""
        try:
            self._follow(alias_version(self._store, self._alias))
        except (StoreError, AlteredBundleError) as error:
            self._complain(str(error))
        except Exception as error:
            self._complain(f"{type(error).__name__} while loading")

    def _follow(self, version: Any | None) -> None:
        if version is None:
            raise StoreError(f"no model has the alias {self._alias!r}")
        if self.served is None or self.served.version != str(version.version):
            self.served, self._settled = load_served(self._store, version), False
            gc.unfreeze()
            gc.collect()  # the version before is large, and part of a cycle
            self._log("loaded", version=self.served.version)
        elif not self._settled:  # a look later: requests that the version before answered have ended
            gc.collect()
            gc.freeze()  # what stays is not searched again and again, each time for 0.2 s in which nobody is answered
            self._settled = True
        self._said = ""

    def _complain(self, what: str) -> None:
        if what != self._said:
            self._log("not loaded", reason=what, serving=self.served.version if self.served else None)
        self._said = what

    def _watch(self) -> None:
        self.look()
        while not self._stop.wait(self._every):
            self.look()
