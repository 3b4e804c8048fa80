import json
from datetime import UTC, datetime
from importlib import resources
from uuid import UUID

import pytest

from lrs_bridge.demo.story import Report, Voiding, id_of, parse_story, statement_of, times, voiding_of
from lrs_bridge.errors import Invalid
from lrs_bridge.plans.mapping import Policy, Requirement, Terms
from lrs_bridge.xapi.model.statement import parse_statements

NOW = datetime(2026, 11, 23, 2, 28, tzinfo=UTC)
TEXT = resources.files("lrs_bridge.demo").joinpath("content.toml").read_text(encoding="utf-8")
STORY = parse_story(TEXT)


def test_refuses_what_is_misspelt():
    with pytest.raises(Invalid):
        parse_story(TEXT.replace("[people]", "[persons]"))


def test_names_only_what_is_there():
    people, activities, objectives = set(STORY.people), set(STORY.activities), {o.key for o in STORY.objectives}
    assert {a for o in STORY.objectives for a in o.activities} == activities
    assert {o for p in STORY.plans for o in p.objectives} == objectives
    assert {r for p in STORY.plans for r in p.residents} == set(STORY.relations) <= people
    assert {c.completes.activity for c in STORY.courses.values() if c.completes} <= activities
    assert {f for roles in STORY.relations.values() for followers in roles.values() for f in followers} <= people


def test_has_all_three_modes_both_policies_and_enough_of_everything():
    assert {a.mode for a in STORY.activities.values()} == {"70", "20", "10"}
    assert {c.completes.policy for c in STORY.courses.values() if c.completes} == set(Policy)
    assert len(STORY.objectives) >= 8
    assert len(STORY.activities) >= 25
    assert len(STORY.relations) >= 4


def test_marks_the_texts_of_objectives_as_examples():
    assert all(o.title.startswith("Eksempeltekst: ") for o in STORY.objectives)


def test_tells_the_history_in_order_and_in_the_past():
    timed = [at for at, _ in times(STORY, NOW)]
    assert timed == sorted(timed)
    assert len(set(timed)) == len(timed)
    assert timed[-1] < NOW


def test_leaves_the_live_course_to_be_completed():
    assert STORY.course("smittevern") == ("https://kursbygger.example.no/kurs/smittevern", "Smittevern")
    assert not [s for s in STORY.history if s.reports and s.reports.about == "kari" and s.reports.course == "smittevern"]
    assert STORY.mailbox("kari") == "kari.nordmann@fjordvik.example.no"


def test_reads_the_terms_of_a_mapping():
    terms = STORY.courses["legemidler"].completes.terms
    assert terms == Terms(Policy.SUPERVISOR, Requirement.PASSED, 0.8, None)


def test_gives_the_same_ids_every_time():
    assert id_of("person", "kari") == id_of("person", "kari") != id_of("person", "amir")
    assert isinstance(id_of("person", "kari"), UUID)


@pytest.mark.parametrize("step", [s for s in STORY.history if s.reports], ids=lambda s: s.reports.key)
def test_sends_statements_that_the_lrs_takes(step):
    (parsed,) = parse_statements(statement_of(STORY, step.reports, NOW), max_bytes=10_000)
    assert parsed is not None


def test_sends_voidings_that_the_lrs_takes():
    body = voiding_of(Voiding(key="kari-brannvern", by="KS Læring"), NOW)
    assert parse_statements(body, max_bytes=10_000)
    assert json.loads(body)["object"]["id"] == str(id_of("statement", "kari-brannvern"))


@pytest.mark.parametrize(
    ("who", "actor"),
    [
        ({"about": "amir"}, {"name": "Amir Haddad", "mbox": "mailto:amir.haddad@fjordvik.example.no"}),
        ({"mailbox": "p@x.example.no", "name": "Per"}, {"name": "Per", "mbox": "mailto:p@x.example.no"}),
        ({"account": "1", "name": "P"}, {"name": "P", "account": {"homePage": "https://ks-laering.example.no", "name": "1"}}),
    ],
)
def test_speaks_of_people_as_their_system_does(who, actor):
    report = Report(key="k", by="KS Læring", course="hlr", verb="completed", **who)
    statement = json.loads(statement_of(STORY, report, NOW))
    assert statement["actor"] == actor
    assert statement["result"] == {"completion": True}


def test_sends_the_address_that_the_reporting_system_uses():
    report = Report(key="k", by="KS Læring", course="hlr", verb="passed", about="kari", address="urn:x:1", score=0.5)
    statement = json.loads(statement_of(STORY, report, NOW))
    assert statement["object"]["id"] == "urn:x:1"
    assert statement["result"] == {"success": True, "score": {"scaled": 0.5}}


def test_names_every_source_once():
    assert STORY.sources() == ("KS Læring", "Kursbyggeren", "Læringsportalen")
