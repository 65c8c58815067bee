import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from shiftcast.forecast.views.beside import beside
from shiftcast.pipelines.publish import report
from shiftcast.pipelines.publish.report import write_report


@pytest.fixture(scope="module")
def page(finished):
    return (finished.request.out / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def own_words(page):
    """Return the page without the scripts."""
    return re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)


class Outside(HTMLParser):
    """Collects what a browser would fetch."""

    def __init__(self):
        super().__init__()
        self.fetched = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.fetched += [given[name] for name in ("src", "srcset", "data", "poster") if name in given]
        if tag == "link" and "href" in given:
            self.fetched.append(given["href"])


def test_the_report_fetches_nothing(page, own_words):
    reader = Outside()
    reader.feed(own_words)
    assert reader.fetched == []
    assert re.findall(r"<script[^>]*\bsrc=", page) == []
    assert "@import" not in own_words
    assert "url(" not in own_words


def test_the_report_shows_every_section_and_picture(own_words, page):
    for heading in ("Demand by segment", "What the hours do", "When newer techniques pass half", "The 60/40 split",
                    "Claims, and", "How demand, sales and ceilings met", "Beside what others expect", "Two views",
                    "How good it was", "Measured and assumed", "Sources"):  # fmt: skip
        assert f"<h2>{heading}" in own_words
    for name in ("demand", "work", "views", "recsys", "search", "ads", "split", "served"):
        assert f'id="figure-{name}"' in page
    assert "keynote claim, 60 %" in page


def test_every_claim_assumption_and_source_is_listed(own_words, finished):
    bundle = finished.result.bundle
    for name in [*bundle.tables["claims"]["claim"], *bundle.tables["assumptions"]["name"]]:
        assert f">{name}" in own_words
    assert own_words.count("<td") > len(bundle.tables["assumptions"]) * 7
    for each in bundle.forecaster.crossings():
        assert f"<td>{each.question}</td>" in own_words


def test_all_evidence_and_every_outside_view_is_listed(own_words, finished):
    bundle = finished.result.bundle
    for row in bundle.summary.chain.evidence:
        assert f"<td>{row.name}</td>" in own_words
    for each in beside(bundle.cube, bundle.known.observations):
        assert (f"<td>{each.view}</td>" if each.relation else f"{each.view} (") in own_words


def test_a_version_from_before_the_chain_has_a_report_without_it(finished, tmp_path):
    bundle = finished.result.bundle
    older = replace(bundle, cube=bundle.cube.drop_vars("latent_hours"), summary=replace(bundle.summary, chain=None))
    write_report(older, tmp_path / "older.html")
    page = (tmp_path / "older.html").read_text(encoding="utf-8")
    assert "How demand, sales and ceilings met" not in page
    assert "figure-served" not in page
    assert "Beside what others expect" in page


def test_nothing_is_left_of_the_template_or_missing_values(own_words):
    for leftover in ("{{", "{%", ">nan<", ">None<", ">NaT<", "nan%"):
        assert leftover not in own_words


def test_the_same_bundle_gives_the_same_bytes(finished, tmp_path):
    write_report(finished.result.bundle, tmp_path / "again.html")
    assert (tmp_path / "again.html").read_bytes() == (finished.request.out / "report.html").read_bytes()


def test_words_of_a_record_are_escaped(finished, tmp_path):
    bundle = finished.result.bundle
    claims = bundle.tables["claims"].assign(statement="<script>alert(1)</script>")
    observations = bundle.tables["observations"].assign(source="<b>bold</b>")
    tables = {**bundle.tables, "claims": claims, "observations": observations}
    write_report(replace(bundle, tables=tables), tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<td><b>bold" not in page


def test_numbers_read_well():
    shown = [report._number(value) for value in (1.5e12, 2.345e9, -3.2e6, 12345, 1234.5, 0.012345, None, float("nan"))]
    assert shown == ["1.5 trillion", "2.35 billion", "-3.2 million", "12,345", "1.23e+03", "0.0123", "-", "-"]
    assert [report._percent(value) for value in (0.123, None, float("nan"))] == ["12%", "-", "-"]
