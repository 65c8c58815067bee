"""View of a forecast: a finding as its title, words, key figures, pictures, tables, and where they come from."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from shiftcast.forecast.telling.words import plain_words
from shiftcast.pipelines.drawing.picture import Picture


@dataclass(frozen=True)
class Said:
    """A paragraph of a view.

    Attributes
    ----------
    text
        Plain sentences; their figures are those of the answer to ``question``.
    asks
        What it answers, in a reader's words; empty where it only goes on.
    question
        Fields of the question whose answer it tells; none where it tells of no single one.
    """

    text: str
    asks: str = ""
    question: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Figure:
    """A key figure.

    Attributes
    ----------
    value
        With its unit, such as ``27 million``.
    what
        What it is of and when, in words.
    span
        Interval or odds that belong to it.
    """

    value: str
    what: str
    span: str = ""


@dataclass(frozen=True)
class Table:
    """A table of a view.

    Attributes
    ----------
    title
        What it shows.
    rows
        Text cells under heads in words.
    figures
        Heads of the columns that hold figures.
    note
        How to read it.
    """

    title: str
    rows: pd.DataFrame
    figures: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Source:
    """A source that a view rests on.

    Attributes
    ----------
    name
        As the record has it, addresses included.
    about
        What is taken from it.
    """

    name: str
    about: str = ""


@dataclass(frozen=True)
class View:
    """One view of a forecast: a section of the report, a page of the desk.

    Attributes
    ----------
    name
        Anchor of the section and path of the page.
    label
        Two or three words that stand for it in a list of contents.
    title
        What is found, made from the answers.
    says
        Paragraphs, the answer first.
    figures
        Key figures.
    pictures, tables
        What shows it; a picture carries the table behind it.
    notes
        How to read it, and what it does not know.
    sources
        What it rests on.
    """

    name: str
    label: str
    title: str
    says: tuple[Said, ...]
    figures: tuple[Figure, ...] = ()
    pictures: tuple[Picture, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()

    @property
    def questions(self) -> tuple[Mapping[str, Any], ...]:
        """Questions whose answers the view tells, each once."""
        asked = [said.question for said in self.says if said.question is not None]
        return tuple(each for at, each in enumerate(asked) if each not in asked[:at])


def command_of(question: Mapping[str, Any]) -> str:
    """Return the line that asks a question of the command line.

    Parameters
    ----------
    question
        Fields of the question.

    Returns
    -------
    str

    Examples
    --------
    >>> command_of({"question": "when", "technique": "deep or newer", "of": "ads"})
    "shiftcast ask when technique='deep or newer' of=ads"
    """
    fields = [f"{name}={_quoted(value)}" for name, value in question.items() if name != "question"]
    return " ".join(["shiftcast ask", str(question["question"]), *fields])


def sentence(text: str) -> str:
    """Return words of an answer as a reader's sentence: names of the record in words, a capital first.

    Parameters
    ----------
    text
        Such as what an answer says.

    Returns
    -------
    str

    Examples
    --------
    >>> sentence("gpu_hours double.")
    'GPU-hours double.'
    """
    said = plain_words(text)
    return said[:1].upper() + said[1:]


def _quoted(value: Any) -> str:
    text = ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return shlex.quote(text)
