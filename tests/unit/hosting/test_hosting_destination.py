"""Secrets and forms of the learning systems that courses are dispatched to."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from lrs_bridge.errors import Invalid, Unauthenticated
from lrs_bridge.hosting.destination import (
    Asked,
    Destination,
    learner_at,
    parse_asked,
    parse_destination,
    parse_page,
    parse_secret,
    written_page,
    written_secret,
)
from lrs_bridge.identity import Account
from lrs_bridge.scorm.dispatch.package import Edition

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
ID, COURSE = UUID(int=1), UUID(int=2)
KEY, OTHER = b"k" * 32, b"o" * 32
FORM = {"learner_id": "42", "learner_name": "Kari", "mode": "normal", "origin": "https://lms.example"}
NEW = {"name": "Moodle", "edition": "1.2", "most_learners": "", "hides_learners": "no"}


def test_a_secret_names_its_tenant_and_destination():
    assert parse_secret(written_secret("north", ID, KEY), KEY) == ("north", ID)


@pytest.mark.parametrize(
    "secret",
    ["", "forged", written_secret("north", ID, OTHER), written_page("north", ID, 1, key=KEY, now=NOW)],
    ids=["empty", "forged", "another key's", "a page's"],
)
def test_refuses_other_secrets(secret):
    with pytest.raises(Unauthenticated) as refused:
        parse_secret(secret, KEY)
    assert refused.value.field == "token"


def test_a_page_names_its_sitting_for_a_day():
    page = written_page("north", ID, 3, key=KEY, now=NOW)
    assert parse_page(page, key=KEY, now=NOW + timedelta(hours=23)) == ("north", ID, 3)
    with pytest.raises(Unauthenticated) as refused:
        parse_page(page, key=KEY, now=NOW + timedelta(hours=25))
    assert refused.value.field == "page"


def test_refuses_a_destinations_secret_for_a_page():
    with pytest.raises(Unauthenticated) as refused:
        parse_page(written_secret("north", ID, KEY), key=KEY, now=NOW)
    assert refused.value.field == "page"


def test_reads_what_the_thin_package_asks_for():
    assert parse_asked(FORM) == Asked("42", "Kari", "normal", "https://lms.example")
    assert parse_asked(FORM | {"learner_name": "x" * 400}).learner_name == "x" * 300


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("learner_id", " "),
        ("learner_id", "x" * 501),
        ("origin", ""),
        ("origin", "https://lms.example/"),
        ("origin", "ftp://lms.example"),
        ("origin", "https://"),
        ("origin", "https://*.example"),
        ("origin", "https://a.example b.example"),
        ("origin", "https://a.example;b"),
        ("origin", "null"),
    ],
)
def test_refuses_what_can_not_be_asked_for(field, value):
    with pytest.raises(Invalid) as refused:
        parse_asked(FORM | {field: value})
    assert refused.value.field == field


def test_learners_are_accounts_of_their_destination():
    assert learner_at("https://lrs.example", ID, "42") == Account(f"https://lrs.example/dispatch/{ID}", "42")


def test_reads_the_form_of_a_destination():
    assert parse_destination(NEW, destination_id=ID, hosted_id=COURSE, now=NOW) == Destination(
        ID, COURSE, "Moodle", Edition.V1_2, hides_learners=False, most_learners=None, added_at=NOW
    )
    made = parse_destination(NEW | {"most_learners": "5", "hides_learners": "yes"}, destination_id=ID, hosted_id=COURSE, now=NOW)
    assert (made.most_learners, made.hides_learners) == (5, True)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("name", "x" * 301),
        ("most_learners", "0"),
        ("most_learners", "many"),
        ("most_learners", "1000001"),
        ("edition", "AICC"),
    ],
)
def test_refuses_a_destination_that_can_not_be(field, value):
    with pytest.raises(Invalid) as refused:
        parse_destination(NEW | {field: value}, destination_id=ID, hosted_id=COURSE, now=NOW)
    assert refused.value.field == field
