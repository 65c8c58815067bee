"""Last lines of every help: a call that can be typed, and what its answer means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple


class Example(NamedTuple):
    """End of a help.

    Attributes
    ----------
    line
        A call that can be typed.
    means
        One line on how its answer is read.
    """

    line: str
    means: str


_RANGE: Final = "figures are medians with the range that holds what comes 8 times in 10"
_ADD: Final = (
    "--record own --operator us --surface home --workload recsys --stage rank --to deep --from table "
    "--event full --start 2026-01-05 --end 2026-02-01 --source memo"
)
_TRAFFIC: Final = (
    "--record own --operator us --surface home --workload recsys --requests 1e9 2e9 4e9 --start 2026-01-01 "
    "--end 2026-03-31 --source memo"
)
_ALL: Final[Mapping[str, tuple[str, str]]] = {
    "run": ("--origin 2026-03-16 --out report", "a new forecast that becomes the champion only if it scores better"),
    "ask": ("quantiles measure=power horizon=4", f"the same rows as over HTTP; {_RANGE}"),
    "why": ("--start 2025Q2 --end 2026Q2", "effects of a draw add up to its change; they are accounting, not cause"),
    "claim": ("list", "each of the commands below says how its own is read"),
    "store": ("history", "each of the commands below says how its own is read"),
    "rollouts": ("list --workload recsys", "each of the commands below says how its own is read"),
    "fleet": ("", "what the store holds of the fleet; each of the commands below says how its own is read"),
    "rollouts add": (_ADD, "one row more of the ledger"),
    "rollouts add-traffic": (_TRAFFIC, "one row more of requests a day"),
    "rollouts list": ("--workload recsys", "moves as they were stated, with the part of the traffic where it is known"),
    "rollouts show": ("netflix", "the operator's moves and what the forecast makes of them"),
    "audit": ("power --leaf sovereign --period 2027Q4", f"each figure from its inputs, and rows by weight; {_RANGE}"),
    "mcp": ("--http --port 5002", "the questions as tools of an assistant, which only read; this machine alone"),
    "desk": ("--fleet mine", "an address to open in a browser; every page is a link, and nothing can be changed"),
    "serve": ("--port 5001", "the same answers over HTTP; this machine alone is listened to"),
    "split": ("--mode observation --as-of 2026-08-26", f"the share under a mode beside the free one; {_RANGE}"),
    "relabel": ("coreweave=hyperscale", "the same total, divided differently"),
    "contract": ("power --period 2027Q4 --value 60000 --leaf sovereign", f"all else moved to add up; {_RANGE}"),
    "claim draft": ("statement.txt --stated-at 2026-03-16", "rows to check by hand before they count"),
    "claim list": ("--as-of 2026-06-01", "statements as they were made, not what is forecast"),
    "claim check": ("aws-1m-gpus", "the odds that the statement holds, by reading and definition"),
    "catalogue": ("--region eu", "kW of one accelerator with its boundary, and rates with their evidence"),
    "convert": ("--requests 1e6 --work 500 --accelerator gb300 --model deepseek-r1", "figures without an interval"),
    "site": ("--mw 40 --pue 1.2", f"the most work first, with what limits it; {_RANGE}"),
    "cost": ("--life 4,5,6 --gain 1.6", f"US dollars a million units of work; {_RANGE}"),
    "fleet forecast": ("--through 2027Q4", _RANGE),
    "fleet when": ("llm --of recsys", "odds by month, and a date only where most draws cross"),
    "fleet full": ("--risk 0.05", "the first month in which more is wanted than fits, at the odds accepted"),
    "fleet choices": ("--through 2027Q4", "cost and regret of each way; the first one is to be taken"),
    "fleet budget": ("2000000 --year 2027", "the odds that the year costs more, and from which month"),
    "fleet why": ("2026-09 2026-10", "effects that add up to the change exactly"),
    "fleet latent": ("", "what was wanted where limits were met; a lower bound where they are not known"),
    "fleet events": ("--through 2027Q4", "with the events, without them, and the difference in the same draws"),
    "fleet retrain": ("", "a new version that becomes the fleet's champion only if it scores better"),
    "fleet scorecard": ("", "scores below 1 beat the naive forecast"),
    "fleet monitor": ("", "alarms end with exit code 3"),
    "fleet show": ("", "what the store holds of the fleet, and what is missing"),
    "fleet init": ("", "a file of facts to correct by hand"),
    "volume": ("history.csv --horizon 6", "mean and quantiles by series and period"),
    "shares": ("shares.csv --horizon 6", "mean and quantiles by category; a skill below 1 beats the last value"),
    "hierarchy": ("bottom.csv --hierarchy edges.csv --horizon 6", "nodes whose draws add up"),
    "reconcile": ("forecasts.csv --hierarchy edges.csv", "the same forecasts, moved as little as makes them add up"),
    "ingest": ("sacct jobs.txt --into mine", "rows in = rows stored + rows set aside, each with its reason"),
    "label": ("sacct jobs.txt --output rules.csv", "guesses to confirm, and gaps to fill"),
    "store verify": ("", "every file against its digest"),
    "store compact": ("", "the same rows in fewer files"),
    "store back": ("", "former software reads and writes the store again"),
    "store history": ("", "every load, with the day its rows count from"),
    "store snapshot": ("--as-of 2026-06-30", "a dated copy; the same day of an unchanged store is copied once"),
    "store export": ("usage.csv", "items as known today, each once"),
    "sql": ("'SELECT * FROM forecasts LIMIT 5'", "rows as they are stored; nothing can be changed"),
    "retrain": ("--promote-if-better", "exit code 0 promoted or unchanged, 3 kept, 2 bad input"),
    "schedule": ("--write systemd", "a run a week, never two at once"),
    "monitor": ("--report-only", "alarms end with exit code 3"),
    "scorecard": ("--target 2026Q2", "scores below 1 beat the naive forecast made on the same day"),
    "override": ("2027Q1 --low 7e10 --mid 8e10 --high 9e10 --who me --reason news", "logged and scored, not mixed in"),
    "rollback": ("--to 3", "the version that answers from now on"),
    "replay": ("--from 2025Q1 --to 2026Q3", "what would have been forecast then, with what was known then"),
    "prune": ("--keep 10 --older-than 90d", "what would go and the bytes it gives back; --apply removes it"),
    "doctor": ("--clean", "exit code 0 where nothing is left to do, 3 where something is"),
}  # fmt: skip


def example_of(command: str) -> Example | None:
    """Return the end of the help of a command that is no question of the schema.

    Parameters
    ----------
    command
        Its words, such as ``claim check``.

    Returns
    -------
    Example
        None for a command that has none.

    Examples
    --------
    >>> example_of("claim check").line
    'shiftcast claim check aws-1m-gpus'
    """
    if command not in _ALL:
        return None
    words, means = _ALL[command]
    named = command.replace("fleet", "fleet mine") if command.startswith("fleet") else command
    return Example(f"shiftcast {named} {words}".rstrip(), means)


def epilog_of(example: Example) -> str:
    """Return the last lines of a help.

    Parameters
    ----------
    example
        Call and meaning.

    Returns
    -------
    str
        Two paragraphs.
    """
    return f"Example: {example.line}\n\nThe answer: {example.means}."
