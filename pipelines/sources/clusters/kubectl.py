"""Read what ``kubectl get -o json`` prints of pods and nodes: accelerators, cores and memory, held or there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shiftcast.pipelines.sources.accelerators import label_accelerators
from shiftcast.pipelines.sources.chunks import Chunk, from_objects
from shiftcast.pipelines.sources.clusters.resources import accelerators, quantity
from shiftcast.pipelines.sources.documents import documents
from shiftcast.pipelines.sources.fractions import fraction_of
from shiftcast.pipelines.sources.normal import Normalised, Points, Source, Spans
from shiftcast.pipelines.sources.opening import Opened
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.sieve import Sieve, first_text
from shiftcast.pipelines.sources.table import UnreadableFileError
from shiftcast.pipelines.sources.views import named, told

_PRODUCT: Final = ("nvidia.com/gpu.product", "cloud.google.com/gke-accelerator", "cloud.google.com/gke-tpu-accelerator",
                   "amd.com/gpu.product-name", "gpu.nvidia.com/class", "node.kubernetes.io/instance-type")  # fmt: skip
_COUNT, _REPLICAS = "nvidia.com/gpu.count", "nvidia.com/gpu.replicas"
_FRACTION, _FRACTION_COUNT = "gpu-fraction", "gpu-fraction-num-devices"
_OVER: Final = ("Succeeded", "Failed")
_GIB: Final = 2.0**30


def _read(opened: Opened, setting: Setting) -> Iterator[Chunk]:
    del setting
    if not opened.first_line().startswith(("{", "[")):
        raise UnreadableFileError(f"{opened.name}: is not JSON; run kubectl get nodes,pods --all-namespaces -o json")
    items = [item for whole in documents(opened) for item in _items(whole)]
    nodes = {_part(item, "metadata").get("name"): item for item in items if _kind(item) == "Node"}
    rows = []
    for item in items:
        node = item if _kind(item) == "Node" else nodes.get(_part(item, "spec").get("nodeName"), {})
        rows.append({"kind": _kind(item), **_row(item, node)})
    yield from from_objects(opened.name, rows)


def _items(whole: object) -> list[Mapping[str, Any]]:
    """Return the objects of a list; those of a PodList or NodeList do not say what they are."""
    if isinstance(whole, list):
        return [item for each in whole for item in _items(each)]
    if not isinstance(whole, dict):
        return [{}]
    kind = str(whole.get("kind", ""))
    if isinstance(whole.get("items"), list):
        return [
            {"kind": kind.removesuffix("List"), **(each if isinstance(each, dict) else {})} for each in whole["items"]
        ]
    return [whole]


def _kind(item: Mapping[str, Any]) -> str:
    return str(item.get("kind", ""))


def _part(item: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    for name in path:
        inner = item.get(name)
        item = inner if isinstance(inner, dict) else {}
    return item


def _row(item: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        return _node(item) if _kind(item) == "Node" else _pod(item, node)
    except (ValueError, TypeError, AttributeError) as error:
        return {"fault": str(error)[:80] or "cannot be read"}


def _share(labels: Mapping[str, Any], product: str) -> float:
    """Return the accelerators that one of a node is, where it slices all of them alike or gives each out repeatedly."""
    replicas = str(labels.get(_REPLICAS, "1"))
    shared = product.upper().endswith("-SHARED") and replicas.isdigit() and int(replicas) > 0
    return (fraction_of(product) or 1.0) / (int(replicas) if shared else 1)


def _product(*labels: Mapping[str, Any]) -> str:
    return next((str(each[name]) for each in labels for name in _PRODUCT if each.get(name)), "")


def _node(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a node has; a count of whole accelerators that its labels tell comes before slices and shares."""
    meta, labels = _part(item, "metadata"), _part(item, "metadata", "labels")
    capacity = {name: quantity(str(amount)) for name, amount in _part(item, "status", "capacity").items()}
    product = _product(labels)
    slices = fraction_of(product)
    count, unknown = accelerators(capacity, _share(labels, product))
    if str(labels.get(_COUNT, "")).isdigit() and slices is None:
        count, unknown = float(labels[_COUNT]), []
    return {"name": meta.get("name"), "uid": meta.get("uid"), "created": meta.get("creationTimestamp"), "gpus": count,
            "product": product, "unknown": " ".join(unknown), "labels": json.dumps(labels)}  # fmt: skip


