"""Facts of a fleet from TOML: every field, three numbers of one, and each fault with its place and remedy."""

import dataclasses
import tomllib
from pathlib import Path

import pandas as pd
import pytest

from shiftcast.features.input_error import InputError
from shiftcast.forecast.fleet.facts import Currency, Event, Fleet, Holding, Move, Offer
from shiftcast.pipelines.fleet.facts_file import _READERS, facts_of, read_facts

WHOLE = """
[fleet]
leaf = "enterprise"
like = ["sovereign", "hosted"]
busy = 0.8
pue = 1.3
usd_per_kwh = 0.1
[[holding]]
accelerator = "NVIDIA A100-SXM4-80GB"
count = 64
since = 2025-03-01
until = "2028Q1"
terms = "reserved"
usd_per_hour = 1.5
node = 4
[[holding]]
accelerator = "h100"
count = 8
[[offer]]
name = "cloud"
accelerator = "h200"
terms = "rent"
usd = 2.9
[[event]]
name = "move in"
workload = "recsys"
start = "2027-02"
hours = [1000, 2000, 4000]
probability = 0.7
[[move]]
workload = "recsys"
source = "deep"
target = "sequence"
start = 2027-05-01
end = 2027-08-01
share = 0.5
work = [2, 3, 4]
[[currency]]
code = "EUR"
usd = 1.1
since = 2026-01-01
[budget]
2027 = 1200000
"""


def day(text):
    return pd.Timestamp(text, tz="UTC")


def test_every_field_is_read_and_what_is_left_out_has_its_default(tmp_path):
    file = tmp_path / "fleet.toml"
    file.write_text(WHOLE)
    assert read_facts(file, "mine") == Fleet(
        "mine", "enterprise", ("sovereign", "hosted"), 0.8, 1.3, 0.1,
        holdings=(Holding("a100", 64, day("2025-03-01"), day("2028-01-01"), "reserved", 1.5, 4),
                  Holding("h100", 8, day("2000-01-01"))),
        offers=(Offer("cloud", "h200", "rent", 2.9, 0.0, 1),),
        events=(Event("move in", "recsys", day("2027-02-01"), (1000, 2000, 4000), probability=0.7),),
        moves=(Move("recsys", "deep", "sequence", day("2027-05-01"), day("2027-08-01"), (0.5, 0.5, 0.5), (2, 3, 4)),),
        budgets={2027: 1.2e6}, currencies=(Currency("EUR", 1.1, day("2026-01-01")),),
    )  # fmt: skip


def test_an_empty_file_says_nothing():
    assert facts_of({}, "mine", "fleet.toml") == Fleet("mine")


