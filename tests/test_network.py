"""The tests' own guard: nothing they run may leave the machine."""

from __future__ import annotations

import socket

import pytest


@pytest.mark.parametrize("host", ["203.0.113.7", "example.org"])
def test_a_connection_to_another_machine_is_refused(host):
    with socket.socket() as outside, pytest.raises(RuntimeError, match="without network"):
        outside.connect((host, 443))


def test_connect_ex_is_refused_as_well():
    with socket.socket() as outside, pytest.raises(RuntimeError, match=r"203\.0\.113\.7"):
        outside.connect_ex(("203.0.113.7", 443))


def test_a_connection_to_this_machine_is_allowed():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as inside:
        inside.connect(server.getsockname())
        assert inside.getpeername() == server.getsockname()
