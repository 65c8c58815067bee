"""Pages of the desk: figures and words are those of the forecast, every page is a link, a refusal keeps its form."""

import html
import re
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace

import pandas as pd
import pytest

from shiftcast.forecast.fleet.asking import ask
from shiftcast.forecast.telling.words import plain_words
from shiftcast.pipelines.desk.answered import answer_view, divided, table_of
from shiftcast.pipelines.desk.content import Content
from shiftcast.pipelines.desk.fleets import Fleets
from shiftcast.pipelines.desk.opened import Opened
from shiftcast.pipelines.desk.pages import Pages
from shiftcast.pipelines.desk.what_if import SLIDERS, scenario_of
from shiftcast.pipelines.pages.view import Source, Table, View
from shiftcast.pipelines.serving.reply import Reply
from shiftcast.pipelines.tables.cells import folded

FLEET = {"name": "mine", "as_of": "2026-10-15"}
CHEAP = ("quantiles", "when", "split", "claims", "concentration", "site", "newcomer", "rank", "relabel")


def text_of(reply):
    """Return a page as a reader sees it, one space between words."""
    bare = re.sub(r"<(script|style|svg).*?</\1>|<[^>]+>", " ", reply.body.decode(), flags=re.DOTALL)
    return " ".join(html.unescape(bare).split())


def letters(text):
    return re.sub(r"[\s.:;]+", "", text).lower()


@pytest.mark.parametrize("name", CHEAP)
def test_a_page_says_what_the_forecast_answers_and_shows_its_table(pages, opened, name):
    example = opened.examples[name]
    answer = opened.forecaster.answer(example)
    view = answer_view(answer, name, name)
    said = "".join([view.title, *(each.text for each in view.says)])
    assert letters(said) == letters(plain_words(answer.says))
    fields = {key: str(value) for key, value in example.items()}
    shown = text_of(pages("/ask", fields))
    assert view.title in shown
    for table in view.tables:
        for cell in table.rows.to_numpy().ravel():
            assert " ".join(str(cell).split()) in shown, (table.title, cell)


def test_the_figures_of_demand_are_those_of_ask_and_lead_to_where_they_come_from(pages, opened):
    rows = opened.forecaster.ask({"question": "quantiles", "measure": "power", "segment": "rest"})
    reply = pages("/demand", {"measure": "power", "segment": "rest"})
    shown = text_of(reply)
    for quarter, cell in zip(rows["quarter"], folded(rows)["median"], strict=True):
        assert cell in shown
        address = html.escape(f"/why?measure=power&segment=rest&period={quarter}")
        assert f'<a href="{address}">{quarter}</a>' in reply.body.decode()


def test_only_the_first_column_of_tables_leads_on(pages):
    rows = pd.DataFrame({"quarter": ["2027Q4"], "since": ["2027Q4"]})
    view = View("x", "x", "Found", (), tables=(Table("Rows", rows),), notes=("2027Q4",), sources=(Source("2027Q4"),))
    content = Content("x", views=(view,), facts=(("when", "2027Q4"),), into={"2027Q4": "/why?a=1&b=<"})
    shown = pages._laid_out("/", content).body.decode()
    assert '<td><a href="/why?a=1&amp;b=&lt;">2027Q4</a></td><td>2027Q4</td>' in shown
    assert (shown.count("/why?a="), shown.count("2027Q4")) == (1, 5)


def test_the_first_page_is_the_headline_of_the_report(pages, opened):
    shown = text_of(pages("/", {}))
    for question in (
        {"question": "quantiles", "measure": "accelerators"},
        {"question": "quantiles", "measure": "power"},
    ):
        assert plain_words(opened.forecaster.answer(question).says).split(" (")[0] in shown
    assert "/why?measure=share&amp;base=revenue" in pages("/", {}).body.decode()


def test_all_demand_and_one_segment_of_it(pages):
    whole, rest = text_of(pages("/demand", {})), text_of(pages("/demand", {"segment": "rest"}))
    assert "accelerators in place by 2028Q4" in whole
    assert rest != whole
    assert "buyers outside hyperscale" in rest.lower()


def test_why_shows_equation_change_assumptions_and_rows(pages, opened):
    reply = pages("/why", {"measure": "power", "period": "2028Q4", "start": "2027Q4"})
    shown = text_of(reply)
    change = opened.forecaster.answer({"question": "attribute", "measure": "power", "start": "2027Q4", "end": "2028Q4"})
    assert divided(plain_words(change.says))[0] in shown
    for words in ("Equations", "Rows of the record", "Assumptions behind it", "Where it comes from",
                  "From 2027Q4 to 2028Q4, on the mean"):  # fmt: skip
        assert words in shown
    assert "shiftcast ask attribute measure=power start=2027Q4 end=2028Q4" in shown


def test_why_tells_no_change_of_a_narrower_part_and_none_backwards(pages):
    leaf = text_of(pages("/why", {"measure": "power", "period": "2028Q4", "leaf": "edge"}))
    assert "leave the narrower part out to see it" in leaf
    back = text_of(pages("/why", {"measure": "power", "period": "2027Q4", "start": "2028Q4"}))
    assert "start 2028Q4 is not before end 2027Q4" in back


