"""Use cases of the statement browser: searching, and all that is known of one statement. Reading others' learning is audited."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import orjson

from lrs_bridge.db import Session, audit
from lrs_bridge.errors import NotFound
from lrs_bridge.people import service as people
from lrs_bridge.people.person import Person
from lrs_bridge.ports import Consequences, CourseDirectory, KnownCourse, Stage
from lrs_bridge.xapi.attachments import service as attachments
from lrs_bridge.xapi.attachments.report import SignatureReport, State
from lrs_bridge.xapi.browser import store
from lrs_bridge.xapi.browser.agents import agent_of, agents_in, agents_named, identifier_in, value_of
from lrs_bridge.xapi.browser.enclosures import Enclosure, enclosures_of, file_name, has_attachments
from lrs_bridge.xapi.browser.fate import fate_of
from lrs_bridge.xapi.browser.page import Content, Line, Reader, Results, StatementPage
from lrs_bridge.xapi.browser.search import Search, Value, criteria_of, from_the_newest
from lrs_bridge.xapi.browser.sentence import Sentence, sentence_of
from lrs_bridge.xapi.browser.store import Stored
from lrs_bridge.xapi.credentials import service as credentials
from lrs_bridge.xapi.credentials.credential import Credential
from lrs_bridge.xapi.model.formats import is_iri
from lrs_bridge.xapi.model.references import agent_key
from lrs_bridge.xapi.statements import sequence
from lrs_bridge.xapi.statements.explanation import explain
from lrs_bridge.xapi.statements.outcome import SOURCE
from lrs_bridge.xapi.statements.own.naming import source_name

PAGE_SIZE = 25
MOST_PERSONS = 5
MOST_COURSES = 5
ATTEMPT_SHOWN = 20
POINTING_SHOWN = 20


def search_statements(
    session: Session, tenant: str, search: Search, *, reader: Reader, consequences: Consequences, directory: CourseDirectory
) -> Results:
    """A page of statements, found along indexes; see ``store.MOST_LOOKED_AT`` for what no index answers."""
    sources = credentials.list_credentials(session, tenant)
    persons = _persons(session, tenant, search)
    courses = directory.find_courses(session, tenant, search.course, MOST_COURSES) if search.course else []
    if is_iri(search.course):
        courses = [course for course in courses if search.course in course.iris]
    agents = _agents(session, tenant, search, persons)
    iris = [search.course, *_iris(courses)] if is_iri(search.course) else _iris(courses)
    criteria = criteria_of(search, agents=agents, courses=iris if search.course else None)
    upwards = search.after is not None
    numbers = store.find_numbers(session, tenant, criteria, limit=PAGE_SIZE + 1, ascending=upwards)
    on_page = store.as_many_as_fit(session, tenant, numbers.found[:PAGE_SIZE], ascending=upwards)
    if upwards and on_page == numbers.found and numbers.stopped_at is None:  # the newest page, and not a full one
        newest = from_the_newest(search)
        return search_statements(session, tenant, newest, reader=reader, consequences=consequences, directory=directory)
    stored = [one for one in store.find_by_numbers(session, tenant, on_page) if criteria.are_met_by(one.payload)]
    before, after = _neighbours(search, numbers, on_page)
    return Results(
        lines=tuple(_lines(session, tenant, stored, sources=sources, reader=reader, consequences=consequences)),
        persons=tuple(persons),
        courses=tuple(courses),
        sources=tuple(sources),
        before=before,
        after=after,
        looked_until=None if numbers.stopped_at is None else sequence.stored_at(numbers.stopped_at),
    )


def _neighbours(search: Search, numbers: store.Numbers, found: Sequence[int]) -> tuple[int | None, int | None]:
    """Where the older and the newer page begin: at this one's last and first statement, or where the search broke off."""
    further = found[-1] if len(numbers.found) > len(found) else numbers.stopped_at
    if search.after is not None:
        return (found[0] if found else search.after + 1), further
    if search.before is None:
        return further, None
    return further, (found[0] if found else search.before - 1)


def _persons(session: Session, tenant: str, search: Search) -> list[Person]:
    if search.person_id is not None:
        return list(people.persons(session, tenant, [search.person_id]).values())
    return people.find_persons(session, tenant, search.person, limit=MOST_PERSONS) if search.person else []


