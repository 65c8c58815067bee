import json
import sys
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pandas as pd
import pytest

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.fleet.alerts import FULL, SPIKE, Alert
from shiftcast.pipelines.fleet.alerts_message import message_json, message_text
from shiftcast.pipelines.fleet.alerts_sending import LEDGER, deliver, read_ledger
from shiftcast.pipelines.fleet.alerts_ways import MailProgram, SendError, Webhook, open_mail, open_webhook

AT = pd.Timestamp("2026-11-29 06:00", tz="UTC")
PATH_OF_IT = "T0/B1/verysecret"
FULL_SOON = Alert("mine", FULL, "all", "warning", "Full by 2027-03.", "demand passes 2,048 GPUs", "order by 2026-12-01",
                  {"P(full) in 2027-03 [1]": 0.83})  # fmt: skip
SPIKED = Alert("mine", SPIKE, "search/llm", "critical", "Three times the usual hours.", "", "")


@contextmanager
def receiver(*codes, location=""):
    """Serve the codes one after the other, the last for ever, and give the address and the bodies that came."""
    left, bodies = list(codes), []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(left.pop(0) if len(left) > 1 else left[0])
            if location:
                self.send_header("Location", location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST  # noqa: N815  (the name that the server calls)

        def log_message(self, *_):
            """Print nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/{PATH_OF_IT}", bodies
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def webhook(address, pauses=None):
    return Webhook(address, "variable HOOK", (pauses if pauses is not None else []).append)


def test_a_webhook_takes_one_message_a_cause_until_it_is_worse(tmp_path):
    worse = replace(FULL_SOON, severity="critical")
    with receiver(200) as (address, bodies):
        ways = [webhook(address)]
        codes = [deliver(tmp_path, found, ways, at=AT).code() for found in
                 ([FULL_SOON], [FULL_SOON], [worse], [], [FULL_SOON])]  # fmt: skip
    assert codes == [3, 0, 3, 0, 3]
    assert [body["text"] for body in bodies] == ["mine: Full by 2027-03."] * 3
    assert [line.state for line in read_ledger(tmp_path) if line.way == "webhook"] == [
        "sent",
        "sent",
        "cleared",
        "sent",
    ]


def test_a_failure_that_passes_is_tried_again_with_bounded_pauses(tmp_path):
    pauses = []
    with receiver(503, 429, 200) as (address, bodies):
        done = deliver(tmp_path, [FULL_SOON], [webhook(address, pauses)], at=AT)
    assert (len(bodies), pauses, done.sent, done.failed) == (3, [1.0, 4.0], {"webhook": 1}, ())


@pytest.mark.parametrize(("codes", "posts"), [((404,), 1), ((500,), 3)])
def test_a_failed_send_says_what_to_do_hides_the_address_and_is_sent_at_the_next_check(tmp_path, codes, posts):
    with receiver(*codes) as (address, bodies):
        done = deliver(tmp_path, [FULL_SOON], [webhook(address)], at=AT)
    assert len(bodies) == posts
    with pytest.raises(SendError, match=rf"answered {codes[0]}; put the address in variable HOOK right") as told:
        done.code()
    assert "secret" not in str(told.value)
    assert "secret" not in repr(webhook(address))
    with receiver(200) as (address, bodies):
        again = deliver(tmp_path, [FULL_SOON], [webhook(address)], at=AT)
    assert (len(bodies), again.sent, again.new) == (1, {"webhook": 1}, ())


def test_a_redirect_is_not_followed(tmp_path):
    with receiver(200) as (elsewhere, reached), receiver(302, location=elsewhere) as (address, bodies):
        done = deliver(tmp_path, [FULL_SOON], [webhook(address)], at=AT)
    assert (len(bodies), reached) == (1, [])
    assert "answered 302" in done.failed[0]


def test_a_receiver_that_is_not_there_does_not_hold_the_mail_back(tmp_path):
    with receiver(200) as (address, _):
        pass
    kept = tmp_path / "mail.txt"
    program = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_text(sys.stdin.read())"
    mail = MailProgram((sys.executable, "-c", program, str(kept)))
    done = deliver(tmp_path, [FULL_SOON, SPIKED], [webhook(address), mail], at=AT)
    assert done.sent == {"mail": 2}
    assert "cannot be reached" in done.failed[0]
    assert "secret" not in done.failed[0]
    assert kept.read_text() == (
        "mine: Three times the usual hours. (and 1 more)\n\n[critical] spike: Three times the usual hours.\n\n"
        "[warning] full: Full by 2027-03.\n  Why: demand passes 2,048 GPUs\n  Next: order by 2026-12-01\n"
        "  P(full) in 2027-03 [1]: 0.83\n"
    )


@pytest.mark.parametrize(("command", "says"), [
    ((sys.executable, "-c", "raise SystemExit(75)"), "ended with code 75"), (("/no/such/mailer",), "cannot be run"),
])  # fmt: skip
def test_a_mail_program_that_fails_is_an_error_and_leaves_the_alert_unsent(tmp_path, command, says):
    done = deliver(tmp_path, [SPIKED], [MailProgram(command)], at=AT)
    assert says in done.failed[0]
    assert [line.way for line in read_ledger(tmp_path)] == ["screen"]


def test_a_mail_program_gets_none_of_the_secrets_of_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("HOOK", "s")
    kept = tmp_path / "seen"
    program = "import os, sys, pathlib; pathlib.Path(sys.argv[1]).write_text(' '.join(os.environ))"
    MailProgram((sys.executable, "-c", program, str(kept))).send([SPIKED])
    assert "HOOK" not in kept.read_text().split()


def test_an_address_is_read_from_a_variable_or_a_file(tmp_path, monkeypatch):
    monkeypatch.setenv("HOOK", " https://hooks.example.org/T0/B1/verysecret\n")
    assert open_webhook(variable="HOOK").shown == "https://hooks.example.org/..."
    file = tmp_path / "hook"
    file.write_text("http://localhost:8080/x\n")
    assert open_webhook(file=file).address == "http://localhost:8080/x"


@pytest.mark.parametrize(("address", "says"), [
    ("", "holds no address"), ("ftp://a.example/verysecret", "none of http"), ("https:///verysecret", "none of http"),
    ("http://hooks.example.org/verysecret", "--allow-host hooks.example.org"),
    ("http://127.0.0.1.example.org/verysecret", "--allow-host"), ("https://u:verysecret@example.org/", "holds a user"),
    ("https://example.org/very secret", "space"), ("https://example.org:port/verysecret", "no address"),
])  # fmt: skip
def test_an_address_that_may_not_be_used_is_refused_without_showing_it(monkeypatch, address, says):
    monkeypatch.setenv("HOOK", address)
    with pytest.raises(InputError, match=says) as told:
        open_webhook(variable="HOOK")
    assert "very" not in str(told.value)


def test_http_to_a_host_that_is_allowed_is_taken(monkeypatch):
    monkeypatch.setenv("HOOK", "http://Hooks.example.org/x")
    assert open_webhook(variable="HOOK", allow=["hooks.example.org"]).shown == "http://hooks.example.org/..."


def test_a_missing_file_and_a_program_that_cannot_be_read_are_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        open_webhook(file=tmp_path / "none")
    with pytest.raises(InputError, match="quote it"):
        open_mail("mail 'open")
    with pytest.raises(InputError, match="empty"):
        open_mail(" ")


def test_text_of_others_is_no_markup_no_mention_and_steers_no_terminal():
    wild = replace(SPIKED, says="<!channel> a&b\x1b[31m\nred", cause="c")
    body = message_json([wild])
    assert body["text"] == "mine: &lt;!channel&gt; a&amp;b [31m red"
    assert "<!channel>" not in body["blocks"][1]["text"]["text"]
    assert "\x1b" not in message_text([wild])


def test_many_alerts_are_one_message_of_bounded_length():
    many = [replace(SPIKED, cause=f"w{number}", says="x" * 5000) for number in range(10_000)]
    body = message_json(many)
    assert len(body["blocks"]) == 12
    assert max(len(block["text"]["text"]) for block in body["blocks"]) <= 3000
    assert body["blocks"][-1]["text"]["text"].endswith("and 9940 more")


def test_a_line_cut_short_by_a_kill_is_passed_over_and_the_next_one_is_whole(tmp_path):
    deliver(tmp_path, [SPIKED], at=AT)
    with (tmp_path / LEDGER).open("a") as file:
        file.write('{"at": "2026')
    deliver(tmp_path, [SPIKED, FULL_SOON], at=AT)
    assert [(line.kind, line.cause) for line in read_ledger(tmp_path)] == [(SPIKE, "search/llm"), (FULL, "all")]
