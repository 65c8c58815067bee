import pytest

from shiftcast.features.input_error import InputError
from shiftcast.forecast.beliefs import Beliefs, read_beliefs

BELIEFS = Beliefs({"share.split.mid": 0.5, "share.split.sd": 0.4, "leaves.drift": 0.06})


def test_a_belief_is_found_by_name_and_those_of_a_subject_by_their_last_part():
    assert BELIEFS["leaves.drift"] == 0.06
    assert BELIEFS.of("share.split") == {"mid": 0.5, "sd": 0.4}
    assert list(BELIEFS) == list(BELIEFS.values_by_name)
    assert len(BELIEFS) == 3


def test_a_belief_without_a_row_is_named_with_its_file():
    with pytest.raises(InputError, match=r"beliefs.csv: name 'share.mid' has no row; add one"):
        BELIEFS["share.mid"]
    with pytest.raises(InputError, match=r"beliefs.csv: no name starts with 'share.s\.'"):
        BELIEFS.of("share.s")


def test_they_are_read_from_their_frame(record):
    assert dict(read_beliefs(record.belief_rows)) == dict(
        zip(record.belief_rows["name"], record.belief_rows["value"], strict=True)
    )
