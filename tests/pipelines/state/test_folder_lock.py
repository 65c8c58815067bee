import errno
import fcntl
import os
import threading

import pytest

from shiftcast.pipelines.state.folder_lock import alone_in


def test_the_second_waits_for_the_first_and_nothing_is_left(tmp_path):
    order, begun = [], threading.Event()

    def second():
        begun.set()
        with alone_in(tmp_path / "out"):
            order.append("second")

    other = threading.Thread(target=second)
    with alone_in(tmp_path / "out"):
        other.start()
        begun.wait()
        with pytest.raises(ValueError, match="another process has been publishing here"), \
                alone_in(tmp_path / "out", wait=0.2):  # fmt: skip
            pass
        order.append("first")
    other.join()
    assert order == ["first", "second"]
    assert [*tmp_path.rglob("*")] == [tmp_path / "out"]


def test_a_folder_that_cannot_be_locked_is_used_all_the_same(tmp_path, monkeypatch):
    def none(*_):
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))

    monkeypatch.setattr(fcntl, "flock", none)
    with alone_in(tmp_path):
        (tmp_path / "a").touch()
    assert (tmp_path / "a").exists()


def test_a_folder_that_may_not_be_listed_is_used_all_the_same(tmp_path, monkeypatch):
    def shut(*_):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(os, "open", shut)
    with alone_in(tmp_path):
        pass
