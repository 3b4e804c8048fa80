"""The work list and the course register: what waits, and what making the link does."""

import hashlib
from uuid import UUID, uuid4

import pytest

from lrs_bridge.db import audit
from lrs_bridge.errors import Conflict, Forbidden, Invalid, NotFound
from lrs_bridge.identity import Account, MboxSha1Sum
from lrs_bridge.plans.courses import service as courses
from lrs_bridge.plans.courses.service import Editor
from lrs_bridge.plans.intake.service import Applied
from lrs_bridge.plans.launchables.service import PlanLaunchables
from lrs_bridge.plans.mapping import Alias, Course, Policy, Terms
from lrs_bridge.plans.record import State
from lrs_bridge.plans.worklist import service as worklist
from lrs_bridge.plans.worklist.entry import Topic
from lrs_bridge.plans.worklist.service import NewCourse
from tests.support.plans import DRUGS_IRI, HYGIENE_IRI, SIGNER, open_ward

PLACED = PlanLaunchables()
MOODLE = Account("https://ks.example.no", "48213")
MOODLE_COURSE = "https://ks.example.no/course/view.php?id=9"


@pytest.fixture
def ward(engine):
    return open_ward(engine)


def entries(ward, topic, **how):
    return ward.do(lambda s: worklist.work_list(s, ward.tenant, topic, **how)).entries


def waiting(ward, topic, key):
    return ward.do(lambda s: worklist.get_waiting(s, ward.tenant, topic, key))


def link_person(ward, key, person):
    editor = ward.editor()
    return ward.do(lambda s: worklist.link_person(s, ward.tenant, key, person, editor=editor, launchables=PLACED))


def register(ward, key, **changes):
    new = NewCourse(**({"title": "Nytt kurs", "version": "1", "owner_id": ward.owner} | changes))
    editor = ward.editor()
    return ward.do(lambda s: worklist.register_course(s, ward.tenant, key, new=new, editor=editor))


def test_groups_unknown_persons_with_what_is_known_of_them(ward):
    ward.reports(who=MOODLE, name="Kari Nordmann")
    ward.reports(DRUGS_IRI, who=MOODLE, name="Kari Nordmann", success=True)
    (entry,) = entries(ward, Topic.PERSON)
    assert (entry.subject, entry.title, entry.count, entry.sources) == ("48213", "Kari Nordmann", 2, ("Læringsportalen",))
    assert entry.first_at < entry.last_at
    found = waiting(ward, Topic.PERSON, entry.key)
    assert found.learner.issuer == "https://ks.example.no"
    assert len(found.claims) == 2


def test_applies_everything_that_waited_when_a_person_is_linked(ward):
    ward.reports(who=MOODLE)
    ward.reports(DRUGS_IRI, who=MOODLE, success=True, score=0.9)
    (entry,) = entries(ward, Topic.PERSON)
    assert link_person(ward, entry.key, ward.ola) == Applied(2, 2)
    assert ward.record(ward.hygiene, person=ward.ola).state is State.SIGNED
    assert ward.record(ward.drugs, person=ward.ola).state is State.SENT
    assert entries(ward, Topic.PERSON) == ()
    ward.reports(who=MOODLE)
    assert entries(ward, Topic.PERSON) == ()


def test_refuses_to_let_an_administrator_become_who_waits(ward):
    ward.reports(who=MOODLE)
    (entry,) = entries(ward, Topic.PERSON)
    with pytest.raises(Forbidden) as told:
        link_person(ward, entry.key, ward.admin)
    assert told.value.field == "person_id"
    assert entries(ward, Topic.PERSON) == (entry,)