def _pod(item: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    meta, spec, status = (_part(item, name) for name in ("metadata", "spec", "status"))
    labels, notes = _part(meta, "labels"), _part(meta, "annotations")
    on = _part(node, "metadata", "labels")
    wanted = _wanted(spec)
    product = _product(on, _part(spec, "nodeSelector"))
    gpus, unknown = accelerators(wanted, _share(on, product))
    if gpus == 0 and notes.get(_FRACTION):
        gpus = float(notes[_FRACTION]) * float(notes.get(_FRACTION_COUNT, 1))
    owners = meta.get("ownerReferences") or [{}]
    images = [str(each.get("image", "")) for each in spec.get("containers") or []]
    return {
        "namespace": meta.get("namespace"), "name": meta.get("name"), "uid": meta.get("uid"),
        "created": meta.get("creationTimestamp"), "scheduled": _scheduled(status), "ended": _ended(item),
        "phase": status.get("phase"), "gpus": gpus, "cores": wanted.get("cpu", 0.0),
        "memory": wanted.get("memory", 0.0) / _GIB, "product": product, "owner": owners[0].get("name"),
        "image": " ".join(images), "labels": json.dumps(labels),
        "unknown": " ".join([*unknown, *(["resourceClaims"] if spec.get("resourceClaims") else [])]),
    }  # fmt: skip


def _wanted(spec: Mapping[str, Any]) -> dict[str, float]:
    """Return what a pod asks for: all its containers and sidecars together, or one that runs before them if larger."""
    sums: dict[str, float] = {}
    before: dict[str, float] = {}
    for group in ("containers", "initContainers"):
        for each in spec.get(group) or []:
            limits, requests = (_part(each, "resources", name) for name in ("limits", "requests"))
            for name, amount in {**limits, **requests}.items():  # of devices both are the same
                value = quantity(str(amount))
                if group == "containers" or each.get("restartPolicy") == "Always":
                    sums[name] = sums.get(name, 0.0) + value
                else:
                    before[name] = max(before.get(name, 0.0), value)
    return {name: max(sums.get(name, 0.0), before.get(name, 0.0)) for name in {**sums, **before}}


def _scheduled(status: Mapping[str, Any]) -> str:
    """Return when a pod was given its node, and with it its devices."""
    placed = [each.get("lastTransitionTime") for each in status.get("conditions") or []
              if each.get("type") == "PodScheduled" and each.get("status") == "True"]  # fmt: skip
    return str((placed or [status.get("startTime")])[0] or "")


def _ended(item: Mapping[str, Any]) -> str:
    """Return when a pod that is over was over: its last container's end, or else its last change."""
    status = _part(item, "status")
    if status.get("phase") not in _OVER:
        return ""
    containers = [each for group in ("containerStatuses", "initContainerStatuses") for each in status.get(group) or []]
    ends = [_part(each, "state", "terminated").get("finishedAt") for each in containers]
    changes = [each.get("lastTransitionTime") for each in status.get("conditions") or []]
    told = [str(each) for each in ends if each] or [str(each) for each in changes if each]
    return max(told, default=str(_part(item, "metadata").get("deletionTimestamp") or ""))


def _objects(sieve: Sieve) -> Normalised:
    kind, anchor = sieve.text("kind"), sieve.setting.clock.anchor
    if sieve.has("fault"):
        sieve.fail((sieve.text("fault") != "").to_numpy(), "fault", "is why the object cannot be read")
    sieve.fail(~kind.isin(["Pod", "Node"]).to_numpy(), "kind", "is no Pod and no Node; get those alone")
    nodes = (kind == "Node").to_numpy()
    if nodes.any() and anchor is None:
        raise UnreadableFileError(f"{sieve.chunk.file}: nodes have no date; say when they were listed with --anchor")
    at = pd.Series([anchor] * sieve.rows, dtype="datetime64[us, UTC]")
    pods = _pods(sieve, ~nodes)
    names = label_accelerators(sieve, "product")
    made = told(_moment(sieve, "created")).where((sieve.text("uid") == "").to_numpy(), "")
    item = named(kind, sieve.text("namespace"), sieve.text("name"), sieve.text("uid"), made)
    listed = sorted({f"{each} (asked for and not counted)" for text in sieve.text("unknown") for each in text.split()})
    gpus = sieve.count("gpus", limit="accelerators")
    return replace(
        pods, own=names.labels, born=_moment(sieve, "created").where(~nodes, at),
        read=(*pods.read, Points(at, gpus, "accelerators", "accelerator", where=nodes)),
        clues={"namespace": sieve.text("namespace"), "name": first_text(sieve, ("owner", "name")),
               "image": sieve.text("image"), "tag": sieve.text("labels").replace("{}", "")},
        identity=item.where(~nodes, item + "|" + told(at)), unresolved=(*names.unresolved, *listed),
    )  # fmt: skip


def _pods(sieve: Sieve, pods: NDArray[np.bool_]) -> Normalised:
    """Return what pods held from the moment that they were given a node until they were over, or waited for."""
    created, placed, ended = (_moment(sieve, name) for name in ("created", "scheduled", "ended"))
    phase = sieve.text("phase")
    over = phase.isin(_OVER).to_numpy()
    sieve.fail(pods & created.isna().to_numpy(), "created", "is empty; a pod has a creationTimestamp")
    sieve.fail(pods & over & ended.isna().to_numpy(), "ended", "is not told of a pod that is over; list it again")
    waiting = pods & placed.isna().to_numpy() & ~over
    start = placed.fillna(created)
    end = ended.where(ended.isna() | (ended >= start), start)  # over before it had a node: it held nothing
    status = pd.Series(np.where(waiting, "queued", np.where(phase == "Failed", "failed", "served")), dtype=object)
    held = []
    for name, limit, measure, unit in (("gpus", "accelerators", "gpu_hours", "accelerator_hour"),
                                       ("cores", "cores", "core_hours", "core_hour"),
                                       ("memory", "memory", "memory_hours", "GiB_hour")):  # fmt: skip
        amount = sieve.count(name, limit=limit)
        held.append(Spans(start, end, amount, measure, unit, status, pods & (amount > 0).to_numpy()))
    one = pd.Series(1.0, index=range(sieve.rows))
    return Normalised(
        held=tuple(held), read=(Points(start, one, "instances", "instance", status=status, where=pods),),
        progress=pd.Series(np.where(waiting, 0, np.where(over | ~pods, 2, 1))),
    )  # fmt: skip


def _moment(sieve: Sieve, name: str) -> pd.Series:
    if sieve.has(name):
        return sieve.instant(name, optional=True)
    return pd.Series(pd.NaT, index=range(sieve.rows), dtype="datetime64[us, UTC]")


KUBECTL: Final = Source(
    "kubectl", "Kubernetes pods and nodes: the JSON that kubectl get prints",
    _read, _objects, "pod, or node", "absolute; --anchor is the moment that nodes were listed",
    "gpu_hours [accelerator_hour], core_hours [core_hour], memory_hours [GiB_hour], instances [instance] of pods; "
    "accelerators [accelerator] of nodes",
    "accelerator from the node's labels; namespace, owner, image and labels for rules",
    "pods deleted before the list was made, use as against request, and devices of resource claims, which are listed",
)  # fmt: skip