def _agents(session: Session, tenant: str, search: Search, persons: Sequence[Person]) -> list[Value] | None:
    """What the statements of those persons are found by; what was typed may also be an identifier that is nobody's."""
    if not search.person and search.person_id is None:
        return None
    identifiers = store.find_identifiers(session, tenant, [person.person_id for person in persons]) if persons else []
    known = [agent for identifier in identifiers if (agent := agent_of(identifier)) is not None]
    typed = agents_named(search.person) if search.person_id is None else ()
    return [value_of(agent) for agent in [*known, *typed]]


def _iris(courses: Iterable[KnownCourse]) -> list[str]:
    return [iri for course in courses for iri in course.iris]


def _lines(
    session: Session,
    tenant: str,
    stored: Sequence[Stored],
    *,
    sources: Iterable[Credential],
    reader: Reader,
    consequences: Consequences,
) -> list[Line]:
    told = _tell(session, tenant, stored, reader)
    stages = consequences.stages(session, tenant, SOURCE, [str(one.statement_id) for one in stored])
    names = {credential.key: credential.name for credential in sources}
    return [_line(one, told[one.statement_id], names, stages.get(str(one.statement_id))) for one in stored]


def _line(one: Stored, sentence: Sentence, names: Mapping[str, str], stage: Stage | None = None) -> Line:
    return Line(
        statement_id=one.statement_id,
        seq=one.seq,
        sentence=sentence,
        stored_at=sequence.stored_at(one.seq),
        source=names.get(one.credential_key) or source_name(one.credential_key),
        voided=one.voided,
        stage=stage,
    )


def _tell(session: Session, tenant: str, stored: Sequence[Stored], reader: Reader) -> dict[UUID, Sentence]:
    """Each statement's line; persons go by the names under which they are known here."""
    values = {one.statement_id: orjson.loads(one.payload) for one in stored}
    targets = _targets(session, tenant, stored, values)
    names = _names(session, tenant, [*values.values(), *targets.values()])
    return {
        one.statement_id: sentence_of(
            values[one.statement_id],
            reader.language,
            names=names,
            target=targets.get(one.target_id) if one.target_id else None,
        )
        for one in stored
    }


def _targets(
    session: Session, tenant: str, stored: Sequence[Stored], known: Mapping[UUID, dict[str, Any]]
) -> dict[UUID, dict[str, Any]]:
    wanted = {one.target_id for one in stored if one.target_id}
    missing = wanted - known.keys()
    found = store.find_payloads(session, tenant, missing) if missing else {}
    return {i: known[i] for i in wanted & known.keys()} | {i: orjson.loads(payload) for i, payload in found.items()}


def _names(session: Session, tenant: str, values: Iterable[dict[str, Any]]) -> dict[str, str]:
    """The names of the persons whom the statements speak of, by agent key, as far as we know them."""
    keys = {agent_key(agent): identifier_in(agent) for value in values for agent in agents_in(value)}
    owners = people.resolve(session, tenant, {identifier for identifier in keys.values() if identifier is not None})
    persons = people.persons(session, tenant, set(owners.values())) if owners else {}
    return {
        key: persons[owners[identifier]].name
        for key, identifier in keys.items()
        if key is not None and identifier is not None and identifier in owners
    }


# One statement


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the page is put together with: the plan side's word, where attachments are, and by whom signatures are trusted."""

    consequences: Consequences
    data_dir: Path
    trust_file: Path | None
    now: datetime


