"""Workbooks written by hand, so that tests need no library that writes them, and one way to read a table."""

import hashlib
import io
import zipfile
from datetime import datetime, timedelta
from xml.sax.saxutils import escape, quoteattr

import pytest

from shiftcast.pipelines.sources.formats.rows import rows_of
from shiftcast.pipelines.sources.opening import opened
from shiftcast.pipelines.sources.setting import Setting

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STATES = ("visible", "hidden")
_FORMS = f'<styleSheet xmlns="{_MAIN}">'  # plain, a moment, a length of time
_STYLES = _FORMS + '<cellXfs><xf numFmtId="0"/><xf numFmtId="22"/><xf numFmtId="46"/></cellXfs></styleSheet>'


def write_xlsx(merged=(), hidden=(), **sheets):
    """Return a workbook of the sheets; cells are text, numbers, moments, lengths of time or None."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("_rels/.rels", _links(("r", "officeDocument", "xl/workbook.xml")))
        listed = "".join(
            f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="s{n}" state="{_STATES[name in hidden]}"/>'
            for n, name in enumerate(sheets, 1)
        )
        book = f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>'
        archive.writestr("xl/workbook.xml", book)
        links = [(f"s{n}", "worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1)]
        archive.writestr("xl/_rels/workbook.xml.rels", _links(*links, ("st", "styles", "styles.xml")))
        archive.writestr("xl/styles.xml", _STYLES)
        for n, rows in enumerate(sheets.values(), 1):
            archive.writestr(f"xl/worksheets/sheet{n}.xml", _sheet(rows, merged))
    return buffer.getvalue()


def write_ods(*rows, name="Data"):
    """Return an OpenDocument workbook of one sheet; cells are text or numbers."""
    cells = "".join(
        "<table:table-row>" + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{escape(cell)}</text:p></table:table-cell>'
            if isinstance(cell, str) else f'<table:table-cell office:value-type="float" office:value="{cell}"/>'
            for cell in row
        ) + "</table:table-row>" for row in rows
    )  # fmt: skip
    spaces = " ".join(
        f'xmlns:{each}="urn:oasis:names:tc:opendocument:xmlns:{each}:1.0"' for each in ("office", "table", "text")
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr("content.xml", f"<office:document-content {spaces}><office:body><office:spreadsheet>"
                         f'<table:table table:name="{name}">{cells}</table:table>'
                         "</office:spreadsheet></office:body></office:document-content>")  # fmt: skip
    return buffer.getvalue()


def _links(*links):
    parts = "".join(f'<Relationship Id="{key}" Type="{_OFFICE}/{kind}" Target="{to}"/>' for key, kind, to in links)
    return f'<Relationships xmlns="{_PACKAGE}">{parts}</Relationships>'


def _sheet(rows, merged):
    body = "".join("<row>" + "".join(map(_cell, row)) + "</row>" for row in rows)
    ranges = "".join(f'<mergeCell ref="{each}"/>' for each in merged)
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{body}</sheetData><mergeCells>{ranges}</mergeCells></worksheet>'


def _cell(value):
    if value is None:
        return "<c/>"
    if isinstance(value, str):
        return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    if isinstance(value, datetime):
        return f'<c s="1"><v>{(value - datetime(1899, 12, 30)) / timedelta(days=1)!r}</v></c>'  # noqa: DTZ001  (a sheet's days have no zone)
    if isinstance(value, timedelta):
        return f'<c s="2"><v>{value / timedelta(days=1)!r}</v></c>'
    return f"<c><v>{value!r}</v></c>"


@pytest.fixture
def xlsx():
    """Return a function that writes a workbook."""
    return write_xlsx


@pytest.fixture
def ods():
    """Return a function that writes an OpenDocument workbook."""
    return write_ods


@pytest.fixture
def chunks(tmp_path):
    """Return a function that reads text or bytes as a table."""

    def read(data, **form):
        path = tmp_path / "f"
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        with opened(str(path), "f", hashlib.sha256()) as files:
            return [chunk for file in files for chunk in rows_of(file, Setting(**form))]

    return read


@pytest.fixture
def rows(chunks):
    """Return a function that reads text or bytes as rows of text."""

    def read(data, **form):
        return [row for chunk in chunks(data, **form) for row in chunk.cells.astype(str).to_dict("records")]

    return read
