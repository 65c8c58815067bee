from types import SimpleNamespace

import pytest

from shiftcast.forecast.scoring.promotion import Decision
from shiftcast.pipelines.registry import deciding
from shiftcast.pipelines.registry.deciding import settle
from shiftcast.pipelines.registry.maker import Maker
from shiftcast.pipelines.registry.mlflow_store import CHALLENGER, CHAMPION

BETTER = Decision(True, "promoted: it is better")


@pytest.fixture
def moved(monkeypatch):
    """Return a function that settles a version against a champion, and gives the decision and the alias that moved."""

    def settled(mine, champions, decision=BETTER):
        moves = []
        champion = SimpleNamespace(tags=champions, version="1")
        monkeypatch.setattr(deciding, "champion_version", lambda _: champion)
        monkeypatch.setattr(deciding, "promote", lambda *_, alias, **__: moves.append(alias))
        made = settle(None, SimpleNamespace(tags=mine, version="2"), lambda _: decision, check=bool)
        return made, moves

    return settled


def day(text):
    return {"shiftcast.origin": text}


def test_a_slow_clock_takes_no_champion_of_a_later_day(moved):
    made, moves = moved(day("2026-04-01"), day("2026-11-28"))
    assert moves == [CHALLENGER]
    assert made.reason.startswith(
        "kept: made as of 2026-04-01, and the champion as of 2026-11-28; see whether the clock"
    )


@pytest.mark.parametrize("champions", [day("2026-11-28"), day("2026-11-29"), {}])
def test_the_same_day_or_a_later_one_is_judged_by_its_scores(moved, champions):
    assert moved(day("2026-11-29"), champions) == (BETTER, [CHAMPION])


@pytest.mark.parametrize(("theirs", "alias"), [("0.10.0", CHALLENGER), ("0.9.0", CHAMPION), ("0+unknown", CHAMPION)])
def test_older_code_takes_no_champion_of_newer_code(moved, monkeypatch, theirs, alias):
    monkeypatch.setattr(deciding, "present_maker", lambda: Maker("0.9.0", {}))
    made, moves = moved(day("2026-11-29"), {**day("2026-11-28"), "shiftcast.version": theirs})
    assert moves == [alias]
    assert made.promote is (alias == CHAMPION)
    if alias == CHALLENGER:
        assert made.reason == "kept: shiftcast 0.9.0 made it, and 0.10.0 the champion; upgrade, or roll back first"


@pytest.mark.parametrize(
    ("reason", "again"),
    [("kept: the champion cannot be read, so", True), ("kept: made as of 2026-04-01, and the champion", True),
     ("kept: shiftcast 0.9.0 made it", True), ("kept beside the champion: made as of 2026-04-01", False),
     ("kept: rolled back to version 1", False), ("kept: build cost 0.2", False)],
)  # fmt: skip
def test_a_reason_that_may_pass_is_decided_on_again(reason, again):
    version = SimpleNamespace(tags={"shiftcast.reason": reason})
    assert deciding.undecided(version, promote=True) is again
    assert deciding.undecided(version, promote=False) is False


def test_what_is_kept_for_another_reason_says_that_one(moved):
    kept = Decision(False, "kept: it is worse")
    assert moved(day("2026-04-01"), day("2026-11-28"), kept) == (kept, [CHALLENGER])
