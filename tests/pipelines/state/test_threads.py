"""Processes of the command line compute on one thread, unless whoever starts them says otherwise."""

import os

import pytest

from shiftcast.pipelines.state.threads import one_thread_each

NAMES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@pytest.fixture
def unset(monkeypatch):
    for name in NAMES:
        monkeypatch.setenv(name, "")  # so that what is set below is undone
        monkeypatch.delenv(name)
    return monkeypatch


def test_a_process_of_ours_takes_one_thread(unset):
    one_thread_each()
    assert [os.environ[name] for name in NAMES] == ["1"] * 3


@pytest.mark.parametrize("name", NAMES)
def test_what_a_user_sets_stays_and_is_not_mixed_with_ours(unset, name):
    unset.setenv(name, "8")
    one_thread_each()
    assert {each: os.environ.get(each) for each in NAMES} == {**dict.fromkeys(NAMES), name: "8"}
