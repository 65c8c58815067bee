"""The page of licences is that of the pinned packages, of allowed licences alone, and agrees with what is installed."""

import importlib.util
from email.message import Message
from pathlib import Path

import pytest

MAKER = Path(__file__).resolve().parents[2] / "docs" / "make_licences.py"
SPEC = importlib.util.spec_from_file_location("make_licences", MAKER)
maker = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(maker)


def test_every_pin_has_an_allowed_licence_on_the_page_and_the_installed_one_states_it():
    text = maker.PAGE.read_text(encoding="utf-8")
    wanted = maker.pins(maker.PINS)
    shown = {(name, version): licence for name, version, licence in maker.kept(text)}
    pinned = {(maker.plain(name), version) for name, version in wanted.items()}
    assert set(shown) == pinned, "run `python docs/make_licences.py`"
    assert maker.page(text, shown, wanted) == text
    assert {pin: licence for pin, licence in shown.items() if maker.refused(licence)} == {}
    found = {(name, version): licence for name, version, licence in maker.installed() if (name, version) in shown}
    assert len(found) > 50
    assert {pin: licence for pin, licence in found.items() if licence != shown[pin]} == {}


@pytest.mark.parametrize(
    ("fields", "text", "licence"),
    [({"License-Expression": "MIT OR GPL-3.0-only", "License": "else"}, "", "MIT OR GPL-3.0-only"),
     ({"Classifier": "License :: OSI Approved :: BSD License", "License": "else"}, "", "BSD"),
     ({"License": "Apache License, Version 2.0\nand more"}, "", "Apache-2.0"),
     ({"Classifier": "License :: OSI Approved"}, "Permission is hereby granted,\n  free of charge", "MIT"),
     ({"License": "GPL"}, "", "GPL"), ({}, "all rights reserved", "")],
)  # fmt: skip
def test_a_licence_is_what_the_metadata_says_in_order_of_how_plainly(fields, text, licence):
    metadata = Message()
    for name, value in fields.items():
        metadata[name] = value
    assert maker.stated(metadata, text) == licence
    assert bool(maker.refused(licence)) == (licence in {"GPL", ""})


@pytest.mark.parametrize(
    ("name", "licence", "wrong"),
    [("a", "MIT AND Other License", {"Other License"}),
     ("Python_DateUtil", "MIT OR Other License", set())],
)  # fmt: skip
def test_all_classifiers_hold_unless_the_package_is_known_to_leave_the_choice(name, licence, wrong):
    metadata = Message()
    metadata["Name"] = name
    for each in ("MIT License", "Other License"):
        metadata["Classifier"] = f"License :: OSI Approved :: {each}"
    assert maker.stated(metadata) == licence
    assert maker.refused(licence) == wrong


def test_a_licence_that_is_not_allowed_or_not_known_ends_the_command(tmp_path, monkeypatch):
    page, pins = tmp_path / "licences.md", tmp_path / "pins.txt"
    page.write_text(f"{maker.BEGIN}\n| a | 1 | GPL-3.0-only |\n{maker.END}", encoding="utf-8")
    pins.write_text("a==1\nno-such-package==2\n", encoding="utf-8")
    monkeypatch.setattr(maker, "PAGE", page)
    monkeypatch.setattr(maker, "PINS", pins)
    monkeypatch.setattr(maker, "installed", lambda: iter(()))
    monkeypatch.setattr("sys.argv", ["make_licences.py"])
    with pytest.raises(SystemExit, match=r"(?s)no-such-package==2 is neither installed.*a==1 states 'GPL-3.0-only'"):
        maker.main()
