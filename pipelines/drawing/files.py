"""Make PNG and PDF of an SVG document: small, and the same bytes each time."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from typing import Final

_SHARPNESS: Final = 2  # dots of a PNG for each pixel of the picture
_SIGNATURE: Final = 8  # bytes that a PNG begins with
_BOLD: Final = ' font-weight="bold"'
_RESOURCES: Final = re.compile(rb"(?:^ +/[a-z]+\d+ \d+ 0 R\n)+", re.MULTILINE)


def png_of(svg: str) -> bytes:
    """Return a PNG of an SVG document, its pixels packed again: the library packs them to three times the size.

    Parameters
    ----------
    svg
        A document with a size.

    Returns
    -------
    bytes
    """
    import vl_convert  # noqa: PLC0415  (42 MB that only a picture needs)

    made: bytes = vl_convert.svg_to_png(svg, scale=_SHARPNESS)
    chunks = list(_chunks(made))
    pixels = zlib.decompress(b"".join(data for kind, data in chunks if kind == b"IDAT"))
    kept = [(kind, data) for kind, data in chunks if kind != b"IDAT"]
    packed = [*kept[:-1], (b"IDAT", zlib.compress(pixels, 9)), kept[-1]]
    return made[:_SIGNATURE] + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in packed
    )


def pdf_of(svg: str) -> bytes:
    """Return a PDF of an SVG document, in one font and with its lists sorted: the library writes both in any order.

    Parameters
    ----------
    svg
        A document with a size.

    Returns
    -------
    bytes
    """
    import vl_convert  # noqa: PLC0415  (42 MB that only a picture needs)

    made: bytes = vl_convert.svg_to_pdf(svg.replace(_BOLD, ""))
    return _RESOURCES.sub(lambda found: b"".join(sorted(found[0].splitlines(keepends=True))), made)


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and content of each chunk of a PNG."""
    at = _SIGNATURE
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += length + 12
