import errno
import json
import socket
import sys
from types import SimpleNamespace

import pytest

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.commands import serve as serve_command
from shiftcast.pipelines.serving.lines import log

OWN = ("localhost", "127.0.0.1", "[::1]")


@pytest.mark.parametrize(
    ("host", "allowed", "names"),
    [
        ("127.0.0.1", None, {"localhost", "127.0.0.1", "[::1]"}),
        ("localhost", ["Forecasts.example"], {"localhost", "127.0.0.1", "[::1]", "forecasts.example"}),
        ("10.1.2.3", None, {"10.1.2.3"}),
        ("0.0.0.0", None, {*OWN, "here", "here.lan"}),  # noqa: S104  (compared, not bound)
        ("::", ["a.example"], {*OWN, "here", "here.lan", "a.example"}),
    ],
)
def test_the_names_that_the_host_header_may_have(host, allowed, names, monkeypatch):
    monkeypatch.setattr(socket, "gethostname", lambda: "Here")
    monkeypatch.setattr(socket, "getfqdn", lambda: "here.lan")
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


def test_a_line_of_the_log_that_cannot_be_written_costs_nothing(monkeypatch):
    tried = []

    def full(line):
        tried.append(line)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(sys, "stderr", SimpleNamespace(write=full))
    log("request", route="/x")
    assert len(tried) == 1


def test_another_address_needs_a_token_or_a_proxy(monkeypatch):
    monkeypatch.delenv(serve_command.TOKEN, raising=False)
    with pytest.raises(InputError, match=r"--host 10.1.2.3 can be reached from other machines.*set SHIFTCAST_TOKEN"):
        serve_command._token("10.1.2.3", i_have_a_proxy=False)
    assert (
        serve_command._token("10.1.2.3", i_have_a_proxy=True) == serve_command._token("::1", i_have_a_proxy=False) == ""
    )
    monkeypatch.setenv(serve_command.TOKEN, "short")
    with pytest.raises(InputError, match="SHIFTCAST_TOKEN has 5 letters; give at least 16"):
        serve_command._token("127.0.0.1", i_have_a_proxy=False)
    monkeypatch.setenv(serve_command.TOKEN, "a-token-of-sixteen")
    assert serve_command._token("10.1.2.3", i_have_a_proxy=False) == "a-token-of-sixteen"


def test_a_certificate_needs_its_key(tmp_path):
    with pytest.raises(InputError, match="--tls-cert and --tls-key go together"):
        serve_command._check_tls(tmp_path / "cert.pem", None)
    with pytest.raises(InputError, match=r"cert\.pem: is not there; give a file in PEM"):
        serve_command._check_tls(tmp_path / "cert.pem", tmp_path / "key.pem")
