"""`shiftcast catalogue` and `shiftcast convert`: the same answers as in Python, on the records or a user's file."""

import json
import shutil

import pandas as pd
import pytest
from typer.testing import CliRunner

from shiftcast.features.frames import Hardware
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.pipelines.cli import app
from shiftcast.pipelines.commands.catalogue import catalogue_json, open_catalogue, with_rows
from shiftcast.pipelines.commands.split import known_at
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.sources.table import UnreadableFileError

DAY = "2026-11-22"
GB300 = ["--requests", "1e9", "--work", "400", "--accelerator", "gb300", "--as-of", DAY]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Keep the records the two commands read, and few of the others, so that reading takes no time."""
    path = tmp_path_factory.mktemp("records")
    kept = ("hardware", "throughput", "assumptions", "fleet", "economics", "workloads", "residency", "claims",
            "ceilings")  # fmt: skip
    for name in (*kept, "observations_judgement"):
        shutil.copy(RECORDS / f"{name}.csv", path)
    return path


@pytest.fixture(scope="module")
def invoke(folder):
    """Return a call of the command line on that folder."""

    def call(*arguments):
        result = CliRunner().invoke(app, [*arguments, "--record", str(folder)])
        if result.exception:
            raise result.exception
        return result.stdout

    return call


@pytest.fixture(scope="module")
def known(folder):
    return known_at(DAY, folder)


@pytest.fixture(scope="module")
def printed(invoke):
    return invoke("catalogue", "--as-of", DAY, "--region", "china")


@pytest.mark.parametrize("said", [
    "as of 2026-11-22", "chip, IT and utility", "gb300", "announced", "gb300 over gb200", "per IT kW", "measured",
    "generativ", "no power figure", "feynman: no record of power at the IT boundary", "h100: may not serve there",
])  # fmt: skip
def test_the_catalogue_prints_generations_boundaries_ratios_and_what_is_missing(printed, said):
    assert said in printed


def test_the_catalogue_as_json_is_the_one_in_python(invoke, known):
    done = json.loads(invoke("catalogue", "--as-of", DAY, "--json"))
    assert done == catalogue_json(open_catalogue(known), known, None)
    assert set(done) == {"as_of", "power", "generations", "rates", "ratios", "software", "fits"}
    row = next(row for row in done["generations"] if row["accelerator"] == "gb300")
    assert (row["it_kw"], row["utility_kw"]) == (2.12, None)


@pytest.fixture
def own(tmp_path, known):
    """Return a file with an accelerator of the user's own, and a row known too late."""
    row = known.hardware.query("accelerator == 'gb300'").tail(1).assign(accelerator="mine", it_kw=5.0)
    late = row.assign(known_at=pd.Timestamp("2030-01-01", tz="UTC"), it_kw=9.0)
    path = tmp_path / "own.csv"
    pd.concat([row, late])[list(Hardware.columns)].to_csv(path, index=False, date_format="%Y-%m-%d")
    return path


def test_a_user_s_rows_join_the_catalogue_and_later_ones_do_not(invoke, own, known):
    done = json.loads(invoke("catalogue", "--as-of", DAY, "--add", str(own), "--json"))
    mine = next(row for row in done["generations"] if row["accelerator"] == "mine")
    assert mine["it_kw"] == 5.0
    assert len(with_rows(known, own).hardware) == len(known.hardware) + 1
    assert with_rows(known, None) is known


@pytest.mark.parametrize(
    ("column", "text", "said"),
    [("fp8_tflops", "-1", "fp8_tflops must be finite and within 0"), ("available_at", "soon", "is not a date"),
     ("vendor", "", "vendor is empty")],
)  # fmt: skip
def test_a_user_s_bad_row_is_refused_with_file_line_column_and_reason(invoke, own, column, text, said):
    table = pd.read_csv(own, dtype=str, keep_default_na=False)
    table.loc[1, column] = text
    table.to_csv(own, index=False)
    with pytest.raises(UnreadableFileError, match=rf"own\.csv: line 3: column '{column}' holds '{text}': .*{said}"):
        invoke("catalogue", "--as-of", DAY, "--add", str(own))


