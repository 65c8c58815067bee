"""Answers about a fleet of one's own, on the screen or as the server gives them."""

from __future__ import annotations

import sys

from shiftcast.forecast.views.answer import Answer
from shiftcast.pipelines.commands.answer_screen import show
from shiftcast.pipelines.fleet.answers import answers_text


def give(answer: Answer, *, as_json: bool) -> None:
    """Print an answer, as JSON or for a person.

    Parameters
    ----------
    answer
        The answer.
    as_json
        Print what the server would answer.
    """
    if as_json:
        sys.stdout.write(answers_text([answer]) + "\n")
    else:
        show(answer)
