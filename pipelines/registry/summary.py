"""Summary of a forecast: settings, digests, fitted terms; every field declared, kept as ``summary.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from pydantic import TypeAdapter, ValidationError

from shiftcast.forecast.known import Settings
from shiftcast.pipelines.registry.chain import Chain
from shiftcast.pipelines.registry.maker import Maker
from shiftcast.pipelines.state.root import StoreError


@dataclass(frozen=True)
class RevenueFit:
    """The fitted model of data-centre revenue.

    Attributes
    ----------
    member
        Member that forecasts it, or ``combination``.
    weights, scores
        Member to its weight [1], and to its error.
    deviation
        Log standard deviation by quarter ahead.
    """

    member: str
    weights: Mapping[str, float]
    scores: Mapping[str, float]
    deviation: tuple[float, ...]


@dataclass(frozen=True)
class SplitFit:
    """The fitted state of the split.

    Attributes
    ----------
    volatility
        Standard deviation of the level a quarter [logit].
    statements
        Number of statements it is fitted to.
    """

    volatility: float
    statements: int


@dataclass(frozen=True)
class GenerationFit:
    """One generation of the fleet.

    Attributes
    ----------
    family, accelerator
        Names.
    price, it_kw
        Mean price [USD/accelerator]; power [kW at the IT boundary].
    """

    family: str
    accelerator: str
    price: float
    it_kw: float


@dataclass(frozen=True)
class TechniqueFit:
    """One technique of one workload and segment.

    Attributes
    ----------
    workload, segment, technique
        Names.
    evidence
        Kind of statement to the number of rows.
    volatility
        Standard deviation of the level a quarter [logit].
    one_figure
        Change of the share if one operator stated a figure ten points above the expected one [share].
    """

    workload: str
    segment: str
    technique: str
    evidence: Mapping[str, int]
    volatility: float
    one_figure: float


@dataclass(frozen=True)
class SkillRow:
    """Skill of the share model on reference histories.

    Attributes
    ----------
    series, histories
        Series, and the class of histories it resembles.
    horizon
        Quarters ahead.
    ratio
        CRPS over that of last value [1].
    """

    series: str
    histories: str
    horizon: int
    ratio: float


@dataclass(frozen=True)
class Moved:
    """Change of the last quarter by the meeting of the two views, of versions before demand drove hardware; ratios.

    Attributes
    ----------
    all
        Of the total.
    top_down, bottom_up
        Of each leaf, from either view.
    """

    all: float
    top_down: tuple[float, ...]
    bottom_up: tuple[float, ...]


@dataclass(frozen=True)
class BacktestRow:
    """The backtest at one horizon [quarter], or ``all``; see :func:`forecast.scoring.backtest.summarise`.

    Attributes
    ----------
    horizon
        Quarters ahead, or ``all``.
    crps_ratio, build_cost_ratio
        CRPS and build cost over those of the last value [1]; missing where there is none, like every score.
    mase, bias, coverage50, coverage80, coverage95
        Scores [1].
    origins
        Number of past origins.
    crps, build_cost
        CRPS of log revenue, and cost of building to the forecast [share of the actual]; like those below missing from
        forecasts registered before 2026-11-29.
    crps_over_drift, crps_over_last_value_guided, crps_over_drift_guided
        CRPS over that of the other naive forecasts [1].
    """

    horizon: str
    crps_ratio: float | None
    build_cost_ratio: float | None
    mase: float | None
    bias: float | None
    coverage50: float | None
    coverage80: float | None
    coverage95: float | None
    origins: int
    crps: float | None = None
    build_cost: float | None = None
    crps_over_drift: float | None = None
    crps_over_last_value_guided: float | None = None
    crps_over_drift_guided: float | None = None


@dataclass(frozen=True)
class Widened:
    """A widening of the intervals after a break of calibration.

    Attributes
    ----------
    factor
        On the log spread, in all since the fit [1].
    of
        Version that was widened.
    """

    factor: float
    of: str


@dataclass(frozen=True)
class Summary:
    """The summary of a forecast.

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
    hindsight
        Assumptions, beliefs, judgements and learned parameters to how many are of a day after the origin.
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
    hindsight_assumptions: int
    hindsight: Mapping[str, int] = field(default_factory=dict)
    moved: Moved | None = None
    chain: Chain | None = None
    backtest: tuple[BacktestRow, ...] = ()
    widened: Widened | None = None
    made_by: Maker | None = None


def summary_text(summary: Summary) -> str:
    """Return a summary as JSON, the same summary always as the same text.

    Parameters
    ----------
    summary
        The summary.

    Returns
    -------
    str
        JSON with sorted keys.
    """
    return json.dumps(asdict(summary), indent=1, sort_keys=True)


def read_summary(text: str, *, where: str) -> Summary:
    """Read a summary from its JSON.

    Parameters
    ----------
    text
        As :func:`summary_text` writes it, or as a version before 0.2.0 did.
    where
        What to name if it cannot be read.

    Returns
    -------
    Summary
        Checked against the declared types.

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
