"""What a forecast says of itself: settings, digests, fitted terms; every field declared, kept as ``summary.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from pydantic import TypeAdapter, ValidationError

from shiftcast.forecast.known import Settings
from shiftcast.pipelines.registry.maker import Maker
from shiftcast.pipelines.state.root import StoreError


@dataclass(frozen=True)
class RevenueFit:
    """What forecasts data-centre revenue: member that ships, weights and errors of all, log deviation by quarter."""

    member: str
    weights: Mapping[str, float]
    scores: Mapping[str, float]
    deviation: tuple[float, ...]


@dataclass(frozen=True)
class SplitFit:
    """The state of the split: drift [logit a quarter], and how many statements it rests on."""

    volatility: float
    statements: int


@dataclass(frozen=True)
class GenerationFit:
    """One generation: family, accelerator, mean price [USD/accelerator] and power [kW at the IT boundary]."""

    family: str
    accelerator: str
    price: float
    it_kw: float


@dataclass(frozen=True)
class TechniqueFit:
    """One technique of one workload and segment: rows by evidence, drift [logit a quarter], effect of one figure."""

    workload: str
    segment: str
    technique: str
    evidence: Mapping[str, int]
    volatility: float
    one_figure: float


@dataclass(frozen=True)
class SkillRow:
    """CRPS over last value's, on which reference histories, at a horizon [quarter]."""

    series: str
    histories: str
    horizon: int
    ratio: float


@dataclass(frozen=True)
class Moved:
    """How far the meeting of the two views moved the last quarter, as ratios: in all, and by leaf from either side."""

    all: float
    top_down: tuple[float, ...]
    bottom_up: tuple[float, ...]


@dataclass(frozen=True)
class BacktestRow:
    """The backtest at one horizon [quarter], or ``all``; see :func:`forecast.scoring.backtest.summarise`."""

    horizon: str
    crps_ratio: float | None
    build_cost_ratio: float | None
    mase: float | None
    bias: float | None
    coverage50: float | None
    coverage80: float | None
    coverage95: float | None
    origins: int


@dataclass(frozen=True)
class Widened:
    """By which factor intervals were widened after a break of calibration, and of which version."""

    factor: float
    of: str


@dataclass(frozen=True)
class Summary:
    """What a forecast says of itself.

    Attributes
    ----------
    digest
        What the forecast depends on, as one SHA-256.
    origin
        Day it was made from, as ISO text.
    settings
        Draws, seed and horizon.
    files
        SHA-256 of each file of the record.
    quarantined, hindsight_assumptions
        How many rows were set aside, and how many assumptions were written after the origin.
    revenue, split, generations, techniques, skill, moved
        What the fitted terms say of themselves.
    filled
        Figures not in the catalogue that were carried from the generation before.
    h100e_gap
        An independent estimate of H100-equivalents over what prices implied [1], where there is one.
    missing
        Workloads that are not forecast, and why.
    throughput_evidence
        What throughput rests on, by task and generation.
    backtest
        A row a horizon and one for all; empty until it was scored.
    widened
        Set where monitoring widened the intervals.
    made_by
        Versions that made it; absent from forecasts registered before 0.2.0.
    """

    digest: str
    origin: str
    settings: Settings
    files: Mapping[str, str]
    quarantined: int
    revenue: RevenueFit
    split: SplitFit
    generations: tuple[GenerationFit, ...]
    filled: tuple[str, ...]
    h100e_gap: float | None
    missing: Mapping[str, str]
    throughput_evidence: Mapping[str, tuple[str, ...]]
    techniques: tuple[TechniqueFit, ...]
    skill: tuple[SkillRow, ...]
    moved: Moved
    hindsight_assumptions: int
    backtest: tuple[BacktestRow, ...] = ()
    widened: Widened | None = None
    made_by: Maker | None = None


def summary_text(summary: Summary) -> str:
    """Return a summary as JSON, the same summary always as the same text."""
    return json.dumps(asdict(summary), indent=1, sort_keys=True)


def read_summary(text: str, *, where: str) -> Summary:
    """Read a summary from its JSON.

    Parameters
    ----------
    text
        As :func:`summary_text` writes it, or as a version before 0.2.0 did.
    where
        What to name if it cannot be read.

    Raises
    ------
    StoreError
        Naming the field that is missing or of another kind.
    """
    try:
        return _SUMMARY.validate_python(json.loads(text))
    except ValidationError as error:
        fault = error.errors()[0]
        field = ".".join(str(part) for part in fault["loc"])
        raise StoreError(
            f"{where}: field {field!r}: {fault['msg']}; another version of shiftcast made it: open it with that one, "
            "or register anew with `shiftcast run`"
        ) from None


_SUMMARY: TypeAdapter[Summary] = TypeAdapter(Summary)
