"""Malformed requests: each gets a 4xx with a message that names what is wrong, from the real model behind the gate."""

import json
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiftcast.forecast.questions import FIELDS
from shiftcast.pipelines.serving.payload import PayloadError, RequestLimits, _once, read_payload

GOOD = {"question": "quantiles", "measure": "power"}


def records(*rows, **more):
    return json.dumps({"dataframe_records": list(rows), **more}).encode()


def split(**table):
    return json.dumps({"dataframe_split": table}).encode()


def changed(**fields):
    return records(GOOD | fields)


BODIES = {
    "empty body": (b"", "body is not JSON at byte 0"),
    "spaces": (b"   ", "body is not JSON"),
    "text": (b"hello", "body is not JSON at byte 0"),
    "cut off": (b'{"dataframe_records": [{"question"', "body is not JSON at byte"),
    "trailing comma": (b'{"dataframe_records": [],}', "body is not JSON"),
    "two documents": (b"{}{}", "body is not JSON at byte 2"),
    "byte order mark": (b"\xef\xbb\xbf{}", "body is not JSON"),
    "not utf-8": (b'{"dataframe_records": "\xff"}', "body is not UTF-8 at byte 23"),
    "utf-16": (json.dumps(GOOD).encode("utf-16"), "body is not UTF-8"),
    "null bytes": (b"\x00" * 100, "body is not JSON"),
    "a list": (b"[1, 2]", "body is a JSON list; it must be an object with 'dataframe_records'"),
    "a number": (b"7", "body is a JSON number"),
    "a string": (b'"x"', "body is a JSON string"),
    "null": (b"null", "body is a JSON null"),
    "true": (b"true", "body is a JSON boolean"),
    "deep lists": (b"[" * 5000, "body nests deeper than 6 levels"),
    "deep objects": (b'{"a":' * 3000, "body nests deeper than 6 levels"),
    "deep in a field": (changed(leaf=[[[[[[["x"]]]]]]]), "body nests deeper than 6 levels"),
    "NaN": (b'{"dataframe_records": [{"question": "when", "above": NaN}]}', "body has NaN"),
    "Infinity": (b'{"dataframe_records": [{"question": "when", "above": -Infinity}]}', "body has -Infinity"),
    "overflow": (b'{"dataframe_records": [{"question": "when", "above": 1e999}]}', "field 'above' is float 'inf'"),
    "long integer": (b'{"dataframe_records": [{"horizon": ' + b"9" * 6000 + b"}]}", "number that is too long"),
    "large integer": (changed(horizon=10**20), "field 'horizon' is int '100000000000000000000'"),
    "twice": (b'{"dataframe_records": [{"leaf": "edge", "leaf": "edge"}]}', "field 'leaf' is there twice"),
    "no rows field": (b"{}", "send exactly one of them"),
    "both forms": (json.dumps({"dataframe_records": [GOOD], "dataframe_split": {}}).encode(), "send exactly one"),
    "unknown top field": (records(GOOD, stream=True), "field 'stream' is not known"),
    "inputs": (json.dumps({"inputs": [GOOD]}).encode(), "field 'inputs' is not known; send 'dataframe_records'"),
    "instances": (json.dumps({"instances": [GOOD]}).encode(), "field 'instances' is not known"),
    "no rows": (records(), "field 'dataframe_records' has 0 rows; send 1 to 50"),
    "too many rows": (records(*[{"question": "claims"}] * 51), "field 'dataframe_records' has 51 rows"),
    "records an object": (json.dumps({"dataframe_records": GOOD}).encode(), "'dataframe_records' is a JSON object"),
    "records null": (b'{"dataframe_records": null}', "'dataframe_records' is a JSON null"),
    "row a list": (b'{"dataframe_records": [["question"]]}', "row 0 is a JSON list"),
    "row null": (records(GOOD, None), "row 1 is a JSON null"),
    "row a string": (records("claims"), "row 0 is a JSON string"),
    "split a list": (b'{"dataframe_split": []}', "field 'dataframe_split' is a JSON list"),
    "split without columns": (split(data=[["claims"]]), "'columns' must be a list of names"),
    "split without data": (split(columns=["question"]), "'data' must be a list of rows"),
    "split column twice": (split(columns=["question"] * 2, data=[["a", "b"]]), "'columns' has a name twice"),
    "split column a number": (split(columns=[1], data=[["a"]]), "'columns' must be a list of names"),
    "split short row": (split(columns=["question", "measure"], data=[["claims"]]), "row 0 must be a list of 2 values"),
    "split row an object": (split(columns=["question"], data=[{"a": 1}]), "row 0 must be a list of 1 values"),
    "split wrong index": (split(columns=["question"], data=[["claims"]], index=[1, 2]), "'index' must be a list"),
    "split unknown part": (split(columns=[], data=[], dtypes={}), "'dtypes' is not known"),
    "unknown column": (changed(colour="red"), "row 0: field 'colour' is not known"),
    "unknown column, row 1": (records(GOOD, GOOD | {"colour": 1}), "row 1: field 'colour' is not known"),
    "unknown unicode column": (changed(**{"größe\u202e": 1}), r"field 'gr\\xf6\\xdfe\\u202e' is not known"),
    "long column": (changed(**{"x" * 5000: 1}), "field 'xxxxx"),
    "empty column": (changed(**{"": 1}), "field '' is not known"),
    "no question": (records({"measure": "power"}), "row 0: question '' is not known"),
    "question null": (changed(question=None), "row 0: question '' is not known"),
    "question a number": (changed(question=5), "row 0: field 'question' is int '5'"),
    "question unknown": (changed(question="__class__"), "row 0: question '__class__' is not known"),
    "question private": (changed(question="_quantiles"), "row 0: question '_quantiles' is not known"),
    "missing field": (records({"question": "quantiles"}), "row 0: question 'quantiles': field 'measure' is missing"),
    "field not taken": (changed(above=0.4), "row 0: question 'quantiles': field 'above' is not taken"),
    "text a list": (changed(measure=["power"]), "row 0: field 'measure' is list"),
    "text an object": (changed(measure={"a": 1}), "row 0: field 'measure' is dict"),
    "text a boolean": (changed(measure=True), "row 0: field 'measure' is bool 'True'"),
    "text empty": (changed(measure=""), "row 0: measure '' is not forecast"),
    "text long": (changed(measure="p" * 201), "row 0: field 'measure' is 'ppp"),
    "text with zero": (changed(measure="power\x00"), "row 0: field 'measure' is 'power"),
    "text lone surrogate": (b'{"dataframe_records": [{"measure": "\\ud800"}]}', r"row 0: field 'measure' is '\\ud800'"),
    "text right to left": (changed(measure="\u202epower"), "row 0: field 'measure' is"),
    "text emoji": (changed(leaf="🦜"), "row 0: no forecast has leaf '🦜'"),
    "whole a fraction": (changed(horizon=1.5), "row 0: field 'horizon' is float '1.5'"),
    "whole a string": (changed(horizon="4"), "row 0: field 'horizon' is '4'"),
    "whole negative": (changed(horizon=-4), "row 0: field 'horizon' is int '-4'"),
    "horizon zero": (changed(horizon=0), "row 0: horizon is 0; it must be 1 quarter or more"),
    "horizon too far": (changed(horizon=400), "row 0: horizon 400 is beyond the 10 quarters drawn"),
    "number a boolean": (records({"question": "when", "above": False}), "row 0: field 'above' is bool"),
    "threshold out of range": (
        records({"question": "when", "technique": "llm", "of": "recsys", "base": "requests", "segment": "rest",
                 "above": 40}), "row 0: above is 40.0; it must lie between 0 and 1"),
    "day out of range": (changed(as_of="9999-99-99"), "row 0: as_of '9999-99-99' is not what this forecast was made"),
    "day a number": (changed(as_of=20261122), "row 0: field 'as_of' is int '20261122'"),
    "quarter out of range": (
        records({"question": "attribute", "start": "0001Q1", "end": "2027Q1"}), "quarter '0001Q1' is not in"),
    "quarter malformed": (
        records({"question": "attribute", "start": "soon", "end": "2027Q1"}),
        "quarter 'soon' is not of the form 2027Q4"),
    "scenario malformed": (changed(scenario="import os"), "row 0: scenario: 'import os' is not of the form"),
    "scenario extreme": (changed(scenario="all*1e300"), "row 0: scenario: factor 1e[+]300 of 'all' is outside"),
    "levels out of range": (changed(quantiles=[0.5, 2]), "row 0: field 'quantiles' has 2.0"),
    "levels nested": (changed(quantiles=[[0.5]]), "row 0: field 'quantiles' is list"),
    "levels too many": (changed(quantiles=[0.5] * 100), "row 0: field 'quantiles' is list"),
    "params a list": (records(GOOD, params=[1]), "field 'params' is a JSON list"),
    "params a string": (records(GOOD, params="x"), "field 'params' is a JSON string"),
    "param unknown": (records(GOOD, params={"temperature": 1}), "params: field 'temperature' is not known"),
    "param not a param": (records(GOOD, params={"measure": "power"}), "params: field 'measure' is not known"),
    "param of wrong kind": (records(GOOD, params={"seed": "x"}), "params: field 'seed' is 'x'"),
    "param out of range": (records(GOOD, params={"horizon": 99}), "row 0: horizon 99 is beyond"),
    "param in conflict": (records(GOOD, params={"output": "split"}), "row 0: output 'split' is not that of question"),
    "too many draws": (records({"question": "draws", "measure": "power", "draws": 10**6}), "row 0: draws is 1000000"),
    "large body": (b" " * 20_001, "body is larger than 20000 bytes"),
    "50 MB body": (b"x" * 50_000_000, "body is larger than 20000 bytes"),
}  # fmt: skip

