"""A catalogue of a few made-up accelerators and assumptions without spread, so that answers can be worked by hand."""

import pandas as pd
import pytest

from shiftcast.forecast.economics.basis import Basis
from shiftcast.pipelines.sources.beliefs import shipped_beliefs

ORIGIN = pd.Timestamp("2026-11-22", tz="UTC")
CONSTANTS = {
    "power.pue": 1.25, "power.load": 0.8, "power.cap_exponent": 0.5, "site.usable_power": 0.8, "site.utilisation": 0.5,
    "site.derate": 0.5, "cost.rate": 0.1, "cost.operations": 0.05, "cost.electricity": 0.1, "cost.site_capex": 10.0,
    "cost.site_life": 10.0, "fleet.life": 5.0, "price.output_token": 1.0, "price.interactive": 2.0,
    "demand.pass_through": 1.0, "demand.elasticity": 0.5,
}  # fmt: skip


def assumptions(**changed: float) -> pd.DataFrame:
    values = CONSTANTS | changed
    shapes = {"site.usable_power": "logitnormal", "site.utilisation": "logitnormal", "demand.pass_through": "normal"}
    return pd.DataFrame([
        {"name": name, "low": value, "mid": value, "high": value, "unit": "1", "shape": shapes.get(name, "lognormal"),
         "evidence": "assumed", "source": "by hand"}
        for name, value in values.items()
    ])  # fmt: skip


def accelerator(name: str, family: str, **known: object) -> dict[str, object]:
    row: dict[str, object] = {
        "accelerator": name, "family": family, "vendor": "nvidia", "status": "shipping", "evidence": "independent",
        "available_at": ORIGIN - pd.Timedelta(days=900), "known_at": ORIGIN - pd.Timedelta(days=900),
        "it_kw": float("nan"), "chip_w": 700.0, "utility_kw": float("nan"), "scale_up_domain": 8.0,
        "price_usd": float("nan"), "price_sd_log": 0.0, "own_usd_hour": float("nan"), "source": "by hand",
    }  # fmt: skip
    return row | known


def record(name: str, value: float, **known: object) -> dict[str, object]:
    row: dict[str, object] = {
        "accelerator": name, "model": "deepseek-r1", "scenario": "server", "precision": "fp4", "software": "bench v1",
        "measured_at": ORIGIN, "known_at": ORIGIN, "value": value, "unit": "output_token/s", "evidence": "measured",
        "workload": "generative", "technique": "llm", "interactivity": float("nan"), "source": "by hand",
    }  # fmt: skip
    return row | known


@pytest.fixture
def basis() -> Basis:
    hardware = pd.DataFrame([
        accelerator("alpha", "old", it_kw=1.0, price_usd=10000.0),
        accelerator("beta", "new", it_kw=2.0, price_usd=40000.0, scale_up_domain=72.0),
        accelerator("beta_air", "new", it_kw=1.5),
        accelerator("gamma", "next", available_at=ORIGIN + pd.Timedelta(days=300), utility_kw=3.0),
        accelerator("whole", "wafer", it_kw=9.0, scale_up_domain=float("nan")),
    ])  # fmt: skip
    throughput = pd.DataFrame([
        record("alpha", 100.0), record("beta", 300.0, measured_at=ORIGIN - pd.Timedelta(days=300)),
        record("beta", 400.0), record("beta_air", 350.0), record("alpha", 50.0, model="dlrm", unit="sample/s"),
        record("beta", 0.0, model="broken"),
    ])  # fmt: skip
    return Basis(ORIGIN, hardware, throughput, assumptions(), shipped_beliefs(), draws=50, seed=1)
