"""Register a bundle with MLflow as a new version of a model, marked complete last."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shiftcast.pipelines.registry.bundle import BUNDLE
from shiftcast.pipelines.registry.maker import present_maker
from shiftcast.pipelines.registry.mlflow_store import COMPLETE, STATE_TAG, VERSION_TAG, Store
from shiftcast.pipelines.registry.model_files import FILES_TAG, describing_tags, logged_manifest
from shiftcast.pipelines.registry.quiet import quietly
from shiftcast.pipelines.registry.shared_store import made_model


@dataclass(frozen=True)
class Kind:
    """A kind of model, as MLflow logs it.

    Attributes
    ----------
    code
        File of the few lines that bring the installed package's model.
    signature, example
        What it may be asked, and a question.
    about
        Description of the registered model.
    """

    code: Path
    signature: Any
    example: Any
    about: str


@quietly()
def register(
    store: Store, folder: Path, *, params: Mapping[str, Any], metrics: Mapping[str, float], tags: Mapping[str, str],
    files: tuple[Path, ...], kind: Kind | None = None,
) -> Any:  # fmt: skip
    """Log a run and register its bundle as a new version; the version is marked complete last.

    Parameters
    ----------
    store, folder
        The store, and folder of the bundle.
    params, metrics, tags, files
        Logged to the run; tags are set on the version too, files lie beside the model.
    kind
        Of the model; the world's if not given.

    Returns
    -------
    ModelVersion
        The new version, without alias.
    """
    import mlflow  # noqa: PLC0415  (importing MLflow takes seconds)

    what = kind or _world()
    with mlflow.start_run(experiment_id=store.experiment_id, tags=dict(tags)):
        mlflow.log_params(dict(params))
        mlflow.log_metrics({name: value for name, value in metrics.items() if math.isfinite(value)})
        for path in files:
            mlflow.log_artifact(str(path))
        info = mlflow.pyfunc.log_model(
            name=store.model, python_model=str(what.code), artifacts={BUNDLE: str(folder)}, signature=what.signature,
            input_example=what.example,
            pip_requirements=present_maker().requirements,
        )  # fmt: skip
    client = store.client
    made_model(client, store.model, what.about)
    described = {VERSION_TAG: present_maker().shiftcast, **tags, **describing_tags(folder)}
    version = client.create_model_version(
        store.model, info.model_uri, run_id=info.run_id, tags=described, model_id=info.model_id
    )
    client.set_model_version_tag(store.model, version.version, FILES_TAG, logged_manifest(info.model_uri))
    client.set_model_version_tag(store.model, version.version, STATE_TAG, COMPLETE)
    return version


def _world() -> Kind:
    """Return the kind of the world's model."""
    from shiftcast.pipelines.registry.served_model import EXAMPLE, SIGNATURE  # noqa: PLC0415  (importing MLflow takes seconds)

    code = Path(__file__).with_name("model_from_code.py")
    return Kind(code, SIGNATURE, EXAMPLE, "Joint draws of GPU demand by segment, workload and technique")
