"""Series on which the share model was weak: take-overs of generations, and operators that test, ramp and stand.

Operators come from the record: a surface stands at its old technique for years, and moves in the quarters of its dated
shares. Generations are shares of accelerators in clusters and in notable models, and the reference sets whose
categories succeed each other. All are small, and none taught the model but where the card says so.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

STARTS, ENDS = "2013-03-31", "2026-09-30"
LOOSE = pd.Timedelta(days=550)  # longest period of an event that still dates it
TESTED = 0.02  # share of traffic of a test that states none
GENERATIONS = {
    "ios_versions": None,
    "r_diffusion": ("windows_w3schools", "safari_versions", "ibm_systems_in_use"),
    "steam_hw": ("nvidia_gpu_gen", "os", "vram", "ram"),
    "riaa_music": None,
    "top500_cpu": None,
    "top500_os": None,
    "top500_arch": None,
}  # set to the series whose categories are generations; none stands for all of them
CHIPS = {
    "older": "K20|K40|K80|M40|GTX|TITAN|2080",
    "pascal": "P100",
    "volta": "V100",
    "ampere": "A100|A800|A6000|3090",
    "hopper": "H100|H800|H200|GH200|H20",
    "blackwell": "B200|B300|GB200|GB300",
}
TPUS = {f"tpu{n}": f"TPU v{n}" for n in (1, 2, 3, 4, 5, 6, 7)}


def operator_panel(records: Path) -> pd.DataFrame:
    """Return quarterly technique shares of surfaces whose move is dated with a share: set operators.

    Before a move the old technique has the whole; a test holds 2 % where it states no share; the share runs straight
    from the start of the period of an event to its end, and from one dated share of a launch to the next.
    """
    ledger = pd.read_csv(records / "rollouts.csv", parse_dates=["period_start", "period_end"])
    moved = ledger[(ledger.technique_from != ledger.technique_to) & (ledger.serving != "offline")]
    moved = moved[moved.period_end - moved.period_start < LOOSE]
    moved = moved.assign(share=moved.share_mid.fillna(moved.event.map({"test": TESTED}))).dropna(subset=["share"])
    moved = moved.assign(series=moved.operator + "|" + moved.surface, start=moved.period_start, end=moved.period_end)
    keys = ["series", "technique_from", "technique_to", "share", "start", "end"]
    rows = pd.concat([moved[keys], _launches(records)[keys]])
    parts = [_surface(str(name), part.sort_values("end")) for name, part in rows.groupby("series")]
    return pd.concat(parts, ignore_index=True)


def _launches(records: Path) -> pd.DataFrame:
    """Return the dated shares of one launch of one operator, each straight from the one before."""
    stated = pd.read_csv(records / "observations_migration.csv", parse_dates=["period_end"])
    stated = stated[(stated.measure == "share") & (stated.base == "requests") & stated.bound.isin(["=", "~"])]
    stated = stated.assign(series=stated.operator + "|" + stated.definition, share=stated.value / 100.0)
    stated = stated.assign(technique_to=stated.technique, end=stated.period_end).sort_values(["series", "end"])
    stated["technique_from"] = stated.technique.map({"llm": "deep", "deep": "older"})
    before = stated.groupby("series").end.shift()
    return stated.assign(start=before.fillna(stated.end - pd.Timedelta(days=30)))


def _surface(name: str, events: pd.DataFrame) -> pd.DataFrame:
    """Return the shares of one surface by quarter."""
    ends = pd.date_range(STARTS, ENDS, freq="QE")
    techniques = [*dict.fromkeys([*events.technique_from, *events.technique_to])]
    shares = pd.DataFrame(0.0, index=ends, columns=techniques)
    shares[events.technique_from.iloc[0]] = 1.0
    for event in events.itertuples():
        way = ((ends - event.start) / (event.end - event.start + pd.Timedelta(days=1))).to_numpy().clip(0.0, 1.0)
        held = shares.loc[:, event.technique_to].to_numpy()
        gained = np.where(way > 0, held + way * (event.share - held), held)
        rest = shares.drop(columns=event.technique_to)
        total = rest.sum(axis=1).replace(0.0, 1.0)
        shares[rest.columns] = rest.mul((1.0 - gained) / total, axis=0)
        shares[event.technique_to] = gained
    return _long(shares, name)


def generation_panels(data: Path, capacity: Path) -> dict[str, pd.DataFrame]:
    """Return panels of successive generations by name: reference sets, clusters and models by accelerator."""
    out = {}
    for name, kept in GENERATIONS.items():
        history = pd.read_csv(data / f"{name}.csv.gz", dtype={"series": str, "category": str}, parse_dates=["period"])
        out[name] = history if kept is None else history[history.series.isin(kept)]
    if capacity.exists():
        out |= {"clusters": _clusters(capacity), "models": _models(capacity)}
    return out


def _clusters(capacity: Path) -> pd.DataFrame:
    """Return shares of accelerator generations in the chips of clusters in operation, by quarter and sector."""
    rows = pd.read_csv(capacity / "gpu_clusters.csv.gz")
    rows = rows[(rows.Status == "Existing") & rows["Include in Standard Analysis"].notna()]
    rows = rows.assign(
        day=pd.to_datetime(rows["First Operational Date"], errors="coerce"),
        kind=_generation(rows["Chip type (primary)"], CHIPS),
    ).dropna(subset=["day", "kind"])
    parts = []
    for sector, part in (("all", rows), *rows.groupby("Sector")):
        if len(part) < 40:
            continue
        for base, size in (("count", np.ones(len(part))), ("compute", part["H100 equivalents"].fillna(0.0))):
            sized = part.assign(size=size)
            table = sized.pivot_table(
                index=pd.Grouper(key="day", freq="QE"), columns="kind", values="size", aggfunc="sum"
            )
            stock = table.fillna(0.0).asfreq("QE", fill_value=0.0).cumsum()
            stock = stock[stock.sum(axis=1) > 0].loc["2016":]
            parts.append(_long(stock.div(stock.sum(axis=1), axis=0), f"{sector}|{base}"))
    return pd.concat(parts, ignore_index=True)


def _models(capacity: Path) -> pd.DataFrame:
    """Return shares of accelerator generations in notable models of the last year, by quarter."""
    rows = pd.read_csv(capacity / "notable_ai_models.csv.gz")
    rows = rows.assign(day=pd.to_datetime(rows["Publication date"], errors="coerce"))
    parts = []
    for series, kinds in (("gpu", CHIPS), ("gpu and tpu", CHIPS | TPUS)):
        part = rows.assign(kind=_generation(rows["Training hardware"], kinds), one=1.0).dropna(subset=["day", "kind"])
        table = part.pivot_table(index=pd.Grouper(key="day", freq="QE"), columns="kind", values="one", aggfunc="sum")
        year = table.fillna(0.0).asfreq("QE", fill_value=0.0).rolling(4).sum().loc["2016":"2025-06"]
        parts.append(_long(year.div(year.sum(axis=1), axis=0), series))
    return pd.concat(parts, ignore_index=True)


def _generation(names: pd.Series, kinds: dict[str, str]) -> pd.Series:
    """Return the newest generation that a text of hardware names, none where it names none."""
    out = pd.Series(None, index=names.index, dtype=object)
    for kind, pattern in kinds.items():
        out[names.fillna("").str.contains(pattern)] = kind
    return out


def _long(shares: pd.DataFrame, series: str) -> pd.DataFrame:
    """Return a wide table as rows ``series, period, category, share, observed``."""
    tidy = shares.rename_axis(index="period", columns="category").reset_index().melt("period", value_name="share")
    return tidy.assign(series=series, observed=1)