@pytest.mark.parametrize("topic", Topic)
@pytest.mark.parametrize("key", ["rubbish", "\0", "0" * 64, "00000000-0000-4000-8000-00000000000a"])
def test_finds_nothing_under_a_key_that_is_none(ward, topic, key):
    editor = ward.editor()
    for act in (
        lambda s: worklist.get_waiting(s, ward.tenant, topic, key),
        lambda s: worklist.put_aside(s, ward.tenant, topic, key, editor=editor),
        lambda s: worklist.take_back(s, ward.tenant, topic, key, editor=editor),
    ):
        with pytest.raises(NotFound):
            ward.do(act)


def test_makes_a_new_version_when_only_the_sources_differ(ward):
    for sources in ((), ("KS Læring",), ("KS Læring",)):
        ward.map(ward.hygiene_course, ward.hygiene, sources=sources)
    page = ward.do(lambda s: courses.course_page(s, ward.tenant, ward.hygiene_course))
    assert [(line.mapping.version, line.mapping.sources) for line in page.mappings] == [(2, ("KS Læring",)), (1, ())]


def test_applies_what_waited_under_the_digest_of_a_linked_mailbox(ward):
    digest = hashlib.sha1(b"mailto:ola@work.example.no", usedforsecurity=False).hexdigest()
    ward.reports(who=MboxSha1Sum(digest))
    ward.reports(DRUGS_IRI, who="mailto:Ola@work.example.no")
    mailbox = next(e for e in entries(ward, Topic.PERSON) if e.subject.startswith("mailto:"))
    assert link_person(ward, mailbox.key, ward.ola).completions == 2
    assert ward.record(ward.hygiene, person=ward.ola).state is State.SIGNED


def test_finds_nothing_to_link_a_second_time(ward):
    ward.reports(who=MOODLE)
    (entry,) = entries(ward, Topic.PERSON)
    link_person(ward, entry.key, ward.ola)
    with pytest.raises(NotFound):
        link_person(ward, entry.key, ward.kari)


def test_suggests_persons_by_claimed_name_and_by_words(ward):
    ward.reports(who=MOODLE, name="K. Nordmann")
    (entry,) = entries(ward, Topic.PERSON)
    found = waiting(ward, Topic.PERSON, entry.key)
    suggest = lambda words: ward.do(lambda s: worklist.suggest_persons(s, ward.tenant, found, words))  # noqa: E731
    assert [p.name for p in suggest("")] == ["Kari Nordmann"]
    assert [p.name for p in suggest("Sigrid")] == ["Sigrid Berg"]


def test_applies_everything_that_waited_when_an_address_is_linked(ward):
    ward.reports(MOODLE_COURSE)
    ward.reports(MOODLE_COURSE, who="mailto:unknown@example.no")
    (entry,) = entries(ward, Topic.COURSE)
    assert (entry.subject, entry.title, entry.count) == (MOODLE_COURSE, "Et kurs", 2)
    editor = ward.editor()
    applied = ward.do(lambda s: worklist.link_course(s, ward.tenant, entry.key, ward.hygiene_course, editor=editor))
    assert applied == Applied(2, 1)
    assert ward.record(ward.hygiene).state is State.SIGNED
    page = ward.do(lambda s: courses.course_page(s, ward.tenant, ward.hygiene_course))
    assert [a.iri for a in page.aliases] == [HYGIENE_IRI, MOODLE_COURSE]


def test_registers_and_maps_an_unknown_course_at_once(ward):
    ward.reports(MOODLE_COURSE)
    (entry,) = entries(ward, Topic.COURSE)
    assert register(ward, entry.key, activity_id=ward.hygiene, terms=Terms(Policy.AUTO)) == Applied(1, 1)
    assert ward.record(ward.hygiene).course.title == "Nytt kurs"


def test_lists_a_course_without_an_activity_until_it_is_mapped(ward):
    ward.reports(MOODLE_COURSE)
    (entry,) = entries(ward, Topic.COURSE)
    assert register(ward, entry.key) == Applied(1, 0)
    (unmapped,) = entries(ward, Topic.MAPPING)
    assert unmapped.title == "Nytt kurs"
    assert len(waiting(ward, Topic.MAPPING, unmapped.key).claims) == 1
    course = ward.do(lambda s: courses.find_course(s, ward.tenant, MOODLE_COURSE))
    assert ward.map(course.course_id, ward.hygiene) == Applied(1, 1)
    assert entries(ward, Topic.MAPPING) == ()


