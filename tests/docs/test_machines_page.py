"""The documents that machines read are what the schemas and the list of panels say."""

import importlib.util
import json
from pathlib import Path

import pytest

MAKER = Path(__file__).resolve().parents[2] / "docs" / "make_machines.py"


@pytest.fixture(scope="module")
def maker():
    spec = importlib.util.spec_from_file_location("make_machines", MAKER)
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def test_the_files_are_up_to_date(maker):
    for path, text in maker.documents().items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name}: run `python docs/make_machines.py`"


def test_the_dashboard_has_what_grafana_loads(maker):
    made = json.loads(json.dumps(maker.dashboard()))
    assert (made["id"], made["uid"], made["schemaVersion"] >= 36) == (None, "shiftcast", True)
    assert [panel["id"] for panel in made["panels"]] == list(range(1, len(made["panels"]) + 1))
    variables = {each["name"] for each in made["templating"]["list"]}
    taken = set()
    for panel in made["panels"]:
        assert panel["type"] in {"stat", "timeseries", "bargauge"}
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert all(target["refId"] and target["expr"] for target in panel["targets"])
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        assert place["x"] + place["w"] <= 24
        taken |= cells
    assert variables == {"datasource", "segment", "leaf", "ahead"}
