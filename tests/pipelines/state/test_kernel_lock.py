import errno
import fcntl
import os

import pytest
from filelock import Timeout

from shiftcast.pipelines.state.guard import locked
from shiftcast.pipelines.state.kernel_lock import kernel_lock
from shiftcast.pipelines.state.root import StoreError


def test_a_lock_is_held_by_one_and_free_afterwards(tmp_path):
    with kernel_lock(tmp_path / "a.lock"), pytest.raises(Timeout), kernel_lock(tmp_path / "a.lock", wait=0):
        pass
    with kernel_lock(tmp_path / "a.lock", wait=0):
        pass


@pytest.mark.parametrize("error", [errno.ENOSYS, errno.EACCES, errno.EAGAIN])
def test_a_file_system_without_locks_is_named_and_nothing_waits(tmp_path, monkeypatch, error):
    def none(*_):
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(fcntl, "flock", none)
    with pytest.raises(StoreError, match=r"this file system keeps no locks \(flock\).*keep state on one that does"), \
            locked(tmp_path, wait=600):  # fmt: skip
        pass
    assert [each.name for each in tmp_path.iterdir() if each.name != "run.lock"] == []


def test_who_waits_puts_nothing_beside_the_lock_that_others_would_take_for_one(tmp_path, monkeypatch):
    real, there = fcntl.flock, []

    def seen(*given):
        there.append(sorted(each.name for each in tmp_path.iterdir()))
        return real(*given)

    with kernel_lock(tmp_path / "a.lock"):
        monkeypatch.setattr(fcntl, "flock", seen)
        with pytest.raises(Timeout), kernel_lock(tmp_path / "a.lock", wait=0.1):
            pass
    assert len(there) >= 3
    assert there == [["a.lock"]] * len(there)