@pytest.mark.parametrize(
    ("changes", "field"), [({"title": " "}, "title"), ({"version": ""}, "version"), ({"owner_id": UUID(int=7)}, "person_id")]
)
def test_names_the_field_when_a_new_course_is_wrong(ward, changes, field):
    ward.reports(MOODLE_COURSE)
    (entry,) = entries(ward, Topic.COURSE)
    with pytest.raises((Invalid, NotFound)) as told:
        register(ward, entry.key, **changes)
    assert told.value.field == field
    assert len(entries(ward, Topic.COURSE)) == 1


def test_sets_aside_and_takes_back(ward):
    ward.reports(MOODLE_COURSE)
    (entry,) = entries(ward, Topic.COURSE)
    editor = ward.editor()
    ward.do(lambda s: worklist.put_aside(s, ward.tenant, Topic.COURSE, entry.key, editor=editor))
    assert entries(ward, Topic.COURSE) == ()
    assert entries(ward, Topic.COURSE, aside=True) == (entry,)
    assert waiting(ward, Topic.COURSE, entry.key).is_aside
    counts = ward.do(lambda s: worklist.counts(s, ward.tenant))
    assert (counts.person, counts.course, counts.mapping, counts.aside) == (0, 0, 0, 1)
    ward.do(lambda s: worklist.take_back(s, ward.tenant, Topic.COURSE, entry.key, editor=editor))
    assert entries(ward, Topic.COURSE) == (entry,)
    with pytest.raises(NotFound):
        ward.do(lambda s: worklist.take_back(s, ward.tenant, Topic.COURSE, entry.key, editor=editor))


def test_leaves_out_what_was_voided(ward):
    ward.voids(ward.reports(MOODLE_COURSE))
    assert entries(ward, Topic.COURSE) == ()


def test_turns_pages_and_stops_at_the_last(ward):
    ward.receive(*(ward.completion(f"https://x.example.no/{n}") for n in range(30)))
    first = ward.do(lambda s: worklist.work_list(s, ward.tenant, Topic.COURSE))
    last = ward.do(lambda s: worklist.work_list(s, ward.tenant, Topic.COURSE, page=99))
    assert (len(first.entries), first.pages, len(last.entries), last.number) == (25, 2, 5, 2)
    assert not {e.key for e in first.entries} & {e.key for e in last.entries}


def test_keeps_work_lists_of_tenants_apart(engine, ward):
    other = open_ward(engine, "other")
    other.reports(MOODLE_COURSE, who=MOODLE)
    (entry,) = entries(other, Topic.PERSON)
    assert entries(ward, Topic.PERSON) == ()
    with pytest.raises(NotFound):
        link_person(ward, entry.key, ward.kari)


def test_is_for_administrators_only(ward):
    ward.reports(MOODLE_COURSE, who=MOODLE)
    (entry,) = entries(ward, Topic.PERSON)
    sigrid = Editor(ward.sigrid, SIGNER, ward.now())
    with pytest.raises(Forbidden):
        ward.do(lambda s: worklist.link_person(s, ward.tenant, entry.key, ward.kari, editor=sigrid, launchables=PLACED))
    with pytest.raises(Forbidden):
        ward.do(lambda s: courses.add_alias(s, ward.tenant, ward.hygiene_course, Alias("urn:x:1", ""), editor=sigrid))


def test_audits_every_link(ward):
    ward.reports(who=MOODLE)
    (entry,) = entries(ward, Topic.PERSON)
    link_person(ward, entry.key, ward.ola)
    actions = {e.action: e for e in ward.do(lambda s: audit.find(s, ward.tenant, subject=f"person:{ward.ola}"))}
    assert actions["work_list.link_person"].actor == f"person:{ward.admin}"
    assert actions["work_list.link_person"].detail["applied"] == 1