def test_what_if_compares_in_the_same_draws_as_ask(pages, opened):
    fields = {"demand_generative": "1.5", "ceiling_power": "0.8", "from": "2027Q1", "ramp": "2", "by": "2028Q4"}
    question = {"question": "scenario", "by": "2028Q4", "scenarios": [{
        "name": "yours", "demand": [{"part": "generative", "factor": 1.5, "from": "2027Q1", "ramp": 2}],
        "limit": [{"ceiling": "power", "factor": 0.8, "from": "2027Q1"}],
    }]}  # fmt: skip
    answer = opened.forecaster.answer(question)
    shown = text_of(pages("/what-if", fields))
    assert divided(plain_words(answer.says))[0] in shown
    for cell in folded(answer.table)["difference"]:
        assert cell in shown


def test_sliders_at_rest_are_no_scenario_and_every_one_is_a_lever_that_is_read(opened):
    assert scenario_of({slider.name: f"{slider.rests:g}" for slider in SLIDERS}) == {"name": "yours"}
    for slider in SLIDERS:
        turned = f"{slider.rests + slider.step:g}"
        question = {"question": "scenario", "scenarios": [scenario_of({slider.name: turned, "from": "2027Q1"})]}
        assert len(opened.forecaster.answer(question).table), slider.name


def test_what_if_says_names_of_the_record_in_words(opened, monkeypatch):
    told = replace(opened.answer({"question": "scenario", "scenarios": ["power-40-gw"]}), says="gpu_hours rise. More.")
    fresh = Opened(opened.bundle, opened.root)
    fresh.__dict__["forecaster"] = opened.forecaster
    monkeypatch.setattr(Opened, "answer", lambda *_: told)
    assert text_of(Pages(fresh)("/what-if", {"use": "power-40-gw"})).count("GPU-hours rise") == 2


def test_what_if_without_levers_names_the_scenarios_of_the_record(pages):
    shown = text_of(pages("/what-if", {}))
    assert "Move a slider" in shown
    assert "power 40 gw No more than 40 GW" in shown


def test_a_scenario_of_the_record_is_a_link_and_sliders_come_on_top_of_it():
    assert scenario_of({"use": "power-40-gw", "software": "1.5"}) == {
        "name": "yours", "use": ["power-40-gw"], "software": [{"gain": 1.5}],
    }  # fmt: skip


def test_the_split_by_base_and_definition_with_memberships(pages, opened):
    rows = opened.forecaster.ask({"question": "split", "base": "watts", "definition": "recast_2"})
    shown = text_of(pages("/split", {"base": "watts"}))
    assert f"{rows['q500'].iloc[-1]:.0%}".replace("%", " %") in shown
    firms = opened.bundle.tables["memberships"]
    assert "Who counts on which side" in shown
    for source in set(firms["source"]):
        assert " ".join(source.split()) in shown
    assert "/ask?question=relabel&amp;firm=coreweave&amp;to=hyperscale" in pages("/split", {}).body.decode()


@pytest.mark.slow
def test_another_mode_draws_again_and_shows_both(pages, opened):
    fields = {"mode": "fixed", "share": "0.5", "base": "revenue", "definition": "recast_2"}
    answer = opened.forecaster.answer({"question": "impose", **fields, "share": 0.5})
    assert divided(plain_words(answer.says))[0] in text_of(pages("/split", fields))


def test_a_fleet_is_told_with_what_was_set_aside(pages, opened):
    shown = text_of(pages("/fleet", FLEET))
    planner = Fleets().planner("mine", opened, pd.Timestamp("2026-10-15", tz="UTC"))
    for question in ("describe", "forecast", "full", "budget"):
        assert divided(plain_words(ask(planner, {"question": question}).says))[0] in shown
    assert "2 rows of its exports were set aside, and count nowhere" in shown
    assert "20x6-01-02T00:00:00" in shown
    assert "gres/gpu:a100=<b>" in shown
    assert "shiftcast fleet mine full" in shown


def test_a_fleets_questions_take_their_fields_and_a_refused_one_leaves_the_others(pages):
    shown = text_of(pages("/fleet", FLEET | {"year": "2040", "risk": "0.2"}))
    assert "What it costs: not answered yet" in shown
    assert "--risk 0.2" in shown
    assert "when it is full" in shown


def test_without_a_fleet_it_says_how_to_load_one(opened, tmp_path):
    shown = text_of(Pages(Opened(opened.bundle, tmp_path))("/fleet", {}))
    assert "`shiftcast ingest SOURCE FILES --into mine` makes one of your exports" in shown


def test_several_fleets_are_listed_and_one_is_chosen(opened, tmp_path):
    for name in ("a", "b"):
        (tmp_path / "fleets" / name).mkdir(parents=True)
    reply = Pages(Opened(opened.bundle, tmp_path))("/fleet", {})
    assert 'href="/fleet?name=b"' in reply.body.decode()
    assert "no usage" in text_of(Pages(Opened(opened.bundle, tmp_path, "b"))("/fleet", {})).lower()


