"""The gate: headers, methods, hosts, limits, hostile addresses, and a log without what was asked."""

import asyncio
import re
import threading

import pytest

from shiftcast.pipelines.desk.address import RefusedError
from shiftcast.pipelines.desk.gate import DeskLimits
from shiftcast.pipelines.serving.reply import Reply

HOST = (b"host", b"127.0.0.1:5003")
SCRIPT = "%3Cscript%3Ealert(1)%3C/script%3E"


def test_every_reply_has_a_policy_that_takes_nothing_from_elsewhere(door):
    for address in ("/ask", "/nowhere", "/desk.css"):
        _, headers, _ = door.get(address)
        policy = headers[b"content-security-policy"].decode()
        assert policy.startswith("default-src 'self'; ")
        assert "unsafe" not in policy
        assert (headers[b"x-content-type-options"], headers[b"referrer-policy"], headers[b"cache-control"]) == (
            b"nosniff", b"no-referrer", b"no-store",
        )  # fmt: skip


def test_pages_have_no_script_or_style_of_their_own(door):
    for address in ("/ask", "/what-if?demand_generative=1.5", "/why?measure=power"):
        status, _, text = door.get(address)
        assert status == 200
        assert "<script>" not in text
        assert "<style" not in text
        assert " style=" not in text
        assert " onclick" not in text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_it_only_reads(door, method):
    status, headers, text = door.get("/", method=method)
    assert (status, headers[b"allow"], text) == (405, b"GET, HEAD", "the desk only reads: ask with GET\n")


def test_head_has_no_body(door):
    status, _, text = door.get("/ask", method="HEAD")
    assert (status, text) == (200, "")


@pytest.mark.parametrize("headers", [
    (), ((b"host", b"evil.example"),), ((b"host", b"127.0.0.1.evil.example"),), ((b"host", b"evil.example:5003"),),
    ((b"host", b"127.0.0.1"), (b"host", b"evil.example")),
])  # fmt: skip
def test_another_host_is_refused(door, headers):
    status, _, text = door.get("/ask", headers=headers)
    assert status == 421
    assert "open the address that `shiftcast desk` printed" in text


def test_a_page_of_another_site_may_link_to_a_page_but_not_embed_it(door):
    def status(site, kind):
        headers = (HOST, (b"sec-fetch-site", site), (b"sec-fetch-dest", kind))
        return door.get("/ask", headers=headers)[0]

    assert [status(b"cross-site", kind) for kind in (b"document", b"image", b"iframe", b"empty")] == [
        200,
        403,
        403,
        403,
    ]
    assert [status(site, b"style") for site in (b"same-origin", b"none", b"same-site")] == [200, 200, 403]


@pytest.mark.parametrize("host", [b"127.0.0.1:5003", b"localhost:5003", b"[::1]:5003", b"LOCALHOST"])
def test_this_machines_own_names_are_taken(door, host):
    assert door.get("/ask", headers=((b"host", host),))[0] == 200


@pytest.mark.parametrize(
    ("address", "status", "says"),
    [
        (f"/{SCRIPT}", 404, "the pages are /, /demand"),
        (f"/demand?measure={SCRIPT}", 400, "is not forecast"),
        (f"/ask?question={SCRIPT}", 400, "is not known"),
        (f"/ask?question=quantiles&{SCRIPT}=1", 400, "is not known"),
        (f"/ask?question=quantiles&measure=power&scenario={SCRIPT}", 400, "is not of the form part*factor"),
        (f"/what-if?use={SCRIPT}", 400, "is not of the form part*factor"),
        (f"/what-if?demand_all={SCRIPT}", 400, "it must be a number"),
        ("/what-if?demand_all=1e999", 400, "it must be a number"),
        ("/what-if?demand_all=5000", 400, "less than or equal to 100"),
        ("/what-if?from=junk", 400, "field 'from' is 'junk'"),
        ("/what-if?from=2040Q1", 400, "from '2040Q1' is after 2028Q4"),
        ("/what-if?by=junk", 400, "quarter 'junk' is not of the form 2027Q4"),
        ("/what-if?by=2024Q3", 400, "the forecast goes from"),
        ("/what-if?ramp=abc", 400, "field 'ramp' is 'abc'; it must be a number"),
        ("/what-if?ramp=0.5", 400, "field 'ramp' is float '0.5'"),
        (f"/split?definition={SCRIPT}", 400, "definition"),
        (f"/why?period={SCRIPT}", 400, "is not of the form 2027Q4"),
        (f"/techniques?segment={SCRIPT}", 400, "segment"),
        ("/fleet?name=../../etc", 400, "is no name"),
        ("/fleet?name=other", 400, "is not below"),
        (f"/fleet?name=mine&as_of={SCRIPT}", 400, "field 'as_of': "),
        ("/claims?x=1", 400, "takes no fields"),
        ("/demand?segment=rest&leaf=edge", 400, "needs the field measure"),
        ("/ask?question=plan&by=2028Q4", 400, "give either a shortage risk"),
        ("/ask?question=limits&by=2027Q4&programmes=1000000000", 400, "would take about 20,000,000 s of work"),
        ("/ask?question=scenario&scenarios=base", 400, "no scenario but 'base' was asked about"),
        ("/../../etc/passwd", 404, "the pages are"),
        ("/demand?measure=%ff", 400, "no UTF-8"),
        (f"/demand?measure=power&horizon={'[' * 5000}", 400, "it must be a number"),
        (f"/demand?measure=power&horizon={'9' * 4000}", 400, "it must be a finite number"),
        ("/ask?question=cost&life=1],[2", 400, "field 'life' is '1],[2'; it must be of the form 4,5,6"),
        (f"/demand?measure=power&scenario={'%7B%22use%22:' + '[' * 5000}", 400, "is no table as JSON"),
    ],
)  # fmt: skip
def test_what_cannot_be_shown_is_refused_with_the_remedy_and_escaped(door, address, status, says):
    found, _, text = door.get(address)
    assert (found, text.count('role="alert"')) == (status, 1)
    alert = text.partition('role="alert">')[2].partition("</p>")[0]
    assert says in alert.replace("&#39;", "'").replace("&gt;", ">")
    assert "<script>alert" not in text
    assert "\n" not in alert.strip()


