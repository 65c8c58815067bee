"""Questions of capacity and cost give the same answer on the command line, in Python and from the served model."""

import json
from functools import cache
from types import SimpleNamespace

import pandas as pd
import pytest
from mlflow.exceptions import MlflowException
from typer.testing import CliRunner

from shiftcast.forecast.telling.form import plain_answer
from shiftcast.pipelines.cli import app
from shiftcast.pipelines.commands import capacity as capacity_command
from shiftcast.pipelines.commands.answer_screen import show
from shiftcast.pipelines.commands.capacity import overrides
from shiftcast.pipelines.registry.bundle import read_bundle, write_bundle
from shiftcast.pipelines.registry.champion import open_forecaster
from shiftcast.pipelines.registry.mlflow_store import bundle_folder, champion_version, open_store
from shiftcast.pipelines.registry.served_model import ARTIFACT, ShiftcastModel
from shiftcast.pipelines.sources.public_record import read_record

PLAN = {"by": "2027Q4", "risk": 0.05, "segment": "hyperscale/internal"}
ASKED = {
    "plan": (["--by", "2027Q4", "--risk", "0.05", "--segment", "hyperscale/internal"], PLAN),
    "limits": (["--by", "2027Q1", "--programmes", "3"], {"by": "2027Q1", "programmes": 3}),
    "ceilings": (["--by", "2027Q1"], {"by": "2027Q1"}),
    "retire": (["--generation", "hopper"], {"generation": "hopper"}),
    "site": (["--mw", "40", "--pue", "1.2"], {"mw": 40.0, "pue": 1.2}),
    "cost": (["--life", "4,5,6", "--gain", "10"], {"life": "4,5,6", "gain": 10.0}),
}
FEW = ["--draws", "200", "--seed", "7", "--as-of", "2026-11-20"]  # of the finished run


def invoke(*words):
    result = CliRunner().invoke(app, list(words), env={"COLUMNS": "400"})
    if result.exception:
        raise result.exception
    return result.stdout


once = cache(read_record)


@pytest.fixture(autouse=True)
def read_once(monkeypatch):
    """Read the record once for all commands: it takes seconds."""
    monkeypatch.setattr(capacity_command, "read_record", once)


@pytest.fixture
def beside(finished, monkeypatch, tmp_path):
    monkeypatch.chdir(finished.request.root.parent)
    return tmp_path


@pytest.fixture(scope="module")
def model(finished):
    served = ShiftcastModel()
    store = open_store(finished.request.root)
    folder = bundle_folder(store, champion_version(store))
    served.load_context(SimpleNamespace(artifacts={ARTIFACT: str(folder)}))
    return served


@pytest.mark.parametrize("question", ASKED)
def test_three_doors_one_answer(question, beside, finished, model):
    words, asked = ASKED[question]
    few = FEW if question in {"site", "cost"} else []
    (printed,) = json.loads(invoke(question, *words, *few, "--json"))["predictions"]
    answer = open_forecaster(root=finished.request.root).answer({"question": question, **asked})
    told = json.loads(json.dumps(plain_answer(answer)))
    drawn = (
        set() if few else {"provenance", "picture", "question"}
    )  # a question of the record has no forecast behind it
    for part in {"says", "rows", "units", "assumed", *drawn}:
        assert printed[part] == told[part]
    assert printed["rows"]
    assert printed["assumed"]
    if question != "limits":  # how many draws to plan is no field of the served model
        served = pd.DataFrame(model.predict(None, pd.DataFrame([{"question": question, **asked}]))).drop(columns="row")
        pd.testing.assert_frame_equal(served, answer.table)


@pytest.mark.parametrize(("question", "said"), [
    ("plan", ["order by", "racks to add", "hold the risk", "Ordered today", "Ways", "lag.order_shipment", "assumed"]),
    ("retire", ["2024Q4", "scarce", "after the", "MW freed", "price.decline"]),
    ("site", ["vr200", "binding", "measured", "MLPerf", "left out", "given", "asked for", "Most work"]),
    ("cost", ["crf", "capital", "energy", "idle", "elasticity 0.4", "backfire", "cost.rate"]),
    ("limits", ["binding", "shadow power", "power_additions.flow", "Shadow prices"]),
    ("ceilings", ["packaging", "wafer/quarter", "2027Q1", "memory.part.nvidia", "weighs most"]),
])  # fmt: skip
def test_a_person_reads_figures_assumptions_and_cautions(question, said, beside):
    printed = invoke(question, *ASKED[question][0], *(FEW if question in {"site", "cost"} else []))
    for text in said:
        assert text in printed