HEADERS = {
    "no content type": ({}, 415, "header 'content-type' is ''; send application/json"),
    "text": ({"content-type": "text/plain"}, 415, "header 'content-type' is 'text/plain'"),
    "csv": ({"content-type": "text/csv"}, 415, "header 'content-type' is 'text/csv'"),
    "parquet": ({"content-type": "application/vnd.apache.parquet"}, 415, "header 'content-type'"),
    "charset": ({"content-type": "application/json; charset=latin-1"}, 415, "header 'content-type'"),
    "parameters": ({"content-type": "application/json; a=b"}, 415, "header 'content-type'"),
    "compressed": ({"content-type": "application/json", "content-encoding": "gzip"}, 415, "'content-encoding' is set"),
    "length not a number": ({"content-type": "application/json", "content-length": "many"}, 400, "'content-length'"),
    "length negative": ({"content-type": "application/json", "content-length": "-1"}, 400, "'content-length'"),
    "length too large": ({"content-type": "application/json", "content-length": "99999999"}, 413, "body is larger"),
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
def test_a_malformed_body_is_refused_with_the_field(server, name):
    body, said = BODIES[name]
    status, _, answer = server.call(body)
    text = answer.decode("utf-8")
    assert 400 <= status < 500
    assert "Traceback" not in text
    assert "stack_trace" not in text
    assert len(text) < 2000
    assert re.search(said, json.loads(text)["message"])
    (line,) = server.lines
    assert line["status"] == status
    assert "fault" not in line


@pytest.mark.parametrize("name", HEADERS)
def test_a_malformed_header_is_refused_with_its_name(server, name):
    headers, expected, said = HEADERS[name]
    status, _, answer = server.call(records(GOOD), headers={"host": "localhost", **headers})
    assert status == expected
    assert said in json.loads(answer)["message"]


def test_there_are_at_least_sixty_cases():
    assert len(BODIES) + len(HEADERS) >= 60


def test_good_payloads_of_both_forms_are_answered_alike(server):
    status, content = server.ask(GOOD)
    assert status == 200
    other = server.call(split(columns=list(GOOD), data=[list(GOOD.values())], index=[0]))
    assert json.loads(other[2]) == content
    quoted = {"host": "localhost", "content-type": 'application/json; charset="UTF-8"'}
    assert server.call(records(GOOD), headers=quoted)[0] == 200


def test_an_unterminated_string_of_quotes_is_checked_in_one_pass():
    start = time.process_time()
    with pytest.raises(PayloadError):
        read_payload(b'"' + b'\\"' * 500_000, RequestLimits(body=2_000_000))
    with pytest.raises(PayloadError):
        read_payload(b'"' + b"\\", RequestLimits())
    assert time.process_time() - start < 5


values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | st.sampled_from(FIELDS), inner),
    max_leaves=8,
)  # fmt: skip


as_rows = st.builds(lambda rows: {"dataframe_records": rows}, values)
as_params = st.builds(lambda params: {"dataframe_records": [GOOD], "params": params}, values)


@given(values | as_rows | as_params)
def test_any_json_is_read_or_refused(payload):
    try:
        rows = read_payload(json.dumps(payload).encode(), RequestLimits())
    except PayloadError as error:
        assert 400 <= error.status < 500  # noqa: PT017  (any refusal is fine, its words are tested)
    else:
        assert len(rows) >= 1


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(body):
    with pytest.raises(PayloadError):
        read_payload(body, RequestLimits())


def test_a_name_that_is_there_twice_is_found_in_one_pass():
    class Name(str):
        compared = 0
        __hash__ = str.__hash__

        def __eq__(self, other):
            Name.compared += 1
            return str.__eq__(self, other)

    pairs = [(Name(f"k{number}"), 1) for number in range(300)]
    with pytest.raises(PayloadError, match="field 'k299' is there twice"):
        _once([*pairs, (Name("k299"), 2)])
    assert Name.compared < 10 * len(pairs)
