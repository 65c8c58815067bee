import shutil
import subprocess
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from shiftcast.pipelines.schedule.cron import as_calendar, as_trigger, parse_cron, zone

NOW = datetime(2026, 11, 20, 12, 0, 1, tzinfo=UTC)  # a Friday
CASES = {
    "0 6 * * MON": "2026-11-23T06:00",
    "0 6 * * 1": "2026-11-23T06:00",
    "0 6 * * 0": "2026-11-22T06:00",
    "0 6 * * 7": "2026-11-22T06:00",
    "30 12 * * 1-5": "2026-11-20T12:30",
    "*/20 * * * *": "2026-11-20T12:20",
    "5/30 13 * * *": "2026-11-20T13:05",
    "0 0 1 jan,JUL *": "2027-01-01T00:00",
    "15 9-17/4 * * *": "2026-11-20T13:15",
    "0 6 29 2 *": "2028-02-29T06:00",
    "0 6 31 2,3 *": "2027-03-31T06:00",
}


@pytest.mark.parametrize(("text", "expected"), CASES.items())
def test_the_next_run_is_when_cron_would_have_it(text, expected):
    fire = as_trigger(parse_cron(text), ZoneInfo("UTC")).get_next_fire_time(None, NOW)
    assert f"{fire:%Y-%m-%dT%H:%M}" == expected


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed here")
@pytest.mark.parametrize(("text", "expected"), CASES.items())
def test_systemd_agrees(text, expected):
    calendar = as_calendar(parse_cron(text), "UTC")
    asked = ["systemd-analyze", "calendar", "--base-time", f"{NOW:%Y-%m-%d %H:%M:%S} UTC", calendar]
    done = subprocess.run(asked, capture_output=True, text=True, check=True, env={"TZ": "UTC", "PATH": "/usr/bin:/bin"})  # noqa: S603  (our own words)
    assert expected.replace("T", " ") in done.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0 6 * *", "has 4 fields, not the 5"),
        ("@weekly", "has 1 fields"),
        ("60 6 * * *", "'60' in '60' is not a minute from 0 to 59"),
        ("0 6-2 * * *", "'6-2' in '6-2' is not a hour"),
        ("0 6 * * MUN", "'MUN' in 'MUN' is not a day of week"),
        ("0 6 0 * *", "not a day of month from 1 to 31"),
        ("*/0 * * * *", "not a minute"),
        ("0 6 1 * MON", "restricts both day of month and day of week"),
        ("0 6 * * 1,", "is not a day of week"),
        ("0 6 31 2 *", "never comes"),
        ("0 6 30,31 feb *", "never comes"),
        ("0 6 31 4,6,9,11 *", "never comes"),
    ],
)
def test_what_is_no_cron_expression_is_named(text, said):
    with pytest.raises(ValueError, match=r"--cron") as refused:
        parse_cron(text)
    assert said in str(refused.value)


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd"])
def test_a_time_zone_that_is_not_known_is_named(name):
    with pytest.raises(ValueError, match=r"--timezone .* is not known; give one such as UTC"):
        zone(name)
