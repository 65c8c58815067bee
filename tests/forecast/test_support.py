import pickle

import pytest

from shiftcast.forecast.support import OutOfSupportError


def test_a_refusal_is_a_value_error_that_keeps_its_parts_across_processes():
    refusal = OutOfSupportError("power of x", "it_kw of x", "add a row")
    assert str(refusal) == "no record supports power of x: it_kw of x; add a row"
    again = pickle.loads(pickle.dumps(refusal))  # noqa: S301  (a round trip within the test)
    assert (again.asked, again.missing, again.remedy) == ("power of x", "it_kw of x", "add a row")
    with pytest.raises(ValueError, match="no record supports"):
        raise again
