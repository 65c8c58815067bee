import dataclasses
import json
import shutil

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from shiftcast.pipelines.registry.bundle import (
    MANIFEST,
    AlteredBundleError,
    Bundle,
    check_bundle,
    read_bundle,
    write_bundle,
    write_manifest,
)
from shiftcast.pipelines.state.root import StoreError


@pytest.fixture
def bundle(finished):
    return finished.result.bundle


@pytest.fixture
def stored(bundle, tmp_path):
    return tmp_path / "bundle", write_bundle(bundle, tmp_path / "bundle")


def test_what_is_read_is_what_was_written(bundle, stored):
    folder, digest = stored
    again = read_bundle(folder, digest=digest)
    xr.testing.assert_identical(again.cube, bundle.cube)
    for name, table in bundle.tables.items():
        pd.testing.assert_frame_equal(again.tables[name], table)
    assert again.summary == bundle.summary


def test_the_same_bundle_gives_the_same_bytes(bundle, stored, tmp_path):
    folder, digest = stored
    assert write_bundle(bundle, tmp_path / "again") == digest
    for path in folder.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes(), path.name


def test_units_and_dimensions_of_the_cube_survive(stored, bundle):
    cube = read_bundle(stored[0]).cube
    assert cube["gpu_hours"].dims == ("draw", "period", "leaf", "task")
    assert {name: cube[name].units for name in cube} == {name: bundle.cube[name].units for name in bundle.cube}
    assert all(np.isfinite(cube[name]).all() for name in ("gpu_hours", "power", "spending", "accelerators"))


def test_the_summary_is_plain_json(stored):
    def refuse(constant):
        raise AssertionError(constant)

    assert json.loads((stored[0] / "summary.json").read_text(encoding="utf-8"), parse_constant=refuse)["digest"]


def test_the_manifest_names_every_other_file(stored):
    manifest = json.loads((stored[0] / MANIFEST).read_bytes())
    assert set(manifest) == {path.name for path in stored[0].iterdir()} - {MANIFEST}


@pytest.mark.parametrize("name", ["cube.nc", "forecasts.parquet", "summary.json", "claims.parquet"])
def test_a_flipped_byte_is_refused_by_name(stored, name):
    content = bytearray((stored[0] / name).read_bytes())
    content[len(content) // 2] ^= 1
    (stored[0] / name).write_bytes(bytes(content))
    with pytest.raises(AlteredBundleError, match=rf"{name}: differs from the manifest; register the model again"):
        read_bundle(stored[0])


def spoil_missing(folder):
    (folder / "cube.nc").unlink()


def spoil_extra(folder):
    (folder / "more.py").write_text("1", encoding="utf-8")


def spoil_folder(folder):
    (folder / "more").mkdir()


def spoil_replaced(folder):
    (folder / "cube.nc").unlink()
    (folder / "cube.nc").mkdir()


def spoil_manifest(folder):
    (folder / MANIFEST).write_text("[1]", encoding="utf-8")


def spoil_json(folder):
    (folder / MANIFEST).write_bytes(b"\xff{")


def spoil_no_manifest(folder):
    (folder / MANIFEST).unlink()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (spoil_missing, r"cube\.nc: is missing"),
        (spoil_extra, r"more\.py: is not in the manifest"),
        (spoil_folder, "more: is not in the manifest"),
        (spoil_replaced, r"cube\.nc: is missing"),
        (spoil_manifest, r"manifest\.json: is not a manifest"),
        (spoil_json, r"manifest\.json: is not a manifest"),
        (spoil_no_manifest, r"manifest\.json is missing"),
    ],
)
def test_other_changes_are_refused_by_name(stored, spoil, said):
    spoil(stored[0])
    with pytest.raises(AlteredBundleError, match=rf"{said}; register the model again with `shiftcast run`"):
        check_bundle(stored[0])


def test_a_file_altered_together_with_the_manifest_is_refused_by_the_digest(stored):
    folder, digest = stored
    (folder / "extra.txt").write_text("x", encoding="utf-8")
    shutil.copy(folder / MANIFEST, folder.parent / "kept.json")
    manifest = json.loads((folder / MANIFEST).read_bytes())
    del manifest["cube.nc"]
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(AlteredBundleError, match=r"manifest\.json: differs from the digest registered"):
        check_bundle(folder, digest=digest)


def test_nothing_is_read_before_the_check(stored, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a file was read")

    monkeypatch.setattr(xr, "load_dataset", refuse)
    monkeypatch.setattr(pd, "read_parquet", refuse)
    spoil_extra(stored[0])
    with pytest.raises(AlteredBundleError):
        read_bundle(stored[0])


def test_a_bundle_cannot_be_changed(bundle):
    with pytest.raises(dataclasses.FrozenInstanceError):
        bundle.summary = {}
    assert isinstance(bundle, Bundle)


def test_a_bundle_holds_the_market_facts_it_was_drawn_with(bundle, tmp_path):
    own = bundle.tables["definitions"].assign(offset_sd=bundle.tables["definitions"]["offset_sd"] * 2)
    write_bundle(dataclasses.replace(bundle, tables={**bundle.tables, "definitions": own}), tmp_path / "own")
    market = read_bundle(tmp_path / "own").known.market
    assert market.split.revenue["recast_1"] == 0.4
    assert market.chips == bundle.known.market.chips


def test_a_bundle_written_before_market_facts_had_rows_still_answers(stored, bundle):
    folder, _ = stored
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    for name in ("definitions", "operators", "chips"):
        (folder / f"{name}.parquet").unlink()
        del manifest[f"{name}.parquet"]
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    found = read_bundle(folder)
    assert found.known.market == bundle.known.market
    assert found.forecaster.concentration().equals(bundle.forecaster.concentration())


@pytest.mark.parametrize(
    ("name", "text"), [("cube.nc", "another kind of file"), ("scores.parquet", "another kind of file"),
                       ("learned.json", "[1]"), ("learned.json", '{"version": 9}'), ("claims.parquet", None),
                       ("summary.json", "[")]
)  # fmt: skip
def test_what_a_later_version_wrote_in_a_way_of_its_own_is_told(stored, name, text):
    folder, _ = stored
    (folder / name).unlink() if text is None else (folder / name).write_text(text, encoding="utf-8")
    write_manifest(folder)
    with pytest.raises(StoreError, match=r"its files are as registered and cannot be read .*; if another version"):
        read_bundle(folder)


def test_what_a_later_version_says_beside_the_known_is_passed_over(stored):
    folder, _ = stored
    before = str(read_bundle(folder).known.registry)
    registry = pd.read_parquet(folder / "registry.parquet")
    registry.assign(later=1).to_parquet(folder / "registry.parquet", index=False)
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    (folder / "summary.json").write_text(json.dumps({**summary, "later": {"x": 1}}), encoding="utf-8")
    (folder / "later.parquet").touch()
    write_manifest(folder)
    assert str(read_bundle(folder).known.registry) == before
