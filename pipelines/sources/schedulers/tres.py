"""Read the resources of a Slurm job in every spelling: TRES lists, GRES by node, slices, shards and numeric ids."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from shiftcast.pipelines.sources.fractions import fraction_of
from shiftcast.pipelines.sources.setting import accelerator_names

_GIB: Final = {"K": 2.0**-20, "M": 2.0**-10, "": 2.0**-10, "G": 1.0, "T": 2.0**10, "P": 2.0**20}
_MEMORY: Final = re.compile(r"(\d+(?:\.\d+)?)([KMGTP]?)B?[nc]?", re.IGNORECASE)
_WHICH: Final = re.compile(r"\([^()]*\)")  # which devices or sockets, such as (IDX:0-1,3)
_STATIC: Final = {"1": "cpu", "2": "mem", "4": "node"}  # ids that every cluster has; those above 1000 are its own
_OWN_IDS: Final = range(1001, 10_000)
_MPS: Final = 100.0  # parts of an accelerator that its multi-process service counts in


@dataclass(frozen=True)
class Tres:
    """Trackable resources (TRES) of a job.

    Attributes
    ----------
    gpus
        GPUs in all, slices as their fraction [accelerator].
    types
        GPUs by type, as Slurm names it, slices as their fraction [accelerator].
    cores
        CPUs [core]; ``None`` where the list has none.
    memory
        Memory [GiB].
    nodes
        Nodes; ``None`` where the list has none.
    shards
        Shards of GPUs, whose fraction only the cluster's configuration tells.
    fault
        Part of the list that could not be read; empty for none.
    """

    gpus: float = 0.0
    types: Mapping[str, float] = field(default_factory=dict)
    cores: float | None = None
    memory: float = 0.0
    nodes: float | None = None
    shards: float = 0.0
    fault: str = ""

    def by_node(self, nodes: float) -> Tres:
        """Return the resources of all nodes, where these are of one.

        Parameters
        ----------
        nodes
            Number of nodes.

        Returns
        -------
        Tres
            GPUs and shards times the nodes.
        """
        types = {kind: count * nodes for kind, count in self.types.items()}
        return Tres(self.gpus * nodes, types, self.cores, self.memory, self.nodes, self.shards * nodes, self.fault)


@lru_cache(maxsize=1 << 16)
def read_tres(text: str) -> Tres:
    """Read a list of TRES, or of GRES as AllocGRES has it.

    Parameters
    ----------
    text
        Such as ``cpu=8,gres/gpu:a100=2,mem=62.50G`` or ``gpu:a100:2(IDX:0-1)``.

    Returns
    -------
    Tres
        The resources; only ``fault`` where a part cannot be read.

    Examples
    --------
    >>> tres = read_tres("billing=8,cpu=8,gres/gpu=3,gres/gpu:a100=2,mem=62.50G,node=1")
    >>> tres.gpus, dict(tres.types), tres.cores, tres.memory
    (3.0, {'a100': 2.0}, 8.0, 62.5)
    >>> read_tres("gpu").gpus, read_tres("gpu:a100:2(IDX:0-1)").gpus, read_tres("gpu:1g.5gb:7").gpus
    (1.0, 2.0, 1.0)
    >>> read_tres("cpu=8,mem=lots").fault
    'mem=lots'
    """
    plain: dict[str, float] = {}
    types: dict[str, float] = {}
    for part, name, kind, amount in _parts(text):
        count = _memory(amount) if name == "mem" else _number(amount)
        if count is None or (name.isdigit() and int(name) in _OWN_IDS):
            return Tres(fault=part)
        if name == "gpu" and kind:
            types[kind] = types.get(kind, 0.0) + count
        else:
            plain[name] = max(plain.get(name, 0.0), count)
    whole = {kind: count * _fraction(kind) for kind, count in types.items()}
    gpus = max(plain.get("gpu", 0.0) - sum(types.values()), 0.0) + sum(whole.values())
    shared = 0.0 if gpus else plain.get("mps", 0.0) / _MPS
    shards = 0.0 if gpus or shared else plain.get("shard", 0.0)
    return Tres(gpus + shared, whole, plain.get("cpu"), plain.get("mem", 0.0), plain.get("node"), shards)


def _parts(text: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield each part of a list that counts here, with its name, its type and its amount."""
    for part in filter(None, _WHICH.sub("", text).split(",")):
        name, equals, amount = part.strip().rpartition("=")
        words = re.sub(r"^gres[/:]", "", (name if equals else part).strip(), flags=re.IGNORECASE).split(":")
        if not equals:
            amount = words.pop() if len(words) > 1 and _number(words[-1]) is not None else "1"
        kind = words[1] if len(words) > 1 and words[1] != "no_consume" else ""
        first = words[0].lower()
        name = _STATIC.get(first, _GRES_IDS.get(first, first))
        if name in {"cpu", "mem", "node", "gpu", "mps", "shard"} or name.isdigit():
            yield part, name, kind, amount


def _gres_id(name: str) -> str:
    """Return the number that accounting wrote for a kind of GRES before it knew names: its letters, byte by byte."""
    return str(sum(ord(letter) << (8 * (place % 4)) for place, letter in enumerate(name)))


_GRES_IDS: Final = {_gres_id(name): name for name in ("gpu", "mps", "shard")}


def _number(text: str) -> float | None:
    return float(text) if text.replace(".", "", 1).isdigit() else None


def _memory(text: str) -> float | None:
    read = _MEMORY.fullmatch(text)
    return None if read is None else float(read[1]) * _GIB[read[2].upper()]


def _fraction(kind: str) -> float:
    """Return the part of an accelerator that one of a type is."""
    share = fraction_of(kind, (accelerator_names().find(kind) or ("",))[0])
    return 1.0 if share is None else share
