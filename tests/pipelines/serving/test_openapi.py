"""The OpenAPI document, by OpenAPI's own schema and by what the server takes."""

import json

import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from shiftcast.forecast.fleet import asking
from shiftcast.forecast.questions import QUESTIONS
from shiftcast.pipelines.serving.openapi import openapi
from shiftcast.pipelines.serving.payload import WORLD, RequestLimits, Taken

FLEET = Taken("shiftcast-fleet-mine", asking.KINDS, ("question",), asking.json_schema())


@pytest.fixture
def document(serve):
    status, headers, body = serve(None).call(path="/openapi.json", method="GET")
    assert (status, headers[b"content-type"]) == (200, b"application/json")
    return json.loads(body)


@pytest.mark.parametrize("taken", [WORLD, FLEET], ids=["world", "fleet"])
def test_it_is_one_that_openapi_takes(taken):
    document = openapi(taken, version="1", limits=RequestLimits())
    assert list(OpenAPIV31SpecValidator(json.loads(json.dumps(document))).iter_errors()) == []


def test_every_question_and_path_is_in_it(document):
    schemas = document["components"]["schemas"]
    assert [each["$ref"].rpartition("/")[2] for each in schemas["questions"]["oneOf"]] == list(QUESTIONS)
    assert set(document["paths"]) == {
        "/invocations", "/health", "/ping", "/ready", "/version", "/metrics", "/openapi.json"
    }  # fmt: skip
    assert {path: "POST" for path, ways in document["paths"].items() if "post" in ways} == {"/invocations": "POST"}
    of_fleet = openapi(FLEET, version="1", limits=RequestLimits())["components"]["schemas"]["questions"]["oneOf"]
    assert [each["$ref"].rpartition("/")[2] for each in of_fleet] == list(asking.FIELDS)


@pytest.mark.parametrize(
    ("row", "taken"),
    [
        ({"question": "quantiles", "measure": "power", "horizon": 4}, True),
        ({"question": "when", "technique": "llm", "of": "ads", "base": "work", "segment": "rest", "above": 0.4}, True),
        ({"question": "quantiles"}, False),
        ({"question": "quantiles", "measure": "power", "colour": 1}, False),
        ({"question": "guess"}, False),
    ],
)
def test_the_document_and_the_server_take_the_same_questions(document, server, row, taken):
    body = {"dataframe_records": [row]}
    schema = document["paths"]["/invocations"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    checked = jsonschema.Draft202012Validator({**schema, "components": document["components"]})
    assert checked.is_valid(body) is taken
    assert (server.call(json.dumps(body).encode())[0] == 200) is taken


def test_what_a_request_may_take_is_what_the_server_was_started_with(serve):
    few = serve(None, limits=RequestLimits(rows=3)).call(path="/openapi.json", method="GET")[2]
    schema = json.loads(few)["paths"]["/invocations"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert schema["properties"]["dataframe_records"]["maxItems"] == 3
