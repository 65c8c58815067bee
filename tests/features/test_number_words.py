"""Numbers and dates as people say them, in several languages."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiftcast.features.number_words import find_numbers
from shiftcast.features.relative_dates import find_dates, phrases_from_rows
from shiftcast.pipelines.commands.claim_draft import read_wording

WORDING = read_wording()
SAID = pd.Timestamp("2026-03-16", tz="UTC")


@pytest.mark.parametrize(("language", "text", "values"), [
    ("en", "about five hundred billion dollars", [5e11]), ("en", "twenty-one thousand three hundred", [21300]),
    ("en", "one-third, half a trillion, $500B", [1 / 3, 5e11, 5e11]), ("en", "1,250.5 and 3 2", [1250.5, 3, 2]),
    ("en", "nothing", []), ("en", "a couple of", [2]), ("de", "eine Billion", [1e12]),
    ("de", "anderthalb Milliarden", [1.5e9]), ("de", "einundzwanzig", [21]), ("de", "1.000,5", [1000.5]),
    ("de", "einzigartig", []), ("fr", "cinq cents milliards", [5e11]), ("fr", "2 billions", [2e12]),
    ("es", "mil millones y 3,5 billones", [1e9, 3.5e12]), ("ja", "5000億", [5e11]), ("ja", "一兆二千億", [1.2e12]),
    ("zh", "1万亿美元", [1e12]), ("zh", "两千万", [2e7]), ("xx", "12", [12]),
])  # fmt: skip
def test_numbers(language, text, values):
    assert [each.value for each in find_numbers(text, language, WORDING.words)] == pytest.approx(values)


@given(st.integers(0, 10**15), st.sampled_from(["en", "de", "fr", "es", "ja", "zh"]))
def test_digits_are_themselves(number, language):
    assert [each.value for each in find_numbers(str(number), language, WORDING.words)] == [float(number)]


@given(st.text(max_size=60), st.sampled_from(["en", "de", "ja"]))
def test_any_text_ends_and_numbers_stand_where_they_say(text, language):
    for each in find_numbers(text, language, WORDING.words):
        assert text[each.start : each.end] == each.text


@pytest.mark.parametrize(("language", "text", "first", "last"), [
    ("en", "through 2027", "2026-03-16", "2027-12-31"), ("en", "last year at this time", "2025-03-16", "2025-03-16"),
    ("en", "next year", "2027-01-01", "2027-12-31"), ("en", "over the next three years", "2026-03-16", "2029-03-15"),
    ("en", "this quarter", "2026-01-01", "2026-03-31"), ("en", "last quarter", "2025-10-01", "2025-12-31"),
    ("en", "in 2028", "2028-01-01", "2028-12-31"), ("en", "today", "2026-03-16", "2026-03-16"),
    ("en", "within 18 months", "2026-03-16", "2027-09-15"), ("en", "two years ago", "2024-03-16", "2024-03-16"),
    ("en", "six months ago", "2025-09-16", "2025-09-16"), ("de", "im nächsten Jahr", "2027-01-01", "2027-12-31"),
    ("de", "in den nächsten fünf Jahren", "2026-03-16", "2031-03-15"), ("fr", "d'ici 2030", "2026-03-16", "2030-12-31"),
    ("es", "el año pasado", "2025-01-01", "2025-12-31"), ("ja", "来年", "2027-01-01", "2027-12-31"),
    ("ja", "2027年まで", "2026-03-16", "2027-12-31"), ("zh", "未来三年", "2026-03-16", "2029-03-15"),
])  # fmt: skip
def test_dates(language, text, first, last):
    (found,) = find_dates(text, SAID, WORDING.dates[language], language=language, words=WORDING.words)
    assert (f"{found.window_start:%Y-%m-%d}", f"{found.window_end:%Y-%m-%d}") == (first, last)


@pytest.mark.parametrize("text", ["through 2025", "over the next many years", "over the next 900 years"])
def test_what_is_no_window_is_none(text):
    assert find_dates(text, SAID, WORDING.dates["en"], language="en", words=WORDING.words) == []


def test_an_unknown_unit_of_time():
    with pytest.raises(ValueError, match="fortnight"):
        phrases_from_rows([{"language": "en", "phrase": "x", "unit": "fortnight", "first": 0, "last": 0}])
