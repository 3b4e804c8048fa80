"""Communication 2.1.3: what the filters can find a statement by."""

from uuid import UUID

from lrs_bridge.xapi.model import references
from lrs_bridge.xapi.model.references import ACTIVITY, AGENT, MEMBER, VERB, agent_key, agents_of, points, reference, references_of
from tests.support.statements import (
    COMPLETED,
    COURSE,
    KARI,
    OLA,
    OTHER_ID,
    REGISTRATION,
    SIRI,
    WARD,
    full_statement,
    full_statement_2,
    statement,
    sub_statement,
    voiding,
)

LMS = {"account": {"homePage": "https://lrs.example.no", "name": "demo.k"}}
GROUP = {"objectType": "Group", "member": [KARI, OLA]}


def agent(who):
    return reference("demo", AGENT, agent_key(who))


def member(who):
    return reference("demo", MEMBER, agent_key(who))


def activity(iri):
    return reference("demo", ACTIVITY, iri)


def refs(value):
    return references_of("demo", value, agents_of("demo", LMS))


def test_gives_signed_64_bits_and_others_in_another_tenant_when_a_value_is_referred_to():
    numbers = {reference(tenant, kind, COURSE) for tenant in ("demo", "other") for kind in (AGENT, MEMBER, ACTIVITY, VERB)}
    assert len(numbers) == 8
    assert all(-(2**63) <= number < 2**63 for number in numbers)


def test_refers_to_actor_verb_object_and_registration_when_they_are_there():
    found = refs(full_statement())
    assert (found.actor, found.verb, found.object) == (agent(KARI), reference("demo", VERB, COMPLETED), activity(COURSE))
    assert found.registration == UUID(REGISTRATION)
    assert (found.target, found.voids) == (None, False)


def test_relates_context_agents_activities_and_authority_when_they_are_there():
    kurs = "https://kurs.example.no/"
    expected = {agent(LMS), agent(OLA), activity(kurs + "program"), activity(kurs + "katalog"), activity(kurs + "annet")}
    assert set(refs(full_statement()).related) == expected


def test_relates_members_both_ways_when_the_actor_is_an_anonymous_group():
    found = refs(statement(actor=GROUP))
    assert found.actor is None
    assert set(found.related) == {agent(LMS), agent(KARI), agent(OLA), member(KARI), member(OLA)}


def test_refers_to_the_agent_when_the_object_is_one():
    found = refs(statement(object=OLA | {"objectType": "Agent"}))
    assert found.object == agent(OLA)
    assert set(found.related) == {agent(LMS)}


def test_relates_only_members_when_the_object_is_an_anonymous_group():
    found = refs(statement(object=GROUP))
    assert found.object is None
    assert set(found.related) == {agent(LMS), agent(OLA), member(KARI), member(OLA)}


def test_relates_what_a_sub_statement_refers_to_when_there_is_one():
    inner = sub_statement(actor=SIRI, context={"contextActivities": {"parent": {"id": "https://a.no/p"}}, "instructor": OLA})
    found = refs(statement(object=inner))
    assert found.object is None
    assert set(found.related) == {agent(LMS), agent(SIRI), agent(OLA), activity(COURSE), activity("https://a.no/p")}


def test_relates_the_object_of_a_sub_statement_when_that_is_an_agent_or_a_group():
    for who in (OLA | {"objectType": "Agent"}, GROUP | {"objectType": "Group"}):
        found = refs(statement(actor=SIRI, object=sub_statement(actor=SIRI, object=who)))
        assert set(found.related) == {agent(LMS), agent(OLA)} | ({agent(KARI)} if who.get("member") else set())


TEAM = {"mbox": "mailto:team@example.no"}


def test_relates_context_agents_and_groups_with_their_members_when_they_are_there():
    assert set(refs(full_statement_2()).related) - set(refs(full_statement()).related) == {agent(SIRI), agent(TEAM)}
    alone = refs(statement(actor=SIRI, context={"contextAgents": [{"objectType": "contextAgent", "agent": OLA}]}))
    assert set(alone.related) == {agent(LMS), agent(OLA)}
    only = refs(statement(actor=SIRI, context={"contextGroups": [{"objectType": "contextGroup", "group": WARD}]}))
    assert set(only.related) == {agent(LMS), agent(KARI)}


def test_relates_context_agents_and_groups_when_they_are_in_a_sub_statement():
    found = refs(statement(actor=TEAM, object=sub_statement(context=full_statement_2()["context"])))
    assert {agent(SIRI), agent(OLA), agent(KARI)} <= set(found.related)


def test_gives_the_same_number_for_a_value_whether_or_not_it_is_short_enough_to_be_remembered():
    for value in ("a" * 300, "a" * 301):
        assert reference("demo", VERB, value) == references._number("demo", VERB, value)


def test_has_a_target_when_the_object_is_a_reference():
    pointing = refs(statement(object={"objectType": "StatementRef", "id": OTHER_ID}))
    assert (pointing.target, pointing.voids, pointing.object) == (UUID(OTHER_ID), False, None)
    assert refs(voiding(OTHER_ID)).voids
    assert points(voiding(OTHER_ID))
    assert not points(full_statement())


def test_has_no_key_when_an_agent_is_anonymous():
    assert agent_key(GROUP) is None
    assert {agent_key(who) for who in (KARI, OLA, SIRI, {"mbox_sha1sum": "0" * 40})} == {
        "mbox mailto:kari@example.no",
        "account https://idp.example.no hpr-7654321",
        "openid https://id.example.no/siri",
        "mbox_sha1sum " + "0" * 40,
    }
