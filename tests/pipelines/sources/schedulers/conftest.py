"""A way to see what a reader says of the items of a text, before any load."""

import io

import pytest

from shiftcast.pipelines.sources.catalogue import SOURCES
from shiftcast.pipelines.sources.opening import Opened
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.sieve import Sieve


@pytest.fixture
def normalised():
    """Return a function that reads a text of one chunk as a source and gives what the reader made of it."""

    def read_as(name, text, setting=None):
        setting = setting or Setting()
        opened = Opened("f", io.BufferedReader(io.BytesIO(text.encode())))
        (chunk,) = [each for each in SOURCES[name].read(opened, setting) if len(each)]
        return SOURCES[name].normalise(Sieve(chunk, setting))

    return read_as
