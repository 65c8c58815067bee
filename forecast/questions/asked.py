"""Fields that questions share: the form of the answer, what a forecast was made under, and the part asked about."""

from __future__ import annotations

import re
from typing import ClassVar, Final

from pydantic import BaseModel, ConfigDict

from shiftcast.features.frames import ALL
from shiftcast.forecast.questions import fields as of_type
from shiftcast.forecast.questions.kinds import ROWS

BASE: Final = "base"
_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


class Asked(BaseModel):
    """A question; the forecast must have been made on the day that it names, if any.

    Attributes
    ----------
    output, gives
        Other name of the question, after what it gives; that in a few words.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    output: ClassVar[str]
    gives: ClassVar[str]
    as_of: of_type.AsOf = None
    form: of_type.Form = ROWS


class Made(Asked):
    """A question of a forecast, which must have been made under the mode and definition that it names, if any."""

    mode: of_type.Mode = None
    definition: of_type.MadeUnder = None


class OfPart(Made):
    """A part of the whole; what is left out is not split."""

    segment: of_type.Segment = ALL
    leaf: of_type.Leaf = ALL
    workload: of_type.Workload = ALL
    technique: of_type.Technique = ALL


class OfTechniques(Made):
    """The share of techniques in a workload."""

    technique: of_type.Techniques
    of: of_type.Of
    base: of_type.TechniqueBase
    segment: of_type.Place


def name_of(schema: type[Asked]) -> str:
    """Return the name of a question, also that of the method that answers it.

    Parameters
    ----------
    schema
        Schema of the question.

    Returns
    -------
    str
        Name of its class in small letters, words joined by underscores.

    Examples
    --------
    >>> name_of(type("LearnNext", (Asked,), {}))
    'learn_next'
    """
    return _HUMP.sub("_", schema.__name__).lower()
