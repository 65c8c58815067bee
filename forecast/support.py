"""The error raised where a question lies outside the support of the records."""

from __future__ import annotations

from shiftcast.features.input_error import InputError


class OutOfSupportError(InputError):
    """Raised where no record or draw supports what was asked.

    Attributes
    ----------
    asked
        The subject that was asked about; where nothing else is given, the whole message.
    missing
        The records that would be needed.
    remedy
        The step that would make the question answerable.

    Examples
    --------
    >>> raise OutOfSupportError("power of feynman", "it_kw of feynman", "add a row to hardware.csv")
    Traceback (most recent call last):
    shiftcast.forecast.support.OutOfSupportError: no record supports power of feynman: it_kw of feynman; add \
a row to hardware.csv
    >>> raise OutOfSupportError("horizon 11 is beyond the 10 quarters drawn")
    Traceback (most recent call last):
    shiftcast.forecast.support.OutOfSupportError: horizon 11 is beyond the 10 quarters drawn
    """

    def __init__(self, asked: str, missing: str = "", remedy: str = "") -> None:
        super().__init__(f"no record supports {asked}: {missing}; {remedy}" if missing else asked)
        self.asked, self.missing, self.remedy = asked, missing, remedy

    def __reduce__(self) -> tuple[type[OutOfSupportError], tuple[str, str, str]]:
        """Rebuild from the three parts, so that the error can cross process boundaries."""
        return type(self), (self.asked, self.missing, self.remedy)
