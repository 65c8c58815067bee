import json
import socket

import pytest

from shiftcast.pipelines.commands import serve as serve_command
from shiftcast.pipelines.commands.serve import log


@pytest.mark.parametrize(
    ("host", "allowed", "names"),
    [
        ("127.0.0.1", None, {"localhost", "127.0.0.1", "[::1]"}),
        ("localhost", ["Forecasts.example"], {"localhost", "127.0.0.1", "[::1]", "forecasts.example"}),
        ("10.1.2.3", None, {"10.1.2.3"}),
        ("0.0.0.0", None, set()),  # noqa: S104  (compared, not bound)
        ("0.0.0.0", ["a.example"], {"0.0.0.0", "a.example"}),  # noqa: S104  (compared, not bound)
    ],
)
def test_the_names_that_the_host_header_may_have(host, allowed, names):
    assert serve_command._hosts(host, allowed) == names


def test_a_port_that_is_taken_is_named():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ValueError, match=rf"--host 127.0.0.1 --port {port}: cannot listen"):
            serve_command.listen("127.0.0.1", port)
    with serve_command.listen("127.0.0.1", 0) as listener:
        assert listener.getsockname()[1] > 0


def test_an_event_is_one_line_of_json(capsys):
    log("request", route="/x", note="a\nb")
    (line,) = capsys.readouterr().err.splitlines()
    assert {**json.loads(line), "time": ""} == {"time": "", "event": "request", "route": "/x", "note": "a\nb"}
