"""Fractions of an accelerator by profile."""

import pandas as pd
import pytest

from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.sources.fractions import fraction_of


@pytest.mark.parametrize(("text", "right"), [
    ("1g.5gb", 1 / 7), ("mig-1g.10gb", 1 / 7), ("nvidia.com/mig-1g.5gb.me", 1 / 7), ("1g.10gb+me", 1 / 7),
    ("gpu:a100_3g.20gb", 3 / 7), ("nvidia_h100_80gb_hbm3_1g.10gb", 1 / 7), ("7g.80gb", 1.0), ("MIG 2g.35gb", 2 / 7),
    ("1g.6gb", 0.25), ("4g.24gb", 1.0), ("1c.3g.20gb", 1 / 7), ("amd.com/cpx_nps4", 0.125), ("dpx", 0.5),
])  # fmt: skip
def test_a_profile_in_any_name_is_its_compute_slices(text, right):
    assert fraction_of(text) == pytest.approx(right)


@pytest.mark.parametrize("text", ["", "nvidia.com/gpu", "1g.999gb", "gpu:a100", "vpx", "rubin_cpx"])
def test_what_no_table_knows_is_none(text):
    assert fraction_of(text) is None


def test_one_name_can_be_two_fractions():
    assert fraction_of("1g.24gb", "h100") == pytest.approx(1 / 7)
    assert fraction_of("1g.24gb", "rtxpro6000") == 0.25


def test_slices_are_what_the_profile_says_and_none_is_there_twice():
    rows = pd.read_csv(RECORDS / "gpu_fractions.csv")
    assert not rows.duplicated(["profile", "accelerator"]).any()
    cut = rows[rows["profile"].str.contains("g.", regex=False)]
    assert (cut["profile"].str.extract(r"^(\d+)g")[0].astype(int) == cut["slices"]).all()
    assert (rows["slices"] <= rows["of"]).all()
