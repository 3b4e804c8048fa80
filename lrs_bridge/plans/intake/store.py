"""Who and what completions are about, in one query: the busiest of the plan side."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import String, bindparam, cast, null, select, union_all

from lrs_bridge.db import AnyOf, Prepared, Session, as_uuid
from lrs_bridge.identity import Identifier, IdentifierKind
from lrs_bridge.people.person import known_as
from lrs_bridge.people.tables import person_identifier
from lrs_bridge.plans.claim import course_key
from lrs_bridge.plans.tables import course_alias


def recognise(
    session: Session, tenant: str, learners: Collection[Identifier], iris: Collection[str]
) -> tuple[dict[Identifier, UUID], dict[str, UUID]]:
    """The person of each learner and the course of each IRI, for those that are known."""
    asked = {learner: known_as(learner) for learner in learners}
    keys = {course_key(iri): iri for iri in iris}
    parts = {name: list({str(getattr(learner, name)) for learner in asked.values()}) for name in ("kind", "issuer", "value")}
    owners: dict[Identifier, UUID] = {}
    courses: dict[str, UUID] = {}
    for kind, issuer, value, found in _KNOWN.all(session, {"tenant": tenant, "keys": list(keys), **parts}):
        if kind is None:
            courses[keys[value]] = as_uuid(found)
        else:
            owners[Identifier(IdentifierKind(kind), issuer, value)] = as_uuid(found)
    return {learner: owners[known] for learner, known in asked.items() if known in owners}, courses


_TENANT = bindparam("tenant", type_=String)
_NO_TEXT = cast(null(), String)
_KNOWN = Prepared(
    union_all(
        select(
            person_identifier.c.kind, person_identifier.c.issuer, person_identifier.c.value, person_identifier.c.person_id
        ).where(
            person_identifier.c.tenant_id == _TENANT,
            *(AnyOf(person_identifier.c[name], name) for name in ("kind", "issuer", "value")),
        ),
        select(_NO_TEXT, _NO_TEXT, course_alias.c.course_key, course_alias.c.course_id).where(
            course_alias.c.tenant_id == _TENANT, AnyOf(course_alias.c.course_key, "keys")
        ),
    )
)
