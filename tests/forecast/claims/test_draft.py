"""Draft claims from transcripts and notes."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from shiftcast.forecast.claims.draft import COLUMNS, draft_claims
from shiftcast.pipelines.cli import app
from shiftcast.pipelines.commands.claim_draft import read_text, read_wording
from shiftcast.pipelines.sources.table import UnreadableFileError

WORDING = read_wording()
SAID = pd.Timestamp("2026-03-16", tz="UTC")
TALK = """Last year I said: about five hundred billion dollars of purchase orders for Blackwell and Reuben through 2026.
Now, I see through 2027 at least $1 trillion. I think it could be 2 trillion dollars over the next three years.
60 percent of our business is hyperscalers; MVLink and RTLM help Rexus in 2025.
(注)来年の売上は約5000億ドルだと思う。
Wir bauen im nächsten Jahr höchstens zwei Gigawatt.
"""


def drafts(text):
    return draft_claims(text, speaker="S", stated_at=SAID, source="talk.txt", wording=WORDING)


def test_every_figure_of_a_talk():
    found = drafts(TALK)
    columns = ["measure", "bound", "low", "high", "unit", "window_start", "window_end", "kind", "language"]
    rows = found.rows[columns].astype(object).where(found.rows[columns].notna(), None).to_numpy().tolist()
    assert rows == [
        ["commitment", "~", 5e11, 5e11, "USD", "2026-03-16", "2026-12-31", "disclosure", "en"],
        ["commitment", ">=", 1e12, None, "USD", "2026-03-16", "2027-12-31", "disclosure", "en"],
        ["commitment", "=", 2e12, 2e12, "USD", "2026-03-16", "2029-03-15", "opinion", "en"],
        ["share", "=", 60.0, 60.0, "%", "2025-01-01", "2025-12-31", "disclosure", "en"],
        ["revenue", "~", 5e11, 5e11, "USD", "2027-01-01", "2027-12-31", "opinion", "ja"],
        ["power", "<=", None, 2.0, "GW", "2027-01-01", "2027-12-31", "disclosure", "de"],
    ]
    assert found.rows["products"].tolist()[0] == "blackwell;rubin"
    assert found.rows["stage"].tolist()[0] == "order"
    assert set(found.rows["confirmed"]) == {"no"}
    assert found.unresolved == ("RTLM",)
    assert dict(found.mended) == {"mvlink": "NVLink", "reuben": "Rubin", "rexus": "RecSys"}


def test_a_figure_without_a_unit_is_no_claim():
    rows = drafts("We have three rooms and 4711 ideas.").rows
    assert rows.empty
    assert list(rows.columns) == list(COLUMNS)


def test_an_empty_text_is_refused():
    with pytest.raises(ValueError, match="empty"):
        drafts(" \n")


@given(st.text(min_size=1, max_size=200))
def test_any_text_ends(text):
    if text.strip():
        assert (drafts(text).rows["confirmed"] == "no").all()


def test_the_command_writes_a_file_and_tells_what_it_could_not_read(tmp_path):
    talk = tmp_path / "talk.txt"
    talk.write_text("=cmd: at least $1 trillion of RTLM.", encoding="utf-8")
    made = tmp_path / "drafts.csv"
    got = CliRunner().invoke(app, ["claim", "draft", str(talk), "--stated-at", "2026-03-16", "--output", str(made)])
    assert got.exit_code == 0, got.output
    assert "1 drafts: 1 disclosures" in got.output
    assert "RTLM" in got.output
    assert pd.read_csv(made)["statement"].iloc[0].startswith("'=cmd")


def test_a_text_from_standard_input():
    got = CliRunner().invoke(
        app, ["claim", "draft", "-", "--stated-at", "2026-03-16"], input="More than 5 GW with Reuben."
    )
    assert "power" in got.output
    assert "read 'reuben' as 'Rubin'" in got.output


def test_texts_that_cannot_be_read(tmp_path, monkeypatch):
    path = tmp_path / "talk.txt"
    with pytest.raises(UnreadableFileError, match="cannot be read"):
        read_text(str(path))
    path.write_bytes(b"caf\xe9")
    with pytest.raises(UnreadableFileError, match="byte 3 is not UTF-8"):
        read_text(str(path))
    monkeypatch.setattr("shiftcast.pipelines.commands.claim_draft.LIMIT", 1 << 20)
    path.write_bytes(b"a" * ((1 << 20) + 1))
    with pytest.raises(UnreadableFileError, match="over 1 MiB"):
        read_text(str(path))
