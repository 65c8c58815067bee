"""Every view of the finished run, made once."""

import pytest

from shiftcast.pipelines.pages.asked import asked_of
from shiftcast.pipelines.pages.whole import all_views


@pytest.fixture(scope="session")
def asked(finished):
    """Return the questions asked of the finished forecast, with their answers."""
    return asked_of(finished.result.bundle)


@pytest.fixture(scope="session")
def shown(finished, asked):
    """Return the views by name."""
    return {view.name: view for view in all_views(finished.result.bundle)}
