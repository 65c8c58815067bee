"""The desk in a real browser: at every width, in the dark, by keyboard, without scripts, and nothing from outside."""

import threading
import time

import pytest
import uvicorn

from shiftcast.forecast.telling.words import plain_words
from shiftcast.pipelines.commands.serve import listen
from shiftcast.pipelines.desk.answered import divided
from shiftcast.pipelines.desk.gate import DeskGate

PAGES = {
    "answer": "/", "demand": "/demand?measure=power&segment=rest", "split": "/split?base=watts",
    "what-if": "/what-if?demand_generative=1.5", "fleet": "/fleet?name=mine&as_of=2026-10-15",
    "why": "/why?measure=power&period=2028Q4", "claims": "/claims", "ask": "/ask?question=when&technique=llm&of=recsys"
    "&base=gpu_hours&segment=hyperscale", "questions": "/ask", "form": "/ask?question=plan",
}  # fmt: skip
MANY = {"demand-all": "/demand", "techniques": "/techniques", "scorecard": "/scorecard", "limits": "/limits",
        "moves": "/moves", "assumptions": "/assumptions", "sources": "/sources"}  # fmt: skip


@pytest.fixture(scope="session")
def address(pages):
    """Serve the pages on a free port of this machine, in a thread."""
    listener = listen("127.0.0.1", 0)
    gate = DeskGate(pages, pages.refusal, files=pages.file, log=lambda event, **fields: None)
    server = uvicorn.Server(uvicorn.Config(gate, log_config=None, access_log=False, timeout_graceful_shutdown=3))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_phone_a_tablet_and_a_desk_and_has_no_faults(look, address, name):
    page = look.open(address + PAGES[name], width=390)
    for width in (390, 768, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert look.too_wide(page) == [], width
        look.shot(page, f"desk-{name}-{width}")
    assert look.faults(page) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", MANY)
def test_further_pages_too(look, address, name):
    page = look.open(address + MANY[name], width=390, dark=True)
    for width in (390, 768, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert look.too_wide(page) == [], width
    look.shot(page, f"desk-{name}-dark")
    assert look.faults(page) == []


def test_the_dark_has_no_faults_either(look, address):
    page = look.open(address + PAGES["what-if"], dark=True)
    look.shot(page, "desk-what-if-dark")
    assert look.faults(page) == []


def test_a_form_is_filled_in_and_sent_by_keyboard_alone(look, address, opened):
    page = look.open(f"{address}/demand")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "To the answer"
    page.keyboard.press("Enter")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "measure":
            break
    page.keyboard.type("power")
    page.keyboard.press("Tab")
    page.keyboard.type("buyers")
    page.keyboard.press("Enter")
    for _ in range(40):
        if page.evaluate("document.activeElement.type") == "submit":
            break
        page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url == f"{address}/demand?measure=power&segment=rest"  # fields left empty are left out
    says = opened.forecaster.answer({"question": "quantiles", "measure": "power", "segment": "rest"}).says
    assert page.inner_text("h1") == divided(plain_words(says))[0]


def test_a_slider_that_is_let_go_of_compares_and_its_address_is_the_view(look, address):
    page = look.open(f"{address}/what-if")
    slider = page.locator("#f1-demand_generative")
    box = slider.bounding_box()
    with page.expect_navigation():
        page.mouse.click(box["x"] + 0.6 * box["width"], box["y"] + box["height"] / 2)
    assert "/what-if?demand_generative=" in page.url
    assert page.url.count("=") == 1
    assert page.evaluate("document.activeElement.name") == "demand_generative"
    title, again = page.inner_text("h1"), look.open(page.url)
    assert again.inner_text("h1") == title
    assert again.locator("#f1-demand_generative").input_value() == page.url.partition("=")[2]


def test_a_click_on_a_quarter_of_a_picture_leads_to_why(look, address):
    page = look.open(address + PAGES["demand"])
    with page.expect_navigation():
        page.locator("svg.picture.wide .into").last.dispatch_event("click")
    assert page.url == f"{address}/why?measure=power&segment=rest&period=2028Q4"


def test_what_a_mark_says_is_shown_under_the_pointer(look, address):
    page = look.open(address + PAGES["demand"])
    page.locator("svg.picture.wide [data-says]").last.hover(force=True)
    assert "8 in 10" in page.inner_text(".tip")


def test_without_scripts_everything_is_there(look, address):
    page = look.open(address + PAGES["what-if"], scripts=False)
    assert page.locator("svg.picture").count() > 0
    assert page.locator("output").first.inner_text().endswith("x")
    page.locator("#f1-by").select_option("2028Q4")
    page.locator("button[type=submit]").click()
    page.wait_for_url("**by=2028Q4**")
    assert "2028Q4" in page.inner_text("h1")


def test_a_refusal_is_a_page_too(look, address):
    page = look.open(f"{address}/why?measure=%3Cimg%20src=x%3E")
    assert look.faults(page) == []
    assert "<img src=x>" in page.inner_text("[role=alert]")
    assert [line for line in look.wrong if "status of 400" not in line] == []
    look.wrong.clear()
