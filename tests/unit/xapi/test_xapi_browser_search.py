"""What an administrator's search asks for, whom its words stand for, and what became of what it finds."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.errors import Invalid
from lrs_bridge.identity import Identifier, IdentifierKind
from lrs_bridge.ports import Consequence, Effect
from lrs_bridge.xapi.browser.agents import agent_of, agents_in, agents_named, identifier_in, value_of
from lrs_bridge.xapi.browser.fate import Fate, fate_of
from lrs_bridge.xapi.browser.search import Search, Value, Voided, criteria_of, from_the_newest, parse_search
from lrs_bridge.xapi.statements.explanation import Reason
from lrs_bridge.xapi.statements.sequence import LARGEST_NUMBER, stored_at
from tests.support.statements import COMPLETED, COURSE, KARI, OLA, REGISTRATION, statement, sub_statement

FULL = {
    "person": "Kari",
    "person_id": REGISTRATION,
    "course": "Smittevern",
    "inside": "1",
    "verb": "bestod",
    "source": "demo.0f",
    "from": "2026-03-01",
    "to": "2026-03-02",
    "voided": "no",
    "registration": REGISTRATION,
}
SHA1 = "0123456789ABCDEF0123456789abcdef01234567"


def criteria(agents=None, courses=None, **fields):
    return criteria_of(Search(**fields), agents=agents, courses=courses)


# The form


def test_keeps_what_the_form_says_for_the_next_page():
    search = parse_search(FULL | {"before": "17"})
    assert search.parameters() == FULL
    assert search.voided is Voided.NO
    assert search.before == 17
    assert search.is_filter
    assert search.narrows
    assert from_the_newest(search) == replace(search, before=None)


def test_asks_for_nothing_when_the_form_is_empty():
    search = parse_search({"person": "  ", "from": "", "unknown": "x"})
    assert search == Search()
    assert not search.is_filter
    assert not search.narrows
    assert criteria_of(search, agents=None, courses=None).are_met_by("{}")


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("from", "1.3.2026"),
        ("to", "2026-02-30"),
        ("from", "0001-01-01"),
        ("to", "9999-12-31"),
        ("registration", "x"),
        ("person_id", "{" + REGISTRATION + "}"),
        ("voided", "perhaps"),
        ("before", "-1"),
        ("before", "²"),
        ("after", str(2**63)),
        ("after", "9" * 5000),
    ],
)
def test_refuses_what_can_not_be_read(field, text):
    with pytest.raises(Invalid) as caught:
        parse_search({field: text})
    assert caught.value.field == field


@given(st.dictionaries(st.sampled_from([*FULL, "before", "after"]), st.text()))
def test_raises_nothing_else_whatever_is_sent(parameters):
    try:
        search = parse_search(parameters)
    except Invalid:
        return
    assert parse_search(search.parameters()) == from_the_newest(search)
    low, high = search.numbers()
    assert 0 <= low <= LARGEST_NUMBER + 1
    assert 0 <= high <= LARGEST_NUMBER


def test_takes_days_as_days_in_norway():
    low, high = Search(since=date(2026, 3, 1), until=date(2026, 3, 1)).numbers()
    assert stored_at(low) == datetime(2026, 2, 28, 23, tzinfo=UTC)
    assert stored_at(high) == datetime(2026, 3, 1, 23, tzinfo=UTC)


def test_looks_beyond_the_place_where_the_page_ended():
    assert Search(before=10).numbers() == (0, 10)
    assert Search(after=10).numbers() == (11, LARGEST_NUMBER)
    since, until = Search(since=date(2026, 3, 1), until=date(2026, 3, 1)).numbers()
    assert Search(since=date(2026, 3, 1), until=date(2026, 3, 1), before=1, after=2**62).numbers() == (2**62 + 1, 1)
    assert Search(since=date(2026, 3, 1), until=date(2026, 3, 1), before=until + 1, after=5).numbers() == (since, until)


def test_takes_a_verbs_name_or_its_iri():
    (verb,) = criteria(verb="bestod ikke").verbs
    assert verb.key == COMPLETED.replace("completed", "failed")
    assert criteria(verb="https://example.no/v").verbs == (Value("https://example.no/v", ("https://example.no/v",)),)


@pytest.mark.parametrize(
    ("asked", "hopeless"),
    [
        (criteria(), False),
        (criteria(verb="danced"), True),
        (criteria(agents=[]), True),
        (criteria(courses=[]), True),
        (criteria(before=0), True),
        (criteria(since=date(2026, 3, 2), until=date(2026, 3, 1)), True),
        (criteria(verb="bestod"), False),
    ],
)
def test_knows_when_nothing_can_be_found(asked, hopeless):
    assert asked.is_hopeless is hopeless


def test_compares_the_values_themselves_with_what_their_hashes_found():
    payload = (
        '{"actor":{"mbox":"mailto:kari@example.no"},"verb":{"id":"https://example.no/v"},"object":{"id":"https://example.no/1"}}'
    )
    kari = value_of({"mbox": "mailto:kari@example.no"})
    other = value_of({"account": {"homePage": "https://x.example.no", "name": "7"}})
    assert criteria(agents=[other, kari], courses=["https://example.no/1"], verb="https://example.no/v").are_met_by(payload)
    assert not criteria(agents=[other]).are_met_by(payload)
    assert not criteria(courses=["https://example.no/2"]).are_met_by(payload)


@pytest.mark.parametrize(("voided", "wanted"), [(Voided.ANY, None), (Voided.NO, False), (Voided.YES, True)])
def test_asks_for_withdrawn_statements_as_wanted(voided, wanted):
    assert criteria(voided=voided, source="k").voided is wanted
    assert criteria(source="k").source == "k"


# Agents


@pytest.mark.parametrize(
    ("text", "agents"),
    [
        ("kari@example.no", [{"mbox": "mailto:kari@example.no"}]),
        ("mailto:Kari@example.no", [{"mbox": "mailto:Kari@example.no"}, {"mbox": "mailto:kari@example.no"}]),
        (SHA1, [{"mbox_sha1sum": SHA1}, {"mbox_sha1sum": SHA1.lower()}, {"mbox_sha1sum": SHA1.upper()}]),
        ("https://id.example.no/kari", [{"openid": "https://id.example.no/kari"}]),
        ("https://x.example.no | lege 7", [{"account": {"homePage": "https://x.example.no", "name": "lege 7"}}]),
        ("https://x.example.no 7", [{"account": {"homePage": "https://x.example.no", "name": "7"}}]),
        ("Kari Nordmann", []),
        ("Kari", []),
        ("", []),
    ],
)
def test_reads_identifiers_as_they_are_typed(text, agents):
    assert list(agents_named(text)) == agents


@given(st.text())
def test_finds_every_typed_agent_by_a_value(text):
    for agent in agents_named(text):
        assert value_of(agent).texts


@pytest.mark.parametrize(
    ("identifier", "agent"),
    [
        (Identifier(IdentifierKind.MBOX, "", "mailto:kari@example.no"), {"mbox": "mailto:kari@example.no"}),
        (Identifier(IdentifierKind.OPENID, "", "https://id.example.no"), {"openid": "https://id.example.no"}),
        (Identifier(IdentifierKind.MBOX_SHA1SUM, "", SHA1), {"mbox_sha1sum": SHA1}),
        (Identifier(IdentifierKind.ACCOUNT, "https://x.no", "7"), {"account": {"homePage": "https://x.no", "name": "7"}}),
        (Identifier(IdentifierKind.HPR_NUMBER, "", "7654321"), None),
    ],
)
def test_writes_an_identifier_as_the_agent_of_statements(identifier, agent):
    assert agent_of(identifier) == agent
    assert agent is None or identifier_in(agent).value.lower() == identifier.value.lower()


def test_names_everybody_whom_the_line_may_name():
    group = {"objectType": "Group", "member": [KARI, OLA]}
    assert list(agents_in(statement(actor=group))) == [KARI, OLA]
    assert list(agents_in(statement(actor=OLA, object=sub_statement()))) == [OLA, KARI]
    assert list(agents_in(statement(object=OLA | {"objectType": "Agent"}))) == [KARI, OLA | {"objectType": "Agent"}]
    assert list(agents_in(statement(actor={"objectType": "Group", "mbox": "mailto:g@example.no"}))) == []
    assert list(agents_in(statement(object={"id": COURSE}))) == [KARI]
    assert identifier_in(group) is None


# What became of it


def effect(**changes):
    return replace(Effect("Smittevern", "met", None, None, uuid4(), "signed", rests_on_it=True), **changes)


KNOWN = Consequence("a", UUID(int=1), "Kari", "b", UUID(int=2), "Smittevern", (effect(),))
NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("reason", "consequence", "fate"),
    [
        (Reason.VOIDING, None, Fate.VOIDING),
        (Reason.GROUP, None, Fate.NO_COMPLETION),
        (None, None, Fate.NOT_HANDED_ON),
        (None, replace(KNOWN, retracted_at=NOW), Fate.TAKEN_BACK),
        (None, replace(KNOWN, person_id=None), Fate.UNKNOWN_PERSON),
        (None, replace(KNOWN, course_id=None), Fate.UNKNOWN_COURSE),
        (None, replace(KNOWN, effects=()), Fate.UNMAPPED),
        (None, replace(KNOWN, effects=(effect(verdict="score_too_low"),)), Fate.NOT_ENOUGH),
        (None, replace(KNOWN, effects=(effect(state=None, record_id=None),)), Fate.NOT_IN_PLAN),
        (None, replace(KNOWN, effects=(effect(rests_on_it=False),)), Fate.COUNTS_OTHERWISE),
        (None, replace(KNOWN, effects=(effect(came_later=True),)), Fate.COUNTS_OTHERWISE),
        (None, replace(KNOWN, effects=(effect(state="sent"),)), Fate.COUNTS),
        (None, replace(KNOWN, effects=(effect(state="contested"),)), Fate.CONTESTED),
        (None, replace(KNOWN, effects=(effect(verdict=None),)), Fate.SIGNED),
        (None, replace(KNOWN, effects=(effect(verdict="not_passed"), effect())), Fate.SIGNED),
    ],
)
def test_tells_in_a_word_what_became_of_it(reason, consequence, fate):
    assert fate_of(reason, consequence) is fate