# The register


def test_refuses_an_address_of_another_course(ward):
    with pytest.raises(Conflict) as told:
        ward.alias(ward.drugs_course, HYGIENE_IRI)
    assert told.value.field == "iri"


def test_makes_a_new_version_when_a_mapping_changes(ward):
    ward.map(ward.hygiene_course, ward.hygiene, validity_months=12)
    page = ward.do(lambda s: courses.course_page(s, ward.tenant, ward.hygiene_course))
    assert [(line.mapping.version, line.retired_at is None) for line in page.mappings] == [(2, True), (1, False)]
    assert ward.map(ward.hygiene_course, ward.hygiene, validity_months=12) == Applied(0, 0)


def test_keeps_what_was_completed_under_an_earlier_version(ward):
    ward.reports(DRUGS_IRI, success=True, score=0.9)
    ward.map(ward.drugs_course, ward.drugs, Policy.SUPERVISOR, minimum_score=0.95)
    ward.reports(DRUGS_IRI, success=True, score=0.91)
    record = ward.record(ward.drugs)
    assert (record.state, record.mapping.version) == (State.SENT, 1)


def test_stops_completing_when_a_mapping_ends(ward):
    editor = ward.editor()
    end = lambda s: courses.unmap_course(s, ward.tenant, ward.hygiene_course, ward.hygiene, editor=editor)  # noqa: E731
    ward.do(end)
    ward.reports()
    assert ward.record(ward.hygiene).state is State.PLANNED
    with pytest.raises(NotFound):
        ward.do(end)


def test_refuses_to_map_what_is_not_there(ward):
    with pytest.raises(NotFound):
        ward.map(uuid4(), ward.hygiene)
    with pytest.raises(NotFound):
        ward.map(ward.hygiene_course, uuid4())


def test_finds_courses_by_title_and_by_address(ward):
    search = lambda words: [c.title for c in ward.do(lambda s: courses.search_courses(s, ward.tenant, words, limit=9))]  # noqa: E731
    assert search("smitte") == ["Smittevern"]
    assert search("kurs.example.no/leg") == ["Legemidler"]
    assert search("100%") == []
    lines = ward.do(lambda s: courses.course_lines(s, ward.tenant, courses.search_courses(s, ward.tenant, limit=9)))
    assert [(line.course.title, line.known_to, len(line.activities)) for line in lines] == [
        ("Legemidler", ("Læringsportalen",), 1),
        ("Smittevern", ("Læringsportalen",), 1),
    ]
    assert ward.do(lambda s: courses.find_course(s, ward.tenant, "urn:x:nothing")) is None


def test_suggests_courses_and_owners(ward):
    ward.reports(MOODLE_COURSE)
    (entry,) = entries(ward, Topic.COURSE)
    found = waiting(ward, Topic.COURSE, entry.key)
    every = ward.do(lambda s: worklist.suggest_courses(s, ward.tenant, found, limit=9))
    assert [c.title for c in every] == ["Legemidler", "Smittevern"]
    assert [c.title for c in ward.do(lambda s: worklist.suggest_courses(s, ward.tenant, found, "smitte", limit=9))] == [
        "Smittevern"
    ]
    owners = ward.do(lambda s: worklist.suggest_owners(s, ward.tenant, ward.admin, "Sigrid"))
    assert [p.name for p in owners] == ["Sigrid Berg", "Eva Eier", "Arne Admin"]


def test_lists_a_registered_course_under_its_own_address(ward):
    course = Course(uuid4(), "https://new.example.no/1", "Ny", "1", ward.owner)
    editor = ward.editor()
    ward.reports("https://new.example.no/1")
    applied = ward.do(lambda s: courses.add_course(s, ward.tenant, course, known_to="", editor=editor))
    assert applied == Applied(1, 0)
