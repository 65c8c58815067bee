"""Linear constraints on the nodes of a hierarchy, such as ``0.4 * H - 0.6 * R = 0``, exact or with a tolerance."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.forecast.hierarchy.structure import Hierarchy

_NUMBER: Final = r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_NODE: Final = r'"[^"]+"|[^\s+*="]+'
_TERM: Final = re.compile(
    rf"\s*([+-]?)\s*(?:({_NUMBER})(?:\s*\*\s*|\s+)({_NODE})|(?!{_NUMBER}\s*$)({_NODE}))\s*"
)  # a name may begin with a digit or a dash, but one that is a number needs a factor or quotes
_JOIN: Final = re.compile(r'\s(?=[+-]\s)(?=(?:[^"]*"[^"]*")*[^"]*$)')  # a sign that is not within quotes


@dataclass(frozen=True)
class Constraint:
    """A linear constraint on nodes: sum of coefficient times node = value, within a tolerance.

    Attributes
    ----------
    coefficients
        Node to coefficient.
    value
        Right side, in the unit of the forecasts.
    tolerance
        Standard deviation of the left side about it; zero holds exactly.
    text
        The constraint as it was written, for messages.
    """

    coefficients: Mapping[str, float]
    value: float = 0.0
    tolerance: float = 0.0
    text: str = ""


def parse_constraint(text: str, *, tolerance: float = 0.0) -> Constraint:
    """Read a constraint from text such as ``0.4 * H - 0.6 * R = 0``.

    Parameters
    ----------
    text
        Terms ``number * node`` joined by ``+`` or ``-`` with spaces around them, ``=``, and a number. A name with
        spaces stands in double quotes.
    tolerance
        Standard deviation allowed, in the unit of the forecasts.

    Returns
    -------
    Constraint
        With the coefficients of a node that is named twice added up.

    Raises
    ------
    ValueError
        If the text is not of that form or the tolerance is negative.

    Examples
    --------
    >>> parse_constraint("0.4 * H - 0.6 * R = 0").coefficients
    {'H': 0.4, 'R': -0.6}
    """
    terms, equals, right = text.partition("=")
    if not equals or tolerance < 0 or not np.isfinite(tolerance):
        raise InputError(
            f"constraint {text!r} with tolerance {tolerance:g}: write `0.4 * H - 0.6 * R = 0`, tolerance 0 or more"
        )
    try:
        value = float(right)
    except ValueError:
        raise InputError(f"constraint {text!r}: {right.strip()!r} right of `=` is not a number") from None
    coefficients: dict[str, float] = {}
    for term in _JOIN.split(terms.strip()):
        node, factor = _term(text, term)
        coefficients[node] = coefficients.get(node, 0.0) + factor
    return Constraint(coefficients, value, tolerance, text)


def _term(text: str, term: str) -> tuple[str, float]:
    found = _TERM.fullmatch(term)
    if found is None:
        raise InputError(
            f"constraint {text!r}: {term.strip()!r} is not of the form `0.4 * node`, with a name of digits in quotes"
        )
    sign, factor, node, bare = found.groups()
    return (node or bare).strip('"'), float(factor or 1.0) * (-1.0 if sign == "-" else 1.0)


def ratio_constraint(side: str, other: str, share: float, *, tolerance: float = 0.0) -> Constraint:
    """Return the constraint that one node is a share of itself and another: (1 - s) side - s other = 0.

    Parameters
    ----------
    side
        Node whose share is set.
    other
        The other node.
    share
        Share s of ``side`` in the sum of both [1], between 0 and 1.
    tolerance
        Standard deviation of the left side about zero [unit of the forecasts]; zero holds exactly.

    Returns
    -------
    Constraint

    Raises
    ------
    ValueError
        If the share is not between 0 and 1.

    Examples
    --------
    >>> ratio_constraint("H", "R", 0.6).coefficients
    {'H': 0.4, 'R': -0.6}
    """
    if not 0 < share < 1:
        raise InputError(f"share {share:g} of {side!r} is not between 0 and 1")
    text = f"{1 - share:g} * {side} - {share:g} * {other} = 0"
    return Constraint({side: 1 - share, other: -share}, 0.0, tolerance, text)


def constraint_rows(hierarchy: Hierarchy, constraints: Sequence[Constraint]) -> Array:
    """Return constraints as rows of coefficients over the nodes.

    Parameters
    ----------
    hierarchy
        Hierarchy whose nodes the constraints name.
    constraints
        Linear constraints.

    Returns
    -------
    ndarray, shape (constraints, nodes)
        Zero where a constraint does not name a node.

    Raises
    ------
    ValueError
        If a constraint names a node the hierarchy lacks.
    """
    rows = np.zeros((len(constraints), len(hierarchy.names)))
    for row, each in zip(rows, constraints, strict=True):
        for name, factor in each.coefficients.items():
            row[hierarchy.position(name)] += factor
    return rows
