"""Bound what a file unpacks to, so that a small hostile one fills neither memory nor disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

FREE: Final = 1 << 28  # bytes that any file, or part of one, may unpack to
RATIO: Final = 200  # times its own size that it may unpack to beyond them; logs pack 10 to 50 times


class Unpacking:
    """Bytes that a file unpacked to so far, held to a multiple of its own.

    Parameters
    ----------
    name
        The file, for the message.
    packed
        Gives the bytes of it that were read.
    refusal
        Makes the error of a message.
    remedy
        What to do about a file that unpacks to more.
    """

    def __init__(
        self, name: str, packed: Callable[[], int], refusal: Callable[[str], Exception], remedy: str = "unpack it first"
    ) -> None:
        self._name, self._packed, self._refusal, self._remedy, self._made = name, packed, refusal, remedy, 0

    def add(self, count: int) -> None:
        """Count bytes that were unpacked.

        Parameters
        ----------
        count
            Bytes.

        Raises
        ------
        Exception
            What ``refusal`` makes, if there are more than :data:`FREE` of them and than :data:`RATIO` times those read.
        """
        self._made += count
        packed = self._packed()
        if self._made > FREE and self._made > RATIO * packed:
            raise self._refusal(
                f"{self._name}: {packed:,} bytes of it unpack to more than {self._made:,}, and beyond {FREE >> 20} MiB "
                f"a file may unpack to {RATIO} times its size; {self._remedy}"
            )