@pytest.mark.parametrize(
    "path", ["/claims", "/scorecard", "/limits", "/moves", "/assumptions", "/sources", "/techniques"]
)
def test_the_views_of_the_report_are_pages(pages, path):
    reply = pages(path, {})
    assert (reply.status, reply.body.count(b"<h1>")) == (200, 1)
    assert reply.body.count(b'aria-current="page"') == 1


def test_every_question_is_listed_and_has_a_form_with_all_its_fields(pages, opened):
    shown = pages("/ask", {}).body.decode()
    for name in opened.examples:
        assert f'href="/ask?question={name}"' in shown
    form = pages("/ask", {"question": "plan"}).body.decode()
    for field in ("by", "risk", "under", "over", "segment", "leaf", "generation", "installed", "given", "sure"):
        assert f'name="{field}"' in form
    assert 'name="form"' not in form


def test_a_question_that_takes_long_is_asked_only_when_its_form_is_sent(pages):
    assert "which takes about a minute" in text_of(pages("/ask", {"question": "learn_next"}))


def test_a_refused_question_keeps_its_form_as_it_was_filled_in(pages):
    reply = pages("/ask", {"question": "quantiles", "measure": "power", "horizon": "99"})
    assert reply.status == 400
    assert 'name="horizon" value="99"' in reply.body.decode()
    assert "horizon 99 is beyond" in text_of(reply)


def test_a_page_of_the_forecast_alone_is_made_once_and_only_the_last_are_kept(opened, monkeypatch):
    made = []

    def make(path, fields):
        made.append((path, dict(fields)))
        return Reply(404 if "bad" in fields else 200, str(made[-1]).encode())

    pages = Pages(opened)
    monkeypatch.setattr(pages, "_made", make)
    asked = [("/claims", {}), ("/claims", {"claim": "x"}), ("/ask", {"bad": "x"}), ("/fleet", {})]
    assert [pages(*each) for each in asked] == [pages(*each) for each in asked]
    assert made == [*asked, *asked[2:]]  # refusals, and what the store may change, are made anew
    for number in range(100):
        pages("/demand", {"measure": str(number)})
        pages("/claims", {})  # is asked for again and again, so that others leave before it
    pages("/demand", {"measure": "99"})
    assert len(made) == 6 + 100
    pages("/demand", {"measure": "1"})
    assert len(made) == 6 + 100 + 1


def test_an_answer_is_kept_and_asked_once(opened):
    fresh = Opened(opened.bundle, opened.root)
    asked = []
    fresh.__dict__["forecaster"] = type(
        "Counting", (), {"answer": lambda _, question: asked.append(question) or len(asked)}
    )()
    for _ in range(3):
        fresh.answer({"question": "claims"})
    assert len(asked) == 1
    for number in range(300):
        fresh.answer({"question": "claims", "number": number})
    assert len(fresh._answers) == 256


def test_pages_and_views_that_ask_the_same_at_once_have_it_answered_once(opened):
    fresh, begun, free, asked = Opened(opened.bundle, opened.root), threading.Event(), threading.Event(), []

    def slow(_, question):
        asked.append(question)
        begun.set()
        return free.wait(30) and len(asked)

    fresh.__dict__["forecaster"] = type("Slow", (), {"answer": slow})()
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(fresh.answer, {"question": "split", "base": "watts"})
        assert begun.wait(30)
        others = [pool.submit(fresh.answer, {"question": "split", "base": "watts"}),
                  pool.submit(fresh.asked.answer, {"base": "watts", "question": "split"})]  # fmt: skip
        wait(others, timeout=0.1)
        free.set()
        assert [each.result() for each in (first, *others)] == [1, 1, 1]
    assert len(asked) == 1


def test_a_refused_question_is_asked_again_and_leaves_nothing_behind(opened):
    fresh = Opened(opened.bundle, opened.root)
    for _ in range(2):
        with pytest.raises(ValueError, match="horizon 99 is beyond"):
            fresh.answer({"question": "quantiles", "measure": "power", "horizon": 99})
    assert len(fresh._answers) == 0


def test_a_table_tells_once_what_all_rows_share_and_cuts_long_ones():
    rows = pd.DataFrame({"leaf": ["edge"] * 300, "quarter": [f"q{at}" for at in range(300)], "x": range(300)})
    table = table_of(rows, {"x": "MW_facility"}, "all")
    assert (len(table.rows), list(table.rows), table.figures) == (
        200,
        ["quarter", "x [MW facility]"],
        ("x [MW facility]",),
    )
    assert table.note == "leaf: edge; 100 further rows: ask with `--output FILE` for all"


def test_a_refusal_tells_no_secret(pages, monkeypatch):
    monkeypatch.setenv("SHIFTCAST_TOKEN", "open-sesame-9")
    reply = pages.refusal(503, "postgresql://me:hunter22@db/x: cannot be used (open-sesame-9 was refused)")
    assert reply.status == 503
    shown = text_of(reply)
    assert "postgresql://***@db/x: cannot be used (*** was refused)" in shown
    assert "hunter22" not in reply.body.decode()