FAULTS = {
    "[flet]\nbusy = 1": "section 'flet' is not known; did you mean 'fleet'?",
    "[fleet]\nbussy = 1": "[fleet]: key 'bussy' is not known; did you mean 'busy'?",
    "[fleet]\nbusy = 1.2": "[fleet], busy = 1.2: it must be a number above 0 to 1",
    "[fleet]\npue = 0.9": "[fleet], pue = 0.9: it must be a number from 1",
    "[fleet]\nleaf = 'entreprise'": "'entreprise' is not known; did you mean 'enterprise'?",
    "[fleet]\nbusy = '0.8'": "[fleet], busy = '0.8': it must be a number",
    "[fleet]\nbusy = nan": "busy = nan: it must be a number",
    "fleet = 3": "[fleet] is 3; it must be a section",
    "[holding]\ncount = 1": "write [[holding]]",
    "[[holding]]\ncount = 1": "[[holding]] 1: key 'accelerator' is missing; name one of `shiftcast catalogue`",
    "[[holding]]\naccelerator = 'quux'\ncount = 1": "[[holding]] 1, accelerator = 'quux': no table knows it",
    "[[holding]]\naccelerator = 'h100'\ncount = 0": "count = 0: it must be a number above 0",
    "[[holding]]\naccelerator = 'h100'\ncount = true": "count = True: it must be a number",
    "[[holding]]\naccelerator = 'h100'\ncount = 8\nnode = 2.5": "node = 2.5: it must be a whole number from 1",
    "[[holding]]\naccelerator = 'h100'\ncount = 8\nterms = 'own'": "terms = 'own': it must be one of owned, reserved",
    "[[holding]]\naccelerator = 'h100'\ncount = 8\nsince = 'May'": "since = 'May': it must be a day, month or quarter",
    "[[holding]]\naccelerator = 'h100'\ncount = 8\nsince = '2026-13'": "since = '2026-13': it must be a day",
    "[[holding]]\naccelerator = 'h100'\ncount = 8\nsince = 2027-01-01\nuntil = 2026-01-01":
        "[[holding]] 1, until = 2026-01-01: it must lie after 2027-01-01",
    "[[offer]]\nname = 'x'\naccelerator = 'h100'\nterms = 'buy'\nusd = 3e4": "key 'lead_weeks' is missing; say weeks",
    "[[event]]\nname = 'x'\nworkload = 'w'\nstart = 2027-01-01\nhours = [1, 2]": "it must be one number, or three",
    "[[event]]\nname = 'x'\nworkload = 'w'\nstart = 2027-01-01\nhours = [3, 2, 4]": "low, middle and high must rise",
    "[[move]]\nworkload = 'w'\nsource = 'a'\ntarget = 'b'\nstart = 2027-01-01\nend = 2027-02-01\nshare = 1.5":
        "[[move]] 1, share = 1.5: it must be a number from 0 to 1",
    "[[currency]]\ncode = 'EUR'\nusd = 1.1": "[[currency]] 1: key 'since' is missing; say the first day",
    "[[currency]]\ncode = 'USD'\nusd = 1\nsince = 2026-01-01": "code = 'USD': it must be the code of a currency",
    "[[currency]]\ncode = 'EUR'\nusd = 0\nsince = 2026-01-01": "[[currency]] 1, usd = 0: it must be a number above 0",
    "[[holding]]\naccelerator = 'h100'\ncount = 1e300": "1e+300: it must be a number above 0 to 1e+09 accelerator;",
    "[[holding]]\naccelerator = 'h100'\ncount = " + "9" * 400: "it must be a number; say how many accelerators",
    "[[holding]]\naccelerator = 'h100'\ncount = -0.0": "count = -0.0: it must be a number above 0",
    "[[holding]]\naccelerator = 'h100'\ncount = 8\nusd_per_hour = 2e9":
        "usd_per_hour = 2000000000.0: it must be a number from 0 to 1e+06 USD/accelerator_hour",
    "[fleet]\nusd_per_kwh = 120": "usd_per_kwh = 120: it must be a number from 0 to 100 USD/kWh",
    "[[event]]\nname = 'x'\nworkload = 'w'\nstart = 2027-01-01\nhours = -8e300":
        "hours = -8e+300: it must be a number from -1e+12 to 1e+12 accelerator_hour/month",
    "[[move]]\nworkload = 'w'\nsource = 'a'\ntarget = 'b'\nstart = 2027-01-01\nend = 2027-02-01\nshare = 1\nwork = 1e9":
        "work = 1000000000.0: it must be a number above 0 to 1e+06",
    "[[currency]]\ncode = 'EUR'\nusd = 1e300\nsince = 2026-01-01": "usd = 1e+300: it must be a number above 0 to 10000",
    "[budget]\n2027 = 1e300": "[budget], 2027 = 1e+300: it must be a number above 0 to 1e+14 USD/year",
    "[budget]\nnext = 3": "[budget], next = 3: the key must be a calendar year",
    "[budget]\n2027 = -3": "[budget], 2027 = -3: it must be a number above 0",
}  # fmt: skip


@pytest.mark.parametrize("text", FAULTS)
def test_a_fault_names_file_section_key_value_and_remedy(text):
    with pytest.raises(InputError) as refused:
        facts_of(tomllib.loads(text), "mine", "my.toml")
    assert str(refused.value).startswith("my.toml")
    assert FAULTS[text] in str(refused.value)


def test_the_second_of_two_sections_is_named_so():
    rows = [{"accelerator": "h100", "count": 8}, {"accelerator": "h100", "count": -1}]
    with pytest.raises(InputError, match=r"\[\[holding\]\] 2, count = -1"):
        facts_of({"holding": rows}, "mine", "my.toml")


@pytest.mark.parametrize(("content", "what"), [(b"[fleet", "is no TOML"), (b"\xff", "is no TOML")])
def test_a_file_that_is_no_toml_is_refused(tmp_path, content, what):
    file = tmp_path / "fleet.toml"
    file.write_bytes(content)
    with pytest.raises(InputError, match=what):
        read_facts(file, "mine")


def test_a_file_that_is_not_there_is_refused():
    with pytest.raises(InputError, match=r"gone.toml: cannot be read .*`shiftcast fleet mine init` writes one"):
        read_facts(Path("gone.toml"), "mine")


def test_every_fact_of_a_part_has_a_reader():
    for part in (Holding, Offer, Event, Move, Currency):
        assert {each.name for each in dataclasses.fields(part)} - {"terms"} <= set(_READERS)
