"""The report in a real browser: seen, read by keyboard and printed, at every width, light and dark."""

import re

import pytest

WIDTHS = (390, 768, 1280)
MOST = 2_000_000  # bytes
_STROKES = """() => [...document.querySelectorAll("svg.picture")].filter((each) => each.getClientRects().length).map(
  (each) => [...each.querySelectorAll("line, path")].filter((one) => {
    const style = getComputedStyle(one), box = one.getBoundingClientRect();
    return style.stroke !== "none" && parseFloat(style.strokeWidth) > 0 && box.width + box.height > 20;
  }).length)"""
_PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0].startTime"


@pytest.fixture(scope="module")
def report(finished):
    return finished.request.out / "report.html"


@pytest.fixture
def page(look, report):
    return look.open(report)


def words(page, selector):
    return " ".join(page.locator(selector).inner_text().replace("\u00a0", " ").split())


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_reaches_beyond_the_window(look, report, width):
    page = look.open(report, width=width)
    look.shot(page, f"report-{width}")
    assert look.too_wide(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_no_fault(look, report, dark):
    page = look.open(report, dark=dark)
    look.shot(page, f"report-{'dark' if dark else 'light'}")
    assert look.faults(page) == []


def test_the_headline_on_the_screen_is_what_ask_says(page, finished):
    forecaster = finished.result.bundle.forecaster
    for question in ({"question": "quantiles", "measure": "accelerators"},
                     {"question": "split", "base": "revenue", "definition": "recast_2"}):  # fmt: skip
        assert forecaster.answer(question).says in words(page, "#answer")
    first = page.locator(".figures").bounding_box()
    assert first["y"] + first["height"] < 900  # on the first screen


def test_every_picture_has_strokes_words_and_a_table(page):
    strokes = page.evaluate(_STROKES)
    assert len(strokes) > 12
    assert min(strokes) > 0
    assert page.locator("svg.picture:not([aria-label])").count() == 0
    figures = page.locator("figure").count()
    assert page.locator("figure details table").count() == figures
    rules = page.locator("#demand svg.picture.wide line, #demand svg.picture.wide path")
    widths = rules.evaluate_all("(all) => all.map((each) => parseFloat(getComputedStyle(each).strokeWidth))")
    assert min(widths) > 0


def test_a_pointer_and_the_arrow_keys_show_quarter_value_and_unit(page):
    picture = page.locator("#demand svg.picture.wide").first
    picture.scroll_into_view_if_needed()
    picture.focus()
    page.keyboard.press("End")
    tip = page.locator(".tip:not([hidden])").inner_text()
    assert "2028" in tip
    assert "8 in 10" in tip
    page.keyboard.press("Escape")
    assert page.locator(".tip:not([hidden])").count() == 0


def test_the_page_is_read_by_keyboard_alone(page):
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.url.endswith("#answer")
    seen = []
    for _ in range(40):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate(
                "document.activeElement.tagName + ' ' + document.activeElement.textContent.trim().slice(0, 30)"
            )
        )
    assert any(each.lower().startswith("svg") for each in seen)
    page.locator("#answer figure summary").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("#answer figure details[open] table").count() == 1


def test_every_link_of_the_contents_leads_to_its_section(page):
    links = page.locator("nav a")
    for at in range(links.count()):
        links.nth(at).click()
        name = page.url.rpartition("#")[2]
        assert page.locator(f"section#{name} :is(h1, h2)").first.is_visible()


def test_print_shows_every_source_and_all_that_is_folded_up(look, report, finished, tmp_path):
    page = look.open(report)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.locator("details:not([open])").count() == 0
    text = page.evaluate("document.body.innerText")
    for name in ("observations", "claims", "rollouts", "assumptions"):
        for address in set(re.findall(r"https?://[\w./-]+\w", " ".join(finished.result.bundle.tables[name]["source"]))):
            assert address in text
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details[open]").count() == 0


def test_what_is_folded_up_is_printed_without_scripts_too(look, report):
    page = look.open(report, scripts=False, media="print")
    shown = page.locator("#sources details ul")
    assert shown.bounding_box()["height"] > 1000


def test_it_weighs_below_two_megabytes_and_paints_at_once(page, report, record_property):
    size, paint = report.stat().st_size, page.evaluate(_PAINT)
    record_property("bytes", size)
    record_property("first contentful paint [ms]", round(paint))
    assert size < MOST
    assert paint > 0