def test_a_user_s_unknown_number_format_is_refused(invoke, own):
    table = pd.read_csv(own, dtype=str, keep_default_na=False).assign(formats="fp3")
    table.to_csv(own, index=False)
    with pytest.raises(ValueError, match=r"number format 'fp3' of recsys/deep or mine is not known; choose from bf16"):
        invoke("catalogue", "--as-of", DAY, "--add", str(own))


def test_a_region_without_a_rule_is_refused_with_those_that_have_one(invoke):
    with pytest.raises(OutOfSupportError, match="region 'mars': rules are known for china, european_union"):
        invoke("catalogue", "--as-of", DAY, "--region", "mars")


def test_a_billion_requests_a_day_on_gb300_at_the_server_tier(invoke):
    asked = [*GB300, "--model", "deepseek-r1", "--utilisation", "0.6", "--pue", "1.12",
             "--software", "MLPerf v6.1, NVIDIA NVL72"]  # fmt: skip
    done = json.loads(invoke("convert", *asked, "--json"))
    assert done["rate"]["value"] == pytest.approx(8290.8889)
    assert (round(done["provisioned_hours"], -1), round(done["accelerators"])) == (22_340, 931)
    assert done["megawatts"] == pytest.approx(2.2, abs=0.05)
    assert (done["rate"]["evidence"], done["it_kw"]) == ("measured", 2.12)
    printed = invoke("convert", *asked)
    assert "931 accelerators, of which 558 are busy on average" in " ".join(printed.split())
    assert "2.12 kW IT each, PUE 1.12, utilisation 60%" in printed


def test_a_speed_is_read_off_the_curve_within_its_range_only(invoke):
    model = ["--model", "deepseek-v4-pro-1.6t-a49b", "--unit", "total_token/s"]
    slow, fast = (
        json.loads(invoke("convert", *GB300, *model, "--speed", speed, "--json"))["rate"] for speed in ("17", "30")
    )
    assert 10094 < slow["value"] < 10608
    assert 3570 < fast["value"] < 5789
    assert fast["basis"] == "curve at 30 token/s a user, 8k in/1k out"
    with pytest.raises(OutOfSupportError, match="at 90 token/s a user: measured from 16 to 50"):
        invoke("convert", *GB300, *model, "--speed", "90")


@pytest.mark.parametrize(
    ("accelerator", "model", "said"),
    [("feynman", "deepseek-r1", "measured on it are no models"), ("gb300", "chess", "measured on it are deepseek-r1")],
)
def test_what_no_record_supports_is_refused_by_name(invoke, accelerator, model, said):
    with pytest.raises(OutOfSupportError, match=said):
        invoke("convert", *GB300[:4], "--accelerator", accelerator, "--model", model, "--as-of", DAY)


def test_nothing_later_than_the_day_is_used(invoke):
    done = json.loads(invoke("catalogue", "--as-of", "2025-01-15", "--json"))
    assert "gb300" not in {row["accelerator"] for row in done["generations"]}
    assert max(row["measured_at"] for row in done["rates"]) < "2025-01-16"


def test_a_volume_that_the_world_could_not_serve_is_refused_until_insisted_on(invoke):
    asked = ("--requests", "1e16", "--work", "100", *GB300[4:6], "--model", "deepseek-r1")
    with pytest.raises(
        ValueError, match=r"^1e\+16 requests a day: power of .* times above all power that the world's AI"
    ):
        invoke("convert", *asked)
    assert "Doubtful: 1e+16 requests a day" in " ".join(invoke("convert", *asked, "--sure").split())
    (note,) = json.loads(invoke("convert", *asked, "--sure", "--json"))["notes"]
    assert note.startswith("Doubtful: 1e+16 requests a day")
    with pytest.raises(ValueError, match=r"^1e\+300 requests a day: .*correct it or its unit$"):
        invoke("convert", "--requests", "1e300", *asked[2:], "--sure")