@pytest.mark.parametrize("question", ["plan", "retire", "site", "cost"])
def test_pictures_are_written(question, beside):
    file = beside / f"{question}.png"
    few = FEW if question in {"site", "cost"} else []
    invoke(question, *ASKED[question][0], *few, "--plot", str(file), "--json")
    assert file.read_bytes().startswith(b"\x89PNG")


def test_a_picture_that_cannot_be_written_is_refused(beside):
    with pytest.raises(ValueError, match="is not there; make it"):
        invoke("site", "--mw", "4", *FEW, "--plot", str(beside / "no" / "site.png"))
    with pytest.raises(ValueError, match="name the picture such as"):
        invoke("site", "--mw", "4", *FEW, "--plot", str(beside / "site.tokens"))


def test_a_ceiling_is_lifted(beside):
    bound, free = (
        json.loads(invoke("limits", *ASKED["limits"][0], "--json", *more))["predictions"][0]
        for more in ([], ["--lift", "power", "--lift", "memory"])
    )
    assert [row["odds_power"] + row["odds_memory"] for row in free["rows"]] == [0, 0]
    assert "Lifted: memory, power." in free["notes"]
    assert len(free["assumed"]) < len(bound["assumed"])


def test_values_stand_in_for_assumptions():
    def rows(use):
        told = invoke("site", "--mw", "40", *FEW, "--json", "--set", f"site.utilisation={use}")
        return json.loads(told)["predictions"][0]["rows"]

    quiet, busy = (rows(use)[0] for use in (0.25, 0.5))
    assert busy["work_day_median"] == pytest.approx(2 * quiet["work_day_median"])
    for pair in ("site.utilisation", "site.utilisation=much"):
        with pytest.raises(ValueError, match="not of the form site"):
            overrides([pair])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["site", "--mw", "-4"], "power of the site is -4 MW_facility, outside 0 to"),
        (["cost", "--life", "-4"], "life of -4 years"),
        (["site", "--mw", "4", "--generation", "a100"], "no record supports power of a100"),
        (["site", "--mw", "4", "--set", "site.luck=1"], "site.luck"),
        (["site", "--mw", "4", "--as-of", "2"], "--as-of '2'"),
    ],
)  # fmt: skip
def test_bad_words_are_refused(words, said):
    with pytest.raises(ValueError, match=said):
        invoke(*words)


def test_the_served_model_refuses_with_the_row_and_an_argument_that_is_not_known(model):
    with pytest.raises(
        MlflowException,
        match=r"row 0: power of the site is -1 MW_facility, outside 0 to 1e\+07 MW_facility; correct it",
    ):
        model.predict(None, pd.DataFrame([{"question": "site", "mw": -1.0}]))
    with pytest.raises(MlflowException, match=r"row 0: question 'site': field 'risk' is not taken"):
        model.predict(None, pd.DataFrame([{"question": "site", "mw": 1.0, "risk": 0.1}]))


def test_a_forecast_kept_before_there_was_a_fleet_still_opens_and_says_what_it_lacks(finished, tmp_path):
    bundle = finished.result.bundle
    tables = {name: rows for name, rows in bundle.tables.items() if name != "capacity_assumptions"}
    old = type(bundle)(bundle.cube, tables, bundle.summary, bundle.learned)
    write_bundle(old, tmp_path / "old")
    with pytest.raises(ValueError, match="kept without catalogue and fleet; run `shiftcast run` again"):
        read_bundle(tmp_path / "old").forecaster.plan(**PLAN)


def test_missing_figures_are_null_and_left_out_of_print(finished, capsys):
    answer = finished.result.bundle.forecaster.site(mw=40.0, generation="b300")
    assert "shadow_usd_mw_year_median" not in answer.table
    assert plain_answer(answer)["rows"][0]["rate"] > 0
    show(answer)
    assert "nan" not in capsys.readouterr().out