def get_statement_page(
    session: Session, tenant: str, statement_id: UUID, *, reader: Reader, around: Surroundings
) -> StatementPage:
    """The page of one statement, voided or not. Raises NotFound."""
    one = get_stored(session, tenant, statement_id)
    value = orjson.loads(one.payload)
    attempt = _attempt(session, tenant, one)
    pointing = store.find_pointing_at(session, tenant, statement_id, POINTING_SHOWN)
    target = store.find_one(session, tenant, one.target_id) if one.target_id else None
    told = _tell(session, tenant, [one, *attempt, *pointing, *([target] if target else [])], reader)
    senders = {credential.key: credential for credential in credentials.list_credentials(session, tenant)}
    names = {key: credential.name for key, credential in senders.items()}
    lines = {each.statement_id: _line(each, told[each.statement_id], names) for each in [one, *attempt, *pointing]}
    consequence = around.consequences.of(session, tenant, SOURCE, [str(statement_id)]).get(str(statement_id))
    reason = explain(value)
    return StatementPage(
        line=lines[statement_id],
        value=value,
        pretty=msgspec.json.format(one.payload, indent=2),
        digest=one.digest.hex(),
        sender=senders.get(one.credential_key),
        sender_key=one.credential_key,
        person=_actor(session, tenant, value),
        reason=reason,
        consequence=consequence,
        fate=fate_of(reason, consequence),
        points_at=_line(target, told[target.statement_id], names) if target else None,
        pointing=tuple(lines[each.statement_id] for each in pointing),
        voiding=tuple(lines[each.statement_id] for each in pointing if each.voids),
        attempt=tuple(lines[each.statement_id] for each in attempt),
        enclosures=_enclosures(session, tenant, statement_id, value, reader.language),
        signature=_signature(session, tenant, statement_id, value, around),
    )


def get_stored(session: Session, tenant: str, statement_id: UUID) -> Stored:
    """The statement as it is stored. Raises NotFound."""
    found = store.find_one(session, tenant, statement_id)
    if found is None:
        raise NotFound("there is no such statement", field="statement_id")
    return found


def _attempt(session: Session, tenant: str, one: Stored) -> list[Stored]:
    """The statements around this one in its attempt; nothing when it stands alone."""
    if one.registration is None:
        return []
    found = store.find_attempt(session, tenant, one.registration, one.seq, ATTEMPT_SHOWN)
    return found if len(found) > 1 else []


def _enclosures(session: Session, tenant: str, statement_id: UUID, value: dict[str, Any], language: str) -> tuple[Enclosure, ...]:
    stored = {one.sha2 for one in attachments.of(session, tenant, [statement_id])} if has_attachments(value) else ()
    return enclosures_of(value, language, stored)


def _signature(
    session: Session, tenant: str, statement_id: UUID, value: dict[str, Any], around: Surroundings
) -> SignatureReport | None:
    if not has_attachments(value):
        return None
    trusted = attachments.trusted(around.trust_file)
    report = attachments.signature_report(
        session, tenant, statement_id, data_dir=around.data_dir, trusted=trusted, now=around.now
    )
    return None if report.state is State.UNSIGNED else report


def get_content(session: Session, tenant: str, statement_id: UUID, sha2: str, *, data_dir: Path) -> Content:
    """The content of one attachment. Raises NotFound, and Unavailable when its file is gone."""
    kept = next((one for one in attachments.of(session, tenant, [statement_id]) if one.sha2 == sha2), None)
    if kept is None:
        raise NotFound("there is no such attachment", field="sha2")
    return Content(attachments.pieces(data_dir, tenant, kept), kept.length, file_name(kept.sha2, kept.content_type))


def _actor(session: Session, tenant: str, value: dict[str, Any]) -> Person | None:
    identifier = identifier_in(value["actor"])
    owner = people.resolve(session, tenant, [identifier]).get(identifier) if identifier else None
    return people.persons(session, tenant, [owner]).get(owner) if owner else None


# The audit


def note_search(session: Session, tenant: str, search: Search, results: Results, *, reader: Reader, now: datetime) -> None:
    """Writes down what was searched for and which statements were shown, once for each person whom it was about."""
    detail = {"asked": search.parameters(), "shown": [str(line.statement_id) for line in results.lines]}
    subjects = [f"person:{person.person_id}" for person in results.persons] or ["statements"]
    actor = f"person:{reader.person_id}"
    audit.record(session, tenant, *(audit.AuditEvent(now, actor, "statements.search", subject, detail) for subject in subjects))


def note_reading(
    session: Session, tenant: str, statement_id: UUID, *, action: str, reader: Reader, now: datetime, sha2: str = ""
) -> None:
    """Writes down that somebody looked at a statement (``read``) or took it along (``download``), with ``sha2`` one of
    its attachments.
    """
    actor = f"person:{reader.person_id}"
    detail = {"attachment": sha2} if sha2 else {}
    audit.record(session, tenant, audit.AuditEvent(now, actor, f"statement.{action}", f"statement:{statement_id}", detail))