def test_what_was_asked_is_not_logged(door):
    door.get("/demand?measure=power&segment=secret")
    (line,) = door.lines
    assert (line["event"], line["status"]) == ("page", 400)
    assert "secret" not in str(line)
    assert "demand" not in str(line)


def test_a_fault_of_ours_is_told_without_its_words_and_logged_with_its_trace(door):
    def broken(path, fields):
        raise KeyError("secret")

    door.pages = broken
    status, _, text = door.get("/")
    assert status == 500
    assert door.lines[0]["request"] in text
    assert (door.lines[0]["fault"], "secret" in text, "secret" in str(door.lines)) == ("KeyError", False, False)


def test_more_pages_at_once_are_told_to_come_back(door):
    free, begun = threading.Event(), threading.Event()

    def slow(path, fields):
        begun.set()
        free.wait(30)
        return Reply(200, b"made")

    door.pages, door.limits = slow, DeskLimits(waiting=1)
    gates = []

    async def both():
        first = asyncio.create_task(one())
        await asyncio.to_thread(begun.wait, 30)
        second = await one()
        free.set()
        return (await first)[0], second

    async def one():
        if not gates:
            gates.append(door.gate())
        return await door.aget("/", gate=gates[0])

    first, (status, _, text) = asyncio.run(both())
    assert (first, status) == (200, 429)
    assert "load this one again in a moment" in text


def test_pages_for_which_no_thread_can_be_started_keep_no_place(door, monkeypatch):
    door.pages, door.limits = (lambda path, fields: Reply(200, b"made")), DeskLimits(waiting=1)
    gate = door.gate()

    def full(self):
        raise RuntimeError("can't start new thread")

    async def one_after_another():
        with monkeypatch.context() as no_threads:
            no_threads.setattr(threading.Thread, "start", full)
            failed = [await door.aget("/", gate=gate) for _ in range(3)]
        return [status for status, *_ in (*failed, await door.aget("/", gate=gate))]

    assert asyncio.run(one_after_another()) == [500, 500, 500, 200]


def test_the_files_of_a_page_are_there_while_as_many_pages_are_made_as_can_be(door):
    door.limits = DeskLimits(waiting=0)
    gate = door.gate()
    loaded = re.findall(r'(?:href|src)="(/[a-z]+\.[a-z]+)"', door.pages.refusal(429, "full").body.decode())

    async def all_of_them():
        return await asyncio.gather(*(door.aget(address, gate=gate) for address in (*loaded, "/ask")))

    *files, page = asyncio.run(all_of_them())
    assert sorted(loaded) == ["/desk.css", "/desk.js", "/icon.svg", "/page.js", "/style.css"]
    assert [(status, len(text) > 100) for status, _, text in files] == [(200, True)] * 5
    assert page[0] == 429


def test_a_page_that_takes_too_long_is_given_up(door):
    free = threading.Event()

    def slow(path, fields):
        free.wait(30)
        return Reply(200, b"made")

    door.pages, door.limits = slow, DeskLimits(seconds=0.05)
    status, _, text = door.get("/")
    free.set()
    assert (status, "ask for less" in text) == (503, True)


def test_other_protocols_are_closed_and_the_life_of_the_server_is_acknowledged(door):
    sent, told = [], iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

    async def receive():
        return next(told)

    async def send(message):
        sent.append(message["type"])

    async def run():
        await door.gate()({"type": "websocket"}, receive, send)
        await door.gate()({"type": "lifespan"}, receive, send)

    asyncio.run(run())
    assert sent == ["websocket.close", "lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_a_refusal_carries_its_status():
    assert (RefusedError("no").status, RefusedError("no", 404).status) == (400, 404)
