"""Communication 2.5: what the LRS knows of an Activity, as callers see it."""

import pytest

from lrs_bridge.xapi.documents import service, store
from tests.support.lrs import Caller
from tests.support.statements import COURSE, KARI, STATEMENT_ID, statement, sub_statement, voiding

BARE = {"objectType": "Activity", "id": COURSE}
V2 = {"X-Experience-API-Version": "2.0.0"}


@pytest.fixture
def engine_of_app(app):
    return app.extensions["lrs_bridge"].engine


@pytest.fixture
def lrs(client, engine_of_app):
    return Caller(client, engine_of_app)


def told(names, **more):
    return statement(object={"id": COURSE, "definition": {"name": names, **more}})


def activity(caller, activity_id=COURSE, method="GET", **headers):
    return caller(method, "/xapi/activities", query_string={"activityId": activity_id}, headers=headers)


@pytest.mark.parametrize("version", [{}, V2], ids=["1.0.3", "2.0"])
def test_answers_with_the_bare_activity_when_nothing_is_known_of_it(lrs, version):
    answer = activity(lrs, **version)
    assert (answer.status_code, answer.json) == (200, BARE)


def test_puts_all_that_statements_say_together_the_newest_first(lrs):
    lrs.post(told({"nb": "Gammelt", "en": "Infection control"}, type="https://x.no/t", moreInfo="https://x.no/mer"))
    lrs.post(told({"nb": "Nytt", "fr": "Hygiène"}, type="https://x.no/ny"))
    lrs.post(statement(object={"id": COURSE}))
    assert activity(lrs).json == BARE | {
        "definition": {
            "name": {"nb": "Nytt", "fr": "Hygiène", "en": "Infection control"},
            "type": "https://x.no/ny",
            "moreInfo": "https://x.no/mer",
        }
    }


def test_learns_nothing_from_statements_about_something_else_or_voided(lrs):
    lrs.post(
        [
            statement(object=KARI),
            statement(object={"id": COURSE + "/annet", "definition": {"name": {"nb": "Annet"}}}),
            statement(object=sub_statement()),
            statement(id=STATEMENT_ID),
            voiding(STATEMENT_ID),
        ]
    )
    assert activity(lrs).json == BARE


def test_remembers_the_first_word_when_many_later_ones_say_nothing(lrs, monkeypatch):
    monkeypatch.setattr(service, "MAX_STATEMENTS", 3)
    monkeypatch.setattr(store, "_AT_A_TIME", 2)
    lrs.post(told({"nb": "Først", "nn": "Gammelt"}))
    lrs.post([told({"en": "Second"})] + [statement(object={"id": COURSE})] * 5)
    lrs.post([statement(object={"id": COURSE})] * 3 + [told({"nn": "Sist"})])
    assert activity(lrs).json["definition"]["name"] == {"nn": "Sist", "en": "Second", "nb": "Først"}


def test_takes_no_definition_from_keys_that_may_not_define(client, engine_of_app, lrs):
    reporter = Caller(client, engine_of_app, "statements/write", "profile")
    definer = Caller(client, engine_of_app, "statements/write", "define")
    reporter.post(told({"nb": "Falskt", "nn": "Falskt"}))
    definer.post(told({"nb": "Ekte"}))
    for reader in (lrs, reporter):
        assert activity(reader).json["definition"] == {"name": {"nb": "Ekte"}}
    assert activity(definer).status_code == 403


def test_takes_no_definition_from_another_tenant(client, engine_of_app, lrs):
    Caller(client, engine_of_app, tenant="nabo").post(told({"nb": "Naboens"}))
    assert activity(lrs).json == BARE


@pytest.mark.parametrize("scope", ["statements/read/mine", "statements/read", "state", "profile", "all/read", "all"])
def test_is_open_to_keys_that_may_read(client, engine_of_app, scope):
    assert activity(Caller(client, engine_of_app, scope)).json == BARE


@pytest.mark.parametrize("scope", ["statements/write", "define"])
def test_is_closed_to_keys_that_may_not_read(client, engine_of_app, scope):
    answer = activity(Caller(client, engine_of_app, scope))
    assert (answer.status_code, answer.json["code"]) == (403, "forbidden")


@pytest.mark.parametrize(("query", "field"), [({}, "activityId"), ({"activityId": "x"}, "activityId"), ({"x": "y"}, "x")])
def test_answers_400_when_the_activity_is_not_named(lrs, query, field):
    answer = lrs("GET", "/xapi/activities", query_string=query)
    assert (answer.status_code, answer.json["field"]) == (400, field)


def test_tags_its_answer_and_gives_no_body_to_head(lrs):
    lrs.post(told({"nb": "Smittevern"}))
    whole = activity(lrs)
    assert activity(lrs, **{"If-None-Match": whole.headers["ETag"]}).status_code == 304
    head = activity(lrs, method="HEAD")
    assert (head.data, head.headers["ETag"]) == (b"", whole.headers["ETag"])
    lrs.post(told({"nb": "Nytt"}))
    assert activity(lrs, **{"If-None-Match": whole.headers["ETag"]}).json["definition"]["name"] == {"nb": "Nytt"}
