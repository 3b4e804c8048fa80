"""Every parser of the model and of the exchange, given anything: our errors or a value that all the rest can work with."""

import copy
import io
import json
from urllib.parse import urlencode
from uuid import UUID

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from lrs_bridge.errors import LrsBridgeError
from lrs_bridge.xapi import exchange
from lrs_bridge.xapi.model.equivalence import is_equivalent
from lrs_bridge.xapi.model.payload import complete
from lrs_bridge.xapi.model.presentation import canonical, only_ids, parse_accept_language
from lrs_bridge.xapi.model.references import references_of
from lrs_bridge.xapi.model.statement import attachments_of, parse_statement
from lrs_bridge.xapi.model.version import Version
from tests.support.statements import KARI, OLA, STATEMENT_ID, WARD, full_statement_2, interaction, statement, sub_statement

STORED = "2026-03-04T10:00:00.000001Z"
LMS = {"account": {"homePage": "https://lrs.example.no", "name": "demo.k"}}
NASTY = st.sampled_from(
    [
        *(None, True, False, 0, -1, 1.5, 1e308, 2**63, 2**70, "", "\x00", "\ud7ff", "æ", "x" * 500, "{", '"', "\\", "\u2028"),
        *([], {}, [[]], [{}], {"": None}, {"id": 1}, ["https://a.no"], {"nb": "x"}, {"https://a.no": None}),
        *("https://a.no", "mailto:a@b.no", "nb", "PT1S", "1.0", "Agent", "Group", "Activity", "SubStatement", "StatementRef"),
        *(STATEMENT_ID, "2026-03-04T10:00:00+01:00", "0001-01-01T00:00:00+14:00", "0" * 40, "0" * 64),
        *(
            KARI,
            OLA,
            WARD,
            {"id": "https://a.no"},
            interaction("choice", choices=[{"id": "a"}]),
            [KARI],
            [{"id": "https://a.no"}],
        ),
    ]
)
NAMES = st.sampled_from(
    [
        "id",
        "objectType",
        "member",
        "mbox",
        "contextActivities",
        "contextAgents",
        "parent",
        "timestamp",
        "stored",
        "authority",
        "Id",
        "",
    ]
)
BASES = (
    full_statement_2,
    lambda: statement(
        object=sub_statement(context=full_statement_2()["context"] | {"contextActivities": {"parent": {"id": "a:b"}}})
    ),
    lambda: statement(actor=WARD, context={"contextActivities": {"other": {"id": "a:b"}}}, stored=STORED, authority=KARI),
)


def mutate(data, value):
    """Spoils one place of a value: a member or item replaced, left out or added."""
    part = value
    while True:
        places = list(part) if isinstance(part, dict) else list(range(len(part)))
        if not places:
            return
        place = data.draw(st.sampled_from(places))
        if not isinstance(part[place], dict | list) or not data.draw(st.booleans()):
            break
        part = part[place]
    match data.draw(st.sampled_from(["replace", "leave out", "add"])):
        case "replace":
            part[place] = copy.deepcopy(data.draw(NASTY))
        case "leave out":
            del part[place]
        case _ if isinstance(part, dict):
            part[data.draw(NAMES)] = copy.deepcopy(data.draw(NASTY))
        case _:
            part.append(copy.deepcopy(data.draw(NASTY)))


@given(
    st.data(),
    st.sampled_from(BASES),
    st.sampled_from(list(Version)),
    st.sampled_from([{}, {"indent": 1}, {"ensure_ascii": False}]),
)
@settings(max_examples=400)
def test_can_be_stored_found_compared_and_shown_when_a_spoilt_statement_is_taken(data, base, version, spelling):
    value = base()
    if version is Version.V1:
        for name in ("contextAgents", "contextGroups"):
            value.get("context", {}).pop(name, None)
            value["object"].get("context", {}).pop(name, None)
        value.pop("version", None)
    for _ in range(data.draw(st.integers(0, 2))):
        mutate(data, value)
    try:
        received = parse_statement(json.dumps(value, **spelling).encode(), max_bytes=10**6, version=version)
    except LrsBridgeError:
        return
    payload = complete(received, id=UUID(STATEMENT_ID), stored=STORED, authority=orjson.dumps(LMS), version=version)
    kept = orjson.loads(payload)
    assert is_equivalent(received.value, kept)
    assert references_of("demo", received.value, {1}) == references_of("demo", kept, {1})
    assert len(list(attachments_of(kept))) == len(list(attachments_of(received.value)))
    for shown in (kept, only_ids(kept), canonical(kept, parse_accept_language("nb, en;q=0.5"))):
        parse_statement(orjson.dumps(shown), max_bytes=10**6, version=version)
    again = complete(
        parse_statement(payload, max_bytes=10**6, version=version),
        id=UUID(STATEMENT_ID),
        stored=STORED,
        authority=orjson.dumps(LMS),
        version=version,
    )
    assert orjson.loads(again) == kept


HEADERS = st.dictionaries(
    st.sampled_from(["x-experience-api-version", "content-type", "content-encoding", "authorization", "if-match"])
    | st.text(max_size=5),
    st.sampled_from(["1.0.3", "2.0.0", "application/json", "application/json; charset=", "multipart/mixed", "gzip", ";", "=", ""])
    | st.text(max_size=20),
)
FORMS = st.binary(max_size=60) | st.text("abc%&=+;content", max_size=60).map(str.encode)


@given(
    st.sampled_from(["GET", "POST", "PUT"]),
    st.lists(st.tuples(st.sampled_from(["method", "agent"]) | st.text(max_size=5), st.text(max_size=10)), max_size=3),
    HEADERS,
    FORMS,
)
@settings(max_examples=400)
def test_raises_nothing_but_our_errors_when_a_call_is_anything(method, query, headers, body):
    try:
        call = exchange.Call(method, exchange.parameters_in(urlencode(query).encode()), headers, stream=io.BytesIO(body))
        if exchange.is_alternate(call):
            call = exchange.read_alternate_call(call)
        call.with_version().require_known(("agent",))
        call.require_json()
    except LrsBridgeError:
        return
    assert isinstance(call.read(), bytes)
