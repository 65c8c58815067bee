"""Turn a Vega-Lite spec into a small SVG that pages can inline, without a browser and without network."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from xml.etree import ElementTree as ET

from shiftcast.pipelines.drawing.theme import CONFIG, INK, PAPER

Spec = Mapping[str, Any]
TIP: Final = "tip:"  # a mark's description begins with it where it is what a pointer shows
_SPACE: Final = "{http://www.w3.org/2000/svg}"
_NAMESPACE: Final = "http://www.w3.org/2000/svg"
_LEFT_OUT: Final = ("role", "class", "pointer-events", "font-family", "display", "style", "id", "cursor")
_USUAL: Final = {"opacity": "1", "fill-opacity": "1", "stroke-opacity": "1", "stroke-miterlimit": "10"}
_TOO_FINE: Final = re.compile(r"\d+\.\d{2,}")
_IN_CSS: Final = {INK: "currentColor"}


def render(spec: Spec, alt: str, *, width: int, kind: str = "") -> str:
    """Return a spec as SVG; the same spec gives the same bytes.

    Parameters
    ----------
    spec
        Vega-Lite, with its data.
    alt
        What is seen, in words.
    width
        That it has at least [px]: letters of a page can be wider than those it was laid out with.
    kind
        A class beside ``picture`` that a style sheet chooses by.

    Returns
    -------
    str
        An ``svg`` element that scales to its box, without scripts, styles and identifiers. Text, axes and rules have
        the colour of the page's text; edges between parts have the class ``edge`` and hollow marks the class ``paper``;
        a mark says its words in its ``title``.
    """
    import vl_convert  # noqa: PLC0415  (42 MB that only a picture needs)

    text = vl_convert.vegalite_to_svg(dict(spec), config=dict(CONFIG), allowed_base_urls=[])
    root = ET.fromstring(text)  # noqa: S314  (written by the library just now)
    _, _, wide, high = root.get("viewBox", "0 0 0 0").split()
    box = f"0 0 {max(int(float(wide)), width)} {high}"
    made = ET.Element("svg", {
        "xmlns": _NAMESPACE, "class": f"picture {kind}".strip(), "viewBox": box, "role": "img",
        "aria-label": alt, "tabindex": "0", "fill": "none",
    })  # fmt: skip
    made.extend(part for each in root for part in _cleaned(each))
    return ET.tostring(made, encoding="unicode")


def _cleaned(element: ET.Element) -> list[ET.Element]:
    """Return what is left of an element: nothing, its children where it adds nothing to them, or itself."""
    tag = element.tag.removeprefix(_SPACE)
    said = element.get("aria-label", "")
    kept = {name: _rounded(value) for name, value in element.attrib.items() if _matters(name, value)}
    inside = [part for each in element for part in _cleaned(each)]
    drawn = any(kept.get(name, "none") not in {"none", "transparent"} for name in ("fill", "stroke"))
    if tag in {"path", "rect", "line"} and not (drawn or said.startswith(TIP)):
        return []
    if (tag == "g" and (not inside or not kept)) or (tag == "text" and not element.text and not inside):
        return inside
    made = ET.Element(tag, {name: _IN_CSS.get(value, value) for name, value in kept.items()})
    paper = [word for name, word in (("stroke", "edge"), ("fill", "paper")) if kept.get(name) == PAPER]
    if paper:
        made.set("class", " ".join(paper))
    made.text = element.text if tag in {"text", "tspan", "title"} else None
    made.extend(inside)
    if said.startswith(TIP):
        ET.SubElement(made, "title").text = said.removeprefix(TIP)
    return [made]


def _matters(name: str, value: str) -> bool:
    if name.startswith("aria") or name in _LEFT_OUT or _USUAL.get(name) == value:
        return False
    return not (name == "transform" and value in {"translate(0,0)", "translate(0.5,0.5)"}) and value != ""


def _rounded(value: str) -> str:
    """Return coordinates to a tenth of a pixel.

    Examples
    --------
    >>> _rounded("M10.123456,2.05L3,4")
    'M10.1,2L3,4'
    """
    return _TOO_FINE.sub(lambda found: f"{float(found[0]):.1f}".removesuffix(".0"), value)
