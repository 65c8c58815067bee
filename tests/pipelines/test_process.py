import os
import socket
import time

import pytest

from shiftcast.pipelines.process import alive, lives, name_of, this_process


def test_a_process_is_known_by_its_start():
    mine = this_process()
    host, number, start = mine.rsplit(":", 2)
    assert alive(mine) is True
    assert alive(f"{host}:{number}:{int(start) + 1}") is False
    assert alive(f"other{host}:{number}:{start}") is None
    assert alive("") is None
    assert alive("nonsense") is None


@pytest.mark.parametrize("number", ["", "\u00b2", "9" * 5000, "9" * 20, "-1", "0x1"])
def test_a_number_that_is_no_process_is_dead_or_not_known(number):
    assert not alive(f"{socket.gethostname()}:{number}:5")


def test_a_child_that_ended_is_dead_before_and_after_it_is_waited_for():
    child = os.fork()
    if child == 0:
        os._exit(0)
    until = time.monotonic() + 10
    while not name_of(child).endswith(":ended") and time.monotonic() < until:
        time.sleep(0.01)
    assert alive(f"{name_of(child).rsplit(':', 1)[0]}:123") is False
    assert not lives(child)
    os.waitpid(child, 0)
    assert alive(f"{name_of(child).rsplit(':', 1)[0]}:123") is False
    assert not lives(child)
