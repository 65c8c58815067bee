"""Levers of a scenario: what may be turned, the fields of each kind, and within which bounds."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from shiftcast.features.frames import ALL

LEAST, MOST = 0.01, 100.0  # factors within which scaling the drawn demand still speaks
_Text = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[\w./ +-]+$")]
_Factor = Annotated[float, Field(ge=LEAST, le=MOST)]
_Share = Annotated[float, Field(ge=0, le=1)]
_Response = Annotated[float, Field(ge=-10, le=10)]
_Quarter = Annotated[str, Field(pattern=r"^\d{4}Q[1-4]$")]
_Late = Annotated[int, Field(ge=-8, le=24)]


class Lever(BaseModel):
    """One lever.

    Attributes
    ----------
    start
        First quarter it counts in, written ``from``; the first forecast quarter if left out.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False, populate_by_name=True)
    start: Annotated[_Quarter | None, Field(alias="from")] = None


class _Ramped(Lever):
    """A lever that may come step by step.

    Attributes
    ----------
    ramp
        Quarters until it counts in full; at once if 0.
    """

    ramp: Annotated[int, Field(ge=0, le=40)] = 0


class Demand(_Ramped):
    """Work wanted of one part, scaled.

    Attributes
    ----------
    part
        A workload, task (``recsys/llm``), leaf, segment or ``all``.
    factor, share
        Factor [1] on the work of a share of it [share], such as one customer's.
    """

    part: _Text
    factor: _Factor
    share: _Share = 1.0


class Technique(_Ramped):
    """The rollout of techniques, moved; others of the workload give or take in proportion.

    Attributes
    ----------
    of, technique, segment
        Workload, techniques such as ``llm`` or ``deep or newer``, and ``hyperscale``, ``rest`` or ``all``.
    late
        Quarters the rollout comes later; earlier if negative [quarter].
    back
        Part of the share that is given back [share]; the ramp is of this alone.
    most
        Highest share of requests [share].
    """

    of: _Text
    technique: _Text
    segment: _Text = ALL
    late: _Late = 0
    back: _Share = 0.0
    most: _Share | None = None


class Generation(Lever):
    """A generation of accelerators, and those after it, late.

    Attributes
    ----------
    generation
        Family, such as the catalogue names it.
    late
        Quarters its ramp comes later; earlier if negative [quarter].
    replaced
        Share of the shipments that are missing that the generation before makes good [share].
    meanwhile
        Whether buyers of the rest wait for it or what they would have bought is lost.
    """

    generation: _Text
    late: _Late
    replaced: _Share
    meanwhile: Literal["waits", "lost"] = "waits"


class Limit(Lever):
    """A ceiling lifted, scaled, or held at a figure; exactly one of them.

    Attributes
    ----------
    ceiling
        Name of a ceiling, such as ``power``.
    lift
        Whether it does not count.
    factor
        Factor on what can be had in a quarter [1].
    most
        Most that can be had in a quarter, in the unit of the ceiling; of power, the most that all live accelerators
        draw [MW_facility].
    """

    ceiling: _Text
    lift: bool = False
    factor: _Factor | None = None
    most: Annotated[float | None, Field(gt=0)] = None


class Price(_Ramped):
    """A price that changes, and the demand that answers it.

    Attributes
    ----------
    of
        ``work``, such as tokens, or ``accelerators``, which moves money and what funds buy as well.
    factor
        New price over old [1].
    part
        Whose demand answers.
    elasticity, pass_through
        Of volume to price, and of cost to price [1]; the record's draws if left out.
    """

    of: Literal["work", "accelerators"]
    factor: _Factor
    part: _Text = ALL
    elasticity: _Response | None = None
    pass_through: _Response | None = None


class Software(_Ramped):
    """Throughput gained by software, and the demand that cheaper work brings.

    Attributes
    ----------
    part
        Whose work.
    gain
        Throughput over that of the base [1].
    elasticity, pass_through
        As those of :class:`Price`.
    """

    gain: _Factor
    part: _Text = ALL
    elasticity: _Response | None = None
    pass_through: _Response | None = None


class Move(_Ramped):
    """Work that moves from one leaf to another.

    Attributes
    ----------
    source, target
        Leaves.
    share
        Share of the source's work that moves [share].
    of
        Workload or task; ``all`` of it if left out.
    ratio
        Hours it takes there over hours it took [1].
    """

    source: _Text
    target: _Text
    share: _Share
    of: _Text = ALL
    ratio: _Factor = 1.0


KINDS: Final[dict[str, type[Lever]]] = {
    "technique": Technique, "demand": Demand, "price": Price, "software": Software, "move": Move,
    "generation": Generation, "limit": Limit,
}  # fmt: skip
IN_ORDER: Final = ("technique", "move")  # kinds of which each lever acts on what those before it left
