from dataclasses import replace

from shiftcast.pipelines.registry.versions import changed_inputs


def test_what_differs_between_two_forecasts_is_listed(finished):
    old = finished.result.bundle
    rows = old.tables["assumptions"]
    moved = rows.assign(mid=rows["mid"].where(rows.index > 0, rows["mid"] * 2))
    beliefs = old.tables["belief_rows"].assign(value=old.tables["belief_rows"]["value"] + 0.1)
    changed = {"assumptions": moved, "observations": old.tables["observations"].iloc[3:], "belief_rows": beliefs}
    new = replace(
        old, tables={**old.tables, **changed},
        summary=replace(old.summary, origin="2026-12-01", files={**old.summary.files, "assumptions.csv": "x"}),
    )  # fmt: skip
    assert changed_inputs(old, new) == [
        "Changed: origin: 2026-11-20 before, 2026-12-01 after",
        "Changed: files of the record: assumptions.csv",
        "Changed: observations: 0 rows new, 3 gone",
        "Changed: assumptions: 1 rows new, 1 gone",
        f"Changed: belief rows: {len(beliefs)} rows new, {len(beliefs)} gone",
    ]
