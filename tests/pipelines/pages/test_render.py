"""The page escapes what the record says, links addresses, and lays every part of a view out."""

from pathlib import Path

import pandas as pd
import pytest

from shiftcast.pipelines.pages.glossary import glossary, worded
from shiftcast.pipelines.pages.judged import in_words
from shiftcast.pipelines.pages.render import LONG, About, brief_page, cells, environment, linked, report_page
from shiftcast.pipelines.pages.view import Figure, Said, Source, Table, View, command_of

ABOUT = About("2026-11-20", "GPUs", 200, 7, ("200 draws: few.",))
SCRIPT = "<script>alert(1)</script>"


def view(**parts):
    given = {"name": "answer", "label": "The answer", "title": "Ten by 2028", "says": (Said("Ten."),), **parts}
    return View(**given)


def test_every_part_of_a_view_is_on_the_page():
    made = view(
        says=(Said("Ten machines.", "How many?", {"question": "plan", "by": "2028Q4"}),),
        figures=(Figure("10", "machines", "8 in 10: 8 to 12"),), notes=("Read so.",),
        tables=(Table("By year", pd.DataFrame({"year": ["2028"], "machines": ["10"]}), ("machines",), "A note."),),
        sources=(Source("https://example.org/a", "one figure"),),
    )  # fmt: skip
    page = report_page([made, view(name="demand", label="Demand", title="More")], ABOUT)
    for text in (
        "<h2>How many?</h2>",
        "<p>Ten machines.</p>",
        "<strong>10</strong>",
        "8 in 10: 8 to 12",
        "Read so.",
        '<td class="n">10</td>',
        "A note.",
        "one figure",
        '<a href="https://example.org/a"',
        "200 draws: few.",
        "<code>shiftcast ask plan by=2028Q4</code>",
        '<a href="#demand">Demand</a>',
        "<main>",
        '<h1 id="answer',
    ):
        assert text in page
    assert page.count("<h1") == 1


@pytest.mark.parametrize(
    "parts",
    [
        {"title": SCRIPT}, {"says": (Said(SCRIPT, SCRIPT),)}, {"figures": (Figure(SCRIPT, SCRIPT, SCRIPT),)},
        {"tables": (Table(SCRIPT, pd.DataFrame({SCRIPT: [SCRIPT]}), (), SCRIPT),)}, {"notes": (SCRIPT,)},
        {"sources": (Source(SCRIPT, SCRIPT),)}, {"label": SCRIPT},
        {"says": (Said("", "", {"question": "when", "of": SCRIPT}),)},
    ],
)  # fmt: skip
def test_words_of_a_record_are_escaped_wherever_they_stand(parts):
    page = report_page([view(**parts)], ABOUT)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_an_address_ends_before_what_closes_a_sentence():
    said = str(linked('(https://a.example/x?y=1&z=2), "https://b.example/q". javascript:alert(1)'))
    assert 'href="https://a.example/x?y=1&amp;z=2"' in said
    assert 'href="https://b.example/q"' in said
    assert said.count("<a ") == 2


def test_cells_are_text_or_numbers_to_three_digits():
    table = pd.DataFrame({"a": [1234567.0, float("nan")], "b": ["x", None]})
    assert cells(table) == [["1.23 million", "x"], ["-", "-"]]


@pytest.mark.parametrize(("rows", "folded"), [(LONG, 0), (LONG + 1, 1)])
def test_a_long_table_is_folded_up(rows, folded):
    table = Table("Many", pd.DataFrame({"n": [str(at) for at in range(rows)]}))
    assert report_page([view(tables=(table,))], ABOUT).count("<details><summary>Many") == folded


def test_the_brief_is_a_page_of_words(shown):
    text = brief_page(shown["answer"], ABOUT)
    for said in shown["answer"].says:
        assert " ".join(said.text.split()) in " ".join(text.replace("\u00a0", " ").split())
    assert len(text) < 6000
    assert text.startswith("# ")


def test_pages_need_no_style_or_script_within_elements(shown):
    made = environment().from_string("{% import 'macros.html.jinja' as m %}{{ m.body(view) }}")
    for each in shown.values():
        page = made.render(view=each)
        assert " style=" not in page
        assert "<script" not in page
        assert " on" + "click" not in page


def test_a_line_of_the_command_line_is_quoted():
    asked = {"question": "when", "technique": "deep or newer", "of": "ads", "life": [4, 5]}
    assert command_of(asked) == "shiftcast ask when technique='deep or newer' of=ads life=4,5"


def test_the_glossary_has_words_for_every_definition_and_name_of_the_axes(record):
    rows = glossary()
    assert rows["name"].is_unique
    assert rows.notna().all().all()
    page = (Path(__file__).parents[3] / "docs" / "names.md").read_text(encoding="utf-8")
    assert [name for name in rows["name"] if name not in page] == []
    split = record.definitions[record.definitions["about"] == "split"]
    assert set(split["definition"]) <= set(rows["name"])
    assert worded("recast_2") == "hyperscalers, as NVIDIA counts since August 2026"


@pytest.mark.parametrize(
    ("bound", "low", "high", "said"),
    [(">=", 2.0, None, "at least 2"), ("<=", None, 3.0, "at most 3"), ("~", 2.0, 2.0, "about 2"), ("~", 2.0, 3.0, "2")],
)
def test_a_claim_is_told_in_a_sentence(bound, low, high, said):
    row = {"speaker": "A", "stated_at": pd.Timestamp("2026-01-02"), "bound": bound, "low": low, "high": high,
           "unit": "accelerator", "median": 2.5, "probability": 0.05}  # fmt: skip
    text = in_words(row)
    assert f"A, 2026-01-02: {said}" in text
    assert "All but ruled out (5 %); the forecast has 2.5 accelerators." in text


def test_a_bar_in_a_cell_is_no_column_of_the_brief():
    table = Table("By who", pd.DataFrame({"a|b": ["c|d"], "n": [1.0]}))
    lines = brief_page(view(tables=(table,)), ABOUT).splitlines()
    assert r"| a\|b | n |" in lines
    assert r"| c\|d | 1 |" in lines
