"""A picture is a small SVG for any page, a file of the same bytes each time, and a table behind both."""

import re
from xml.etree.ElementTree import fromstring

import pytest

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.drawing.picture import ENDINGS, NARROW, WIDE, asset


@pytest.fixture(scope="module")
def svg(small):
    return small.svg()


def test_an_svg_may_stand_in_a_page_that_allows_only_its_own_files(look, svg):
    assert look.parts(svg, "script") == look.parts(svg, "style") == []
    attributes = {name for each in fromstring(svg).iter() for name in each.attrib}  # noqa: S314  (likewise)
    assert not {name for name in attributes if name in {"style", "id", "href"} or name.startswith(("on", "{"))}
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")


def test_an_svg_is_an_image_with_words_and_scales_to_its_box(svg, small):
    root = fromstring(svg)  # noqa: S314  (likewise)
    assert root.get("role") == "img"
    assert root.get("aria-label") == small.alt
    assert "width" not in root.attrib
    assert root.get("tabindex") == "0"
    assert WIDE <= int(root.get("viewBox").split()[2]) < WIDE + 30


def test_a_phone_gets_a_picture_of_its_own_width(small):
    assert NARROW <= int(fromstring(small.svg(NARROW)).get("viewBox").split()[2]) < NARROW + 20  # noqa: S314  (likewise)
    assert small.inline.count("<svg") == 2
    assert 'class="picture wide"' in small.inline
    assert 'class="picture narrow"' in small.inline


def test_text_axes_and_rules_take_the_colour_of_the_page(look, svg):
    assert {each.get("fill") for each in look.parts(svg, "text")} == {"currentColor", "#0072b2", "#c47f00"}
    assert {each.get("stroke") for each in look.parts(svg, "line")} <= {"currentColor", "#ffffff"}
    edges = [each for each in fromstring(svg).iter() if each.get("stroke") == "#ffffff"]  # noqa: S314  (likewise)
    assert edges
    assert {each.get("class") for each in edges} == {"edge"}


def test_rules_have_a_stroke_and_words(look, svg):
    upright = [
        each for each in look.parts(svg, "line") if float(each.get("y2", 0)) != 0 and each.get("stroke-width") == "1.2"
    ]
    assert len(upright) == 2
    assert {each.get("stroke-dasharray") for each in upright} == {None, "4,3"}
    assert {"today", "reports end"} <= set(look.texts(svg))


def test_marks_say_quarter_value_unit_and_interval(look, svg):
    said = look.tips(svg)
    assert said[0] == (
        "2026 Q1\nhyperscale clouds: 8 million accelerators\nbuyers outside hyperscale: 5 million accelerators"
    )
    assert said[-1] == "2026 Q2\na <b>: at least 6 million"
    assert re.search(r"2028 Q4\nhyperscale clouds: [\d.]+ million accelerators \(8 in 10: ", said[11])


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_same_picture_gives_the_same_bytes(small, tmp_path, ending):
    files = [tmp_path / f"{name}{ending}" for name in "abcd"]
    for file in files:
        small.save(file, says="So much.", notes=("read & weigh",))
    assert len({file.read_bytes() for file in files}) == 1
    assert files[0].stat().st_size > 3000


def test_a_file_of_another_kind_is_refused(small, tmp_path):
    with pytest.raises(InputError, match=r"a picture ends with one of \.svg, \.png, \.pdf, \.html"):
        small.save(tmp_path / "a.bmp")


def test_a_page_holds_words_picture_table_and_notes_and_no_markup_of_theirs(small):
    page = small.page(says="Eight <i>.", notes=("read & weigh",))
    assert page.index("Eight &lt;i&gt;") < page.index("<svg") < page.index("<table") < page.index("read &amp; weigh")
    assert "<h1>Accelerators &amp; &lt;more&gt;</h1>" in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    assert asset("picture.js") in page


def test_the_script_of_pages_is_tiny():
    assert len(asset("picture.js")) < 3000


def test_a_document_of_its_own_has_title_paper_and_size(look, small):
    whole = small.whole()
    assert "Accelerators & <more>" in look.texts(whole)
    assert fromstring(whole).get("color") == "#1b1f24"  # noqa: S314  (likewise)
    assert look.parts(whole, "rect")[0].get("fill") == "#ffffff"


def test_a_notebook_shows_the_picture_and_its_words(small):
    bundle = small._repr_mimebundle_(include=None)
    assert bundle["image/svg+xml"] == small.whole()
    assert bundle["text/plain"] == small.alt
