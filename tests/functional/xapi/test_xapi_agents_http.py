"""Communication 2.4: the Person behind an Agent, and who may know what."""

import hashlib
import json
from datetime import UTC, datetime

import pytest

from lrs_bridge.db import transact
from lrs_bridge.identity import Identifier, IdentifierKind
from lrs_bridge.people import service as people
from tests.support.lrs import Caller
from tests.support.statements import KARI, OLA, STATEMENT_ID, statement, voiding

V2 = {"X-Experience-API-Version": "2.0.0"}
NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)
MAIL = {"mbox": "mailto:kari@example.no"}
PERSON = {"objectType": "Person", "mbox": ["mailto:kari@example.no"]}


@pytest.fixture
def engine_of_app(app):
    return app.extensions["lrs_bridge"].engine


@pytest.fixture
def lrs(client, engine_of_app):
    return Caller(client, engine_of_app)


@pytest.fixture
def known(engine_of_app):
    """The person who is Kari by mail and Ola by account: both identifiers are hers."""
    account = Identifier(IdentifierKind.ACCOUNT, "https://idp.example.no", "hpr-7654321")
    mailbox = Identifier(IdentifierKind.MBOX, "", "mailto:kari@example.no")
    hpr = Identifier(IdentifierKind.HPR_NUMBER, "", "7654321")

    def work(session):
        people.add_tenant(session, "demo", name="Demo", kind="trust", language="nb")
        people.add_person(session, "demo", name="Kari Nordmann", now=NOW, identifiers=[account, mailbox, hpr])

    transact(engine_of_app, work)


def person(caller, agent, method="GET", **headers):
    return caller(method, "/xapi/agents", query_string={"agent": json.dumps(agent)}, headers=headers)


@pytest.mark.parametrize("version", [{}, V2], ids=["1.0.3", "2.0"])
@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        (MAIL, PERSON),
        (KARI, PERSON | {"name": ["Kari Nordmann"]}),
        (OLA, {"objectType": "Person", "account": [OLA["account"]]}),
        ({"openid": "https://kari.example.no"}, {"objectType": "Person", "openid": ["https://kari.example.no"]}),
        ({"mbox_sha1sum": "a" * 40}, {"objectType": "Person", "mbox_sha1sum": ["a" * 40]}),
    ],
    ids=["mbox", "name", "account", "openid", "mbox_sha1sum"],
)
def test_answers_with_what_was_asked_when_nothing_is_known(lrs, version, agent, expected):
    answer = person(lrs, agent, **version)
    assert (answer.status_code, answer.json) == (200, expected)


def test_knows_the_names_from_statements_the_newest_first(lrs):
    lrs.post([statement(id=STATEMENT_ID, actor=MAIL | {"name": "Annullert"}), voiding(STATEMENT_ID)])
    for name in ("Kari N.", "Kari Nordmann", "Kari N."):
        lrs.post(statement(actor=MAIL | {"name": name}))
    lrs.post([statement(actor=OLA | {"name": "Ola"}), statement(actor={"objectType": "Group", "name": "LIS", "member": [MAIL]})])
    assert person(lrs, MAIL).json == PERSON | {"name": ["Kari N.", "Kari Nordmann"]}


def test_tells_the_other_identifiers_to_keys_that_may_read_everything_alone(client, engine_of_app, known):
    linked = PERSON | {
        "mbox_sha1sum": [hashlib.sha1(b"mailto:kari@example.no", usedforsecurity=False).hexdigest()],
        "account": [OLA["account"]],
    }
    for scope in ("all", "all/read"):
        assert person(Caller(client, engine_of_app, scope), MAIL).json == linked
    for scope in ("statements/read", "statements/read/mine", "state", "profile"):
        assert person(Caller(client, engine_of_app, scope), MAIL).json == PERSON


def test_finds_the_person_whatever_the_case_of_the_mailbox(lrs, known):
    found = person(lrs, {"mbox": "mailto:Kari@Example.no"}).json
    assert found["mbox"] == ["mailto:Kari@Example.no", "mailto:kari@example.no"]
    assert found["account"] == [OLA["account"]]


def test_tells_no_tenant_of_the_persons_of_another(client, engine_of_app, known, lrs):
    lrs.post(statement())
    assert person(Caller(client, engine_of_app, tenant="nabo"), MAIL).json == PERSON


def test_tells_names_from_others_statements_to_keys_that_may_read_those(client, engine_of_app, lrs):
    lrs.post(statement(actor=MAIL | {"name": "Hos andre"}))
    own = Caller(client, engine_of_app, "statements/write", "statements/read/mine", "define")
    own.post(statement(actor=MAIL | {"name": "Hos oss"}))
    assert person(own, MAIL).json["name"] == ["Hos oss"]
    assert person(Caller(client, engine_of_app, "state"), MAIL).json == PERSON
    assert person(Caller(client, engine_of_app, "statements/read"), MAIL).json["name"] == ["Hos oss", "Hos andre"]


def test_takes_no_name_from_keys_that_may_not_define(client, engine_of_app, lrs):
    Caller(client, engine_of_app, "statements/write").post(statement(actor=MAIL | {"name": "Falsk"}))
    assert person(lrs, MAIL).json == PERSON


@pytest.mark.parametrize("scope", ["statements/write", "define"])
def test_is_closed_to_keys_that_may_not_read(client, engine_of_app, scope):
    assert person(Caller(client, engine_of_app, scope), MAIL).status_code == 403


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "agent"),
        ({"agent": "kari"}, "agent"),
        ({"agent": '{"objectType":"Agent"}'}, "agent"),
        ({"agent": '{"objectType":"Group","mbox":"mailto:lis@example.no"}'}, "agent.objectType"),
        ({"agent": '{"mbox":["mailto:kari@example.no"]}'}, "agent.mbox"),
        ({"agent": json.dumps(MAIL), "x": "y"}, "x"),
    ],
)
def test_answers_400_when_the_agent_is_no_agent(lrs, query, field):
    for headers in ({}, V2):
        answer = lrs("GET", "/xapi/agents", query_string=query, headers=headers)
        assert (answer.status_code, answer.json["field"]) == (400, field)


def test_tags_its_answer_and_gives_no_body_to_head(lrs):
    whole = person(lrs, MAIL)
    assert person(lrs, MAIL, **{"If-None-Match": whole.headers["ETag"]}).status_code == 304
    head = person(lrs, MAIL, "HEAD")
    assert (head.data, head.headers["ETag"]) == (b"", whole.headers["ETag"])
