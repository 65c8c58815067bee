"""The report as it is published: whole, offline, below its weight, escaped, and the same bytes each time."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from shiftcast.pipelines.publish.report import about, write_brief, write_report

MOST = 2_000_000  # bytes
VOID = {"meta", "br", "img", "hr", "link", "input"}


@pytest.fixture(scope="module")
def page(finished):
    return (finished.request.out / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def own_words(page):
    """Return the page without scripts and styles, each space as wide as any."""
    return re.sub(r"<(script|style).*?</\1>", "", page, flags=re.DOTALL).replace("\u00a0", " ")


class Read(HTMLParser):
    """Collects what a browser would fetch, headings, identifiers, links within, and elements left open."""

    def __init__(self):
        super().__init__()
        self.fetched, self.headings, self.named, self.linked, self.open = [], [], [], [], []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.fetched += [given[name] for name in ("src", "srcset", "data", "poster") if name in given]
        self.fetched += [given["href"]] if tag == "link" and "href" in given else []
        self.headings += [int(tag[1])] if re.fullmatch("h[1-6]", tag) else []
        self.named += [given["id"]] if "id" in given else []
        self.linked += [given["href"][1:]] if given.get("href", "").startswith("#") else []
        self.open += [] if tag in VOID else [tag]

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def read(page):
    reader = Read()
    reader.feed(page)
    return reader


def test_the_report_fetches_nothing_and_weighs_below_two_megabytes(page, read):
    assert read.fetched == []
    assert "@import" not in page
    assert "url(" not in page
    assert len(page.encode()) < MOST


def test_headings_are_in_order_and_every_link_within_has_an_end(read):
    assert read.open == []
    assert read.headings[0] == 1
    assert read.headings.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(read.headings, read.headings[1:], strict=False))
    assert len(read.named) == len(set(read.named))
    assert set(read.linked) <= set(read.named)
    assert {"answer", "demand", "split", "crossings", "claims", "scorecard", "sources", "glossary"} <= set(read.linked)


def test_every_claim_assumption_and_source_is_listed(own_words, finished):
    bundle = finished.result.bundle
    for name in [*bundle.tables["claims"]["claim"], *bundle.tables["assumptions"]["name"]]:
        assert f">{name}" in own_words
    for address in re.findall(r"https?://[\w./-]+\w", " ".join(bundle.tables["observations"]["source"])):
        assert address in own_words


def test_nothing_is_left_of_the_template_or_missing_values(own_words):
    for leftover in ("{{", "{%", ">nan<", ">None<", ">NaT<", "nan%", "nan %", "Markup("):
        assert leftover not in own_words


def test_the_same_bundle_gives_the_same_bytes(finished, tmp_path):
    write_report(finished.result.bundle, tmp_path / "again.html")
    assert (tmp_path / "again.html").read_bytes() == (finished.request.out / "report.html").read_bytes()
    write_brief(finished.result.bundle, tmp_path / "brief.md")
    assert (tmp_path / "brief.md").read_bytes() == (finished.request.out / "brief.md").read_bytes()


def test_the_brief_has_the_headline_of_the_report(finished, own_words):
    first = (finished.request.out / "brief.md").read_text(encoding="utf-8").splitlines()[0]
    title = re.search(r"<h1[^>]*>(.*?)</h1>", own_words)[1]
    assert first.replace("\u00a0", " ") == f"# {title}"


def test_words_of_a_record_are_escaped(finished, tmp_path):
    bundle = finished.result.bundle
    claims = bundle.tables["claims"].assign(statement="<script>alert(1)</script>", claim="<i>claim</i>")
    observations = bundle.tables["observations"].assign(source="<b>bold</b>")
    tables = {**bundle.tables, "claims": claims, "observations": observations}
    write_report(replace(bundle, tables=tables), tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<b>bold" not in page
    assert "<i>claim" not in page


def test_readers_are_warned_of_few_draws_hindsight_and_rows_set_aside(finished):
    bundle = finished.result.bundle
    assert "200 draws: below 1,000" in " ".join(about(bundle).warnings)
    aside = bundle.tables["observations"].head(2)
    summary = replace(bundle.summary, hindsight={"assumptions": 3, "beliefs": 0}, missing={"ads": "no rows"})
    other = about(replace(bundle, summary=summary, tables={**bundle.tables, "quarantine": aside}))
    said = " ".join(other.warnings)
    assert "3 assumptions are of a day after this origin" in said
    assert "advertising is not modelled: no rows" in said
    assert "2 records were set aside" in said
