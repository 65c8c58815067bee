"""Map the name of a row to the leaf it belongs to, by rules.

A rule is one row: a field, a pattern with ``*`` and ``?``, and the labels it gives. Every rule whose pattern fits may
fill a dimension that no earlier rule filled, so the special comes first and the general last. What no rule, file or
constant labels stays ``unlabelled`` and is counted. A row that says ``confirmed,no`` and gives no label is a gap still
to be filled: it labels nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import translate
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shiftcast.features.frames import DIMENSIONS, SEGMENTS
from shiftcast.features.input_error import InputError

UNLABELLED: Final = "unlabelled"
ANY: Final = "any"
COPY: Final = "@"  # before a field whose text is the label
PRIVATE: Final = frozenset({"user"})  # rules may look at it; it is neither stored nor shown
UNSAID: Final = PRIVATE | {"invoice"}  # tell no work, and are not shown where it is not known
TAXONOMY: Final = ("segment", "leaf", "workload", "technique")  # what a forecast cannot do without
PHASES: Final = ("inference", "training", "post_training", "rnd")
YES, NO = "yes", "no"
KNOWN: Final = {"segment": SEGMENTS, "phase": PHASES}  # the others take a user's own words
_SAME: Final = {"name": "jobname", "jobname": "name"}  # schedulers differ in what they call a job's name
_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")  # a spreadsheet would run it; an apostrophe in front keeps it text


@dataclass(frozen=True)
class Rule:
    """One rule: where it looks, what it looks for, and the labels it gives.

    Attributes
    ----------
    field
        Field of the clues that the pattern is tried on, or ``any``.
    pattern
        Pattern as written, with ``*`` and ``?``; letters of either case.
    labels
        Label by dimension.
    """

    field: str
    pattern: str
    labels: Mapping[str, str]

    @property
    def fits(self) -> re.Pattern[str]:
        """The compiled pattern; ``translate`` makes one that cannot backtrack without end, and knows brackets too."""
        return re.compile(translate(self.pattern.lower().replace("[", "[[]")))


@dataclass(frozen=True)
class Rules:
    """Rules in the order they are tried.

    Attributes
    ----------
    rules
        The first rule that fits fills a dimension; later ones fill those still open.
    """

    rules: tuple[Rule, ...] = ()


def no_rules() -> Rules:
    """Return rules that label nothing.

    Returns
    -------
    Rules
        The empty sequence of rules.
    """
    return Rules()


def rules_from_table(table: pd.DataFrame) -> Rules:
    """Read rules from a table of :class:`features.frames.LabelRules` in the order of its rows.

    Parameters
    ----------
    table
        Frame :class:`features.frames.LabelRules`; labels may be absent, and ``line`` numbers the rows where there is
        one.

    Returns
    -------
    Rules
        One rule a row.

    Raises
    ------
    ValueError
        Naming a missing column, a rule without field, pattern or any label, or a word that is none of its kind.

    Examples
    --------
    >>> table = pd.DataFrame([{"field": "name", "pattern": "rank-*", "workload": "recsys"}])
    >>> rules_from_table(table).rules[0].labels
    {'workload': 'recsys'}
    """
    for name in sorted({"field", "pattern"} - set(table)):
        raise InputError(f"label rules: column {name!r} is missing; give field, pattern and the labels they give")
    rules = []
    for number, row in enumerate(table.to_dict("records"), start=2):
        field, pattern = (_text(row.get(name)) for name in ("field", "pattern"))
        labels = {name: text for name in DIMENSIONS if (text := _text(row.get(name)))}
        line, confirmed = row.get("line", number), _text(row.get("confirmed")).lower()
        if confirmed not in {YES, NO, ""}:
            raise InputError(f"label rules: line {line}: confirmed {confirmed!r}; write yes, no or nothing")
        for name, known in KNOWN.items():
            if name in labels and labels[name] not in known:
                raise InputError(f"label rules: line {line}: {name} {labels[name]!r}; write one of {', '.join(known)}")
        if field and pattern and not labels and confirmed == NO:
            continue
        if not field or not pattern or not labels:
            raise InputError(
                f"label rules: line {line}: field {field!r}, pattern {pattern!r}, labels {labels}; "
                "a rule needs all three"
            )
        rules.append(Rule(field, pattern, labels))
    return Rules(tuple(rules))


def _text(cell: object) -> str:
    return "" if cell is None or cell is pd.NA or cell != cell else unguarded(str(cell).strip())  # noqa: PLR0124  (NaN)


def guarded(cell: str) -> str:
    """Return a cell that no spreadsheet runs as a formula: an apostrophe stands in front of one.

    Parameters
    ----------
    cell
        Text.

    Returns
    -------
    str
        What :func:`unguarded` turns into the text again.

    Examples
    --------
    >>> guarded("=cmd()"), unguarded(guarded("=cmd()")), guarded("bert-*")
    ("'=cmd()", '=cmd()', 'bert-*')
    """
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """Return a cell without the apostrophe that keeps a formula text.

    Parameters
    ----------
    cell
        Text, perhaps from :func:`guarded`.

    Returns
    -------
    str
        The text meant.
    """
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def apply_rules(clues: pd.DataFrame, rules: Rules) -> dict[str, pd.Series]:
    """Return the labels that rules give each row.

    Parameters
    ----------
    clues
        What the rows are called: text columns by field, shape (rows, fields).
    rules
        Rules in the order they are tried.

    Returns
    -------
    dict of str to Series
        Label of each row, shape (rows,), by dimension that any rule fills; empty where no rule fits.

    Examples
    --------
    >>> rules = Rules((Rule("name", "rank-*", {"workload": "recsys"}), Rule("any", "*llm*", {"technique": "llm"})))
    >>> said = apply_rules(pd.DataFrame({"name": ["rank-7", "LLM-chat"]}), rules)
    >>> said["workload"].tolist(), said["technique"].tolist()
    (['recsys', ''], ['', 'llm'])
    """
    return label_rows(clues, rules)[0]


def label_rows(clues: pd.DataFrame, rules: Rules) -> tuple[dict[str, pd.Series], NDArray[np.int64]]:
    """Return the labels that rules give each row, and how many rows each rule fits, though an earlier one filled them.

    Parameters
    ----------
    clues, rules
        As in :func:`apply_rules`.

    Returns
    -------
    tuple
        What :func:`apply_rules` returns, and the rows that each rule fits, shape (rules,).
    """
    fitted = np.zeros(len(rules.rules), dtype=np.int64)
    ruled = [name for name in DIMENSIONS if any(name in rule.labels for rule in rules.rules)]
    given = {name: np.full(len(clues), "", dtype=object) for name in ruled}
    codes = {field: pd.factorize(clues[field], use_na_sentinel=False) for field in clues.columns if rules.rules}
    for number, rule in enumerate(rules.rules):
        mask = np.zeros(len(clues), dtype=bool)
        own = rule.field if rule.field in codes else _SAME.get(rule.field, "")
        for field in clues.columns if rule.field == ANY else [own]:
            if field in codes:
                places, values = codes[field]
                fits = rule.fits
                mask |= np.array([fits.match(str(value).lower()) is not None for value in values], dtype=bool)[places]
        fitted[number] = mask.sum()
        for name, label in rule.labels.items():
            open_ = mask & (given[name] == "")
            given[name][open_] = copied(clues, label)[open_] if label.startswith(COPY) else label
    return {name: pd.Series(values, index=clues.index, dtype=object) for name, values in given.items()}, fitted


def copied(clues: pd.DataFrame, label: str) -> NDArray[np.object_]:
    """Return the text that a label such as ``@partition`` stands for in each row.

    Parameters
    ----------
    clues
        What the rows are called, as in :func:`apply_rules`.
    label
        ``@`` and a field of the clues.

    Returns
    -------
    array of str, shape (rows,)
        Text of the field; empty where a row has none.

    Raises
    ------
    ValueError
        If there is no such field, or it names people.

    Examples
    --------
    >>> copied(pd.DataFrame({"partition": ["gpu", ""]}), "@partition").tolist()
    ['gpu', '']
    """
    field = label.removeprefix(COPY)
    field = field if field in clues else _SAME.get(field, field)
    if field in PRIVATE:
        raise InputError(f"label {label!r}: names of people are not stored; write the label out where it has to be")
    if field not in clues:
        raise InputError(f"label {label!r}: the rows have no field {field!r}; they have {', '.join(clues.columns)}")
    found: NDArray[np.object_] = clues[field].astype(object).fillna("").to_numpy()
    return found


def settle(
    said: Mapping[str, pd.Series], own: Mapping[str, pd.Series | str], constants: Mapping[str, pd.Series | str]
) -> dict[str, pd.Series | str]:
    """Decide each label: a rule before the file's own word, that before a constant, else unlabelled.

    Parameters
    ----------
    said
        What the rules say, by dimension; a dimension no rule speaks of may be left out.
    own
        What the file itself says: one text for all rows, or one a row; empty where it is silent.
    constants
        What the user said of the whole file, one text or one a row.

    Returns
    -------
    dict
        One label for all rows, or one a row, by dimension.

    Examples
    --------
    >>> settle({}, {"workload": "recsys"}, {"segment": "rest"})["workload"]
    'recsys'
    """
    return {name: _settled(said.get(name, ""), own.get(name, ""), constants.get(name, "")) for name in DIMENSIONS}


def _settled(*words: pd.Series | str) -> pd.Series | str:
    label: pd.Series | str = ""
    for word in (*words, UNLABELLED):
        if isinstance(label, str):
            label = label or word
        elif (label == "").any():
            label = label.where(label != "", word)
    return label
