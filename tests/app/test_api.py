"""What programs get: JSON that follows the OpenAPI document, whatever they ask."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import replace

import pytest

pytest.importorskip("starlette", reason="the extra app is not installed")

from gtzan_features import __version__
from gtzan_features.app import openapi
from gtzan_features.app.guard import HEADERS
from gtzan_features.app.web import RETRY_S
from gtzan_features.prediction.uploaded import Answer
from tests.app.asking import PREDICT, ask, post
from tests.app.test_web import FOUND, MB, REASONS, Stub, left, make

__all__ = ["make"]

FOUND_WITH_REASONS = Answer(prediction=FOUND, reasons=REASONS)


def program(app, *, body=(b"sound",), query="", **headers):
    return post(app, body=body, query=query, **{"accept": "*/*", **headers})


@pytest.fixture
def document(make):
    return ask(make(Stub(FOUND_WITH_REASONS)), "GET", "/openapi.json").json


def strict(schemas):
    """The schemas, with no field allowed that they do not name."""
    closed = copy.deepcopy(schemas)
    for schema in closed.values():
        schema["additionalProperties"] = False
    return closed


def check(document, reply, path, method="post"):
    """Check an answer against what the document says of its status."""
    jsonschema = pytest.importorskip("jsonschema")
    responses = document["paths"][path][method]["responses"]
    assert str(reply.status) in responses
    schema = responses[str(reply.status)]["content"]["application/json"]["schema"]
    assert reply.headers["content-type"] == "application/json"
    whole = {**schema, "components": {"schemas": strict(document["components"]["schemas"])}}
    jsonschema.Draft202012Validator(whole).validate(reply.json)


def test_an_answer_is_the_prediction_with_names_and_the_model(make, document, tmp_path):
    classifier = Stub(FOUND_WITH_REASONS)
    reply = program(make(classifier), x_file_name="song.MP3")
    check(document, reply, PREDICT)
    said = reply.json
    assert (said["name"], said["genre"], said["version"]) == ("song.MP3", "rock", __version__)
    assert said["probabilities"] == {"jazz": 0.25, "rock": 0.75}
    assert said["ranking"] == ["rock", "jazz"]
    assert (said["duration_s"], said["n_segments"]) == (7.0, 2)
    assert said["warnings"] == list(FOUND.warnings)
    assert said["model"]["title"] == "svm on 3s rows of <toy>"
    assert "tested" not in said["model"]
    assert "segments" not in said
    assert classifier.uploads == [("upload.mp3", b"sound")]
    assert not classifier.explained
    assert "/secret" not in reply.text
    assert reply.headers["vary"] == "Accept"
    assert left(tmp_path) == []


def test_music_unlike_the_training_music_is_answered_so(make, document):
    found = replace(FOUND, genre="none of these", none_of_these=True, nearest="rock")
    app = make(Stub(Answer(prediction=found)))
    reply = program(app)
    check(document, reply, PREDICT)
    assert (reply.json["genre"], reply.json["none_of_these"]) == ("none of these", True)
    assert (reply.json["nearest"], reply.json["ranking"][0]) == ("rock", "rock")
    assert "labels" not in reply.json
    page = post(app, body=[b"x"]).text
    assert "<h2>recording: none of these</h2>" in page
    assert "The nearest genre is rock, 75.0 %" in page


def test_of_several_labels_those_above_their_thresholds_are_named(make, document):
    for labels in (("rock", "jazz"), ()):
        found = replace(FOUND, several=True, labels=labels, probabilities=(0.6, 0.9))
        app = make(Stub(Answer(prediction=found)))
        reply = program(app)
        check(document, reply, PREDICT)
        assert reply.json["labels"] == list(labels)
        assert reply.json["probabilities"] == {"jazz": 0.6, "rock": 0.9}
        assert "they do not sum to 100 %" in post(app, body=[b"x"]).text


def test_what_is_known_of_the_model_is_told(make, document):
    measured = {"share": 0.6, "low": 0.5, "high": 0.7, "n_tested": 9, "top2_share": 0.8}
    facts = replace(
        Stub(None).facts(), **measured, deformations=("mp3 32 kbit/s",), rejects=True, several=True
    )
    stub = Stub(FOUND_WITH_REASONS)
    stub.facts = lambda: facts
    app = make(stub)
    model = ask(app, "GET", "/api/model")
    check(document, model, "/api/model", "get")
    assert model.json["may_reject"]
    assert model.json["several_labels"]
    tested = model.json["tested"]
    assert (tested["figure"], tested["value"], tested["low"], tested["high"]) == ("accuracy", 0.6, 0.5, 0.7)
    assert (tested["tracks"], tested["protocol"], tested["top2"]) == (9, "track", 0.8)
    assert tested["deformations"] == ["mp3 32 kbit/s"]
    assert program(app).json["model"]["tested"] == tested


def test_segments_and_reasons_come_where_they_are_asked_for(make, document):
    classifier = Stub(FOUND_WITH_REASONS)
    reply = program(make(classifier), query="segments=true&explain=1&name=a.wav")
    check(document, reply, PREDICT)
    assert classifier.explained
    assert reply.json["name"] == "a.wav"
    assert reply.json["segments"] == [
        {"start_s": 0.0, "end_s": 3.0, "probabilities": {"jazz": 0.1, "rock": 0.9}},
        {"start_s": 3.0, "end_s": 6.0, "probabilities": {"jazz": 0.4, "rock": 0.6}},
    ]
    assert reply.json["explanation"]["rows"] == [list(row) for row in REASONS.table.rows]
    without = Answer(prediction=FOUND, without="There is none.")
    assert program(make(Stub(without)), query="explain=true").json["no_explanation"] == "There is none."


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("segment=true", "the query 'segment' is not known. Choose from segments, explain, name"),
        ("segments=maybe", "the query segments is 'maybe'. Give true or false"),
        ("%0A%1B=1", "the query '\\\\n\\\\x1b' is not known"),
    ],
)
def test_a_query_that_cannot_be_meant_is_refused(make, document, query, said):
    classifier = Stub(FOUND_WITH_REASONS)
    reply = program(make(classifier), query=query)
    check(document, reply, PREDICT)
    assert reply.status == 400
    assert said in reply.json["error"]
    assert classifier.uploads == []


def test_each_fault_is_one_line_of_json_with_its_status(make, document, monkeypatch):
    sent = [b"x"]
    faults = [
        (program(make(Stub(Answer(error="no sound")))), 422),
        (program(make(Stub(Answer(error="601 s long", is_too_long=True)))), 413),
        (program(make(Stub(Answer())), body=[]), 400),
        (program(make(Stub(Answer())), body=[b"x" * MB, b"x"]), 413),
        (program(make(Stub(Answer())), content_length=str(2 * MB)), 413),
        (program(make(Stub(Answer())), body=sent, content_type="image/png"), 415),
        (program(make(Stub(OSError("/secret")))), 500),
        (program(make(Stub(OSError(28, "full")))), 507),
        (program(make(Stub(Answer())), host="evil.example"), 403),
        (program(make(Stub(Answer())), origin="http://evil.example"), 403),
    ]
    monkeypatch.setattr("gtzan_features.app.web.MAX_AT_ONCE", 0)
    faults.append((program(make(Stub(Answer()))), 503))
    for reply, status in faults:
        assert reply.status == status
        check(document, reply, PREDICT)
        assert reply.json["status"] == status
        assert len(reply.json["error"].splitlines()) == 1
        assert "secret" not in reply.text
    assert faults[-1][0].headers["retry-after"] == str(RETRY_S)


@pytest.mark.parametrize(
    "kind", ["", "audio/mpeg", "video/mp4", "application/x-www-form-urlencoded", "AUDIO/x; a"]
)
def test_what_is_or_may_be_sound_is_read(make, kind):
    assert program(make(Stub(FOUND_WITH_REASONS)), content_type=kind).status == 200


@pytest.mark.parametrize(
    "kind", ["application/json", "text/plain; charset=utf-8", "image/png", "multipart/mixed"]
)
def test_what_is_said_to_be_no_sound_is_not(make, kind):
    reply = program(make(Stub(FOUND_WITH_REASONS)), content_type=kind)
    assert reply.status == 415
    assert kind.partition(";")[0] in reply.json["error"]


def test_model_health_and_faults_of_paths(make, document):
    app = make(Stub(Answer()))
    model, health = ask(app, "GET", "/api/model"), ask(app, "GET", "/api/health")
    check(document, model, "/api/model", "get")
    check(document, health, "/api/health", "get")
    assert model.json["genres"] == ["jazz", "rock"]
    assert model.json["limits"]["max_bytes"] == MB
    assert model.json["limits"]["max_seconds"] == 600
    assert health.json == {"version": __version__, "status": "ok", "waiting": 0}
    for method, path, status in (
        ("GET", PREDICT, 405),
        ("PUT", PREDICT, 405),
        ("OPTIONS", PREDICT, 405),
        ("POST", "/api/model", 405),
        ("GET", "/api/predict/", 404),
        ("GET", "/api/../secret", 404),
        ("GET", "/apinothing\n", 404),
    ):
        reply = ask(app, method, path)
        assert reply.status == status, path
        assert reply.json["status"] == status
        assert len(reply.json["error"].splitlines()) == 1
        assert "POST /api/predict" in reply.json["error"]
    assert ask(app, "GET", PREDICT).headers["allow"] == "POST"
    assert ask(app, "GET", "/nothing").text == "Not Found"


def test_no_other_site_gets_anything_through_a_browser(make):
    app = make(Stub(FOUND_WITH_REASONS))
    for reply in (
        ask(app, "GET", "/api/model", origin="http://evil.example"),
        ask(app, "OPTIONS", PREDICT, origin="http://127.0.0.1:8000", access_control_request_method="POST"),
        program(app),
    ):
        assert not [name for name in reply.headers if name.startswith("access-control")]
        assert {name.lower(): value for name, value in HEADERS.items()}.items() <= reply.headers.items()


def test_the_document_is_one_of_openapi_and_every_reference_in_it_is_met(document):
    assert document["openapi"].startswith("3.1.")
    assert set(document) <= {"openapi", "info", "servers", "paths", "components"}
    assert {"title", "version"} <= set(document["info"])
    schemas = document["components"]["schemas"]
    references = set(re.findall(r'"\$ref": "([^"]+)"', json.dumps(document)))
    assert references == {f"#/components/schemas/{name}" for name in schemas}
    seen = set()
    for path, item in document["paths"].items():
        assert path.startswith("/")
        for method, one in item.items():
            assert method in ("get", "post")
            assert one["operationId"] not in seen
            seen.add(one["operationId"])
            assert one["summary"]
            assert all(reply["description"] for reply in one["responses"].values())
            assert all(p["in"] == "query" and p["schema"] for p in one.get("parameters", ()))


def test_its_schemas_are_schemas_and_each_field_says_what_it_is(document):
    jsonschema = pytest.importorskip("jsonschema")
    for name, schema in document["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema["description"]
        assert set(schema["required"]) <= set(schema["properties"])
        assert [
            f for f, one in schema["properties"].items() if not {"description", "$ref"} & set(one)
        ] == [], name


def test_the_page_names_every_operation_and_each_of_its_queries(make):
    page = ask(make(Stub(Answer())), "GET", "/").text
    for one in openapi.OPERATIONS:
        assert f"<code>{one.method} {one.path}</code>" in page
        assert all(f"<code>?{query.name}</code>" in page for query in one.queries)
    assert "curl -F file=@song.mp3" in page
