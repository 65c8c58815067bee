"""Models that users bring: found by their place, weights checked before anything reads them, nothing fetched."""

import json
import struct
import sys

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from shiftcast.pipelines.cli import app
from shiftcast.pipelines.series.outside import check_weights, load_outside

MODEL = """
import json
import struct

import numpy as np


def repeats(histories, horizon):
    return np.array([np.full(horizon, each[-1]) for each in histories])


def fails(histories, horizon):
    raise RuntimeError("out of memory")


def load(path):
    raw = path.read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    begin, end = json.loads(raw[8 : 8 + length])["growth"]["data_offsets"]
    growth = np.frombuffer(raw[8 + length :][begin:end])[0]
    return lambda histories, horizon: np.array([each[-1] * growth ** np.arange(1, horizon + 1) for each in histories])


number = 3
"""


def safetensors(growth=1.05):
    """Return a file of one tensor as the format has it: length, JSON, bytes."""
    head = json.dumps({"growth": {"dtype": "F64", "shape": [1], "data_offsets": [0, 8]}}).encode()
    return struct.pack("<Q", len(head)) + head + struct.pack("<d", growth)


@pytest.fixture
def place(tmp_path):
    """Return a folder with a model of one weight."""
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "model.safetensors").write_bytes(safetensors())
    return tmp_path


def told(member=None, weights=None):
    with pytest.raises(ValueError) as problem:  # noqa: PT011  (each test names the sentence)
        load_outside(member, weights)
    return str(problem.value)


def test_nothing_asked_for_is_no_member():
    assert load_outside(None, None) == {}


def test_a_function_is_found_in_a_file_and_in_a_module(place, monkeypatch):
    monkeypatch.syspath_prepend(place)
    for name in (f"{place / 'model.py'}:repeats", "model:repeats"):
        made = load_outside(name, None)
        assert made[name]([np.array([1.0, 4.0])], 2).tolist() == [[4.0, 4.0]]


def test_weights_are_read_by_the_function_that_is_named(place):
    weights = place / "weights" / "model.safetensors"
    (made,) = load_outside(f"{place / 'model.py'}:load", str(weights)).values()
    assert made([np.array([100.0])], 2)[0] == pytest.approx([105.0, 110.25])


def test_a_place_without_a_function_is_refused(place):
    file = place / "model.py"
    assert "not of the form module:function" in told(str(file.parent / "model"))
    assert "no function 'number' in it" in told(f"{file}:number")
    assert "No module named 'nowhere'; install it" in told("nowhere:f")
    assert "No such file" in told(f"{place / 'absent.py'}:f")


def test_what_a_model_raises_is_told_in_a_sentence(place):
    name = f"{place / 'model.py'}:fails"
    with pytest.raises(ValueError, match="failed on 1 histories, 2 ahead: RuntimeError: out of memory"):
        load_outside(name, None)[name]([np.array([1.0])], 2)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "net.pt", "net.pkl", "net.ckpt", "net.PT"])
def test_files_that_run_code_when_read_are_refused_wherever_they_lie(place, name):
    (place / "weights" / "deeper").mkdir()
    file = place / "weights" / "deeper" / name
    file.write_bytes(b"\x80\x04")
    for path in (file, place / "weights"):
        with pytest.raises(ValueError, match=f"{name}' can run code when read; convert them to .safetensors"):
            check_weights(path)


@pytest.mark.parametrize(
    "raw",
    [b"", b"\x80\x04]q\x00.", safetensors()[:-1], safetensors() + b"x", struct.pack("<Q", 2) + b"[]",
     struct.pack("<Q", 9) + b'{"a": {}}'],
)  # fmt: skip
def test_a_file_that_only_bears_the_name_is_refused(place, raw):
    file = place / "weights" / "model.safetensors"
    file.write_bytes(raw)
    with pytest.raises(ValueError, match=r"do not begin as .safetensors does"):
        check_weights(file)


def test_weights_that_are_not_there_are_not_looked_for_elsewhere(place):
    assert "are not there; give a file or folder on this machine: none are fetched" in told(None, "someone/model")
    (place / "weights" / "model.safetensors").rename(place / "weights" / "model.txt")
    assert "hold no .safetensors file" in told(f"{place / 'model.py'}:load", str(place / "weights"))


def test_without_the_extra_the_sentence_names_it(place, monkeypatch):
    monkeypatch.setitem(sys.modules, "fracast", None)
    assert "pip install -e '.[foundation]'" in told(None, "bundled")
    assert "pip install -e '.[foundation]'" in told(None, str(place / "weights"))


def test_the_command_weighs_a_model_of_ones_own(place):
    months = pd.date_range("2019-01-31", periods=48, freq="ME")
    noise = np.exp(np.random.default_rng(0).normal(0, 0.01, (4, 48)))
    values = (100 * 1.05 ** np.arange(48) * noise).ravel()
    rows = pd.DataFrame({"series": np.repeat(list("abcd"), 48), "period_end": np.tile(months, 4), "value": values})
    rows.to_csv(place / "history.csv", index=False)
    words = ["volume", str(place / "history.csv"), "--horizon", "3", "--json", "--output", str(place / "out.csv")]
    name = f"{place / 'model.py'}:load"
    done = CliRunner().invoke(
        app, [*words, "--member", name, "--foundation", str(place / "weights" / "model.safetensors")]
    )
    assert done.exit_code == 0, done.output
    weights = {each["member"]: each["weight"] for each in json.loads(done.stdout)["weights"]}
    assert weights[name] > weights["last_value"] > 0
