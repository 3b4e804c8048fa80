"""Documents stored, merged, found and deleted; activities and persons as the LRS knows them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lrs_bridge.db import Session
from lrs_bridge.errors import NotFound, TooLarge
from lrs_bridge.identity import Identifier, identifier_of
from lrs_bridge.people import service as people
from lrs_bridge.xapi.credentials import service as credentials
from lrs_bridge.xapi.credentials.credential import Credential
from lrs_bridge.xapi.documents import access, store
from lrs_bridge.xapi.documents.conditions import Condition, tag_of
from lrs_bridge.xapi.documents.definition import activity_of, combined
from lrs_bridge.xapi.documents.key import Context, DocumentKey
from lrs_bridge.xapi.documents.merge import check_object, check_types, is_json, merge
from lrs_bridge.xapi.documents.person import ifi_of, name_of, person_object
from lrs_bridge.xapi.documents.store import Document
from lrs_bridge.xapi.model.references import agent_key

__all__ = ["Document", "Ids"]

MAX_STATEMENTS = 100
"""How many statements at each end of time are asked for what they say of an activity or an agent."""


@dataclass(frozen=True, slots=True)
class Ids:
    """Document ids, each once, the latest changed first; ``updated_at`` is when that was, None when there are none."""

    ids: tuple[str, ...]
    updated_at: datetime | None


# Documents


def put_document(
    session: Session, key: DocumentKey, content: bytes, content_type: str, *, now: datetime, condition: Condition
) -> Document:
    """Stores the document in the place of what was there; of two who expect the same, one wins.

    Raises PreconditionFailed when the condition does not hold, Conflict or Invalid when it lacks one that it needs.
    """
    stored = _to_change(session, key)
    condition.check_put(None if stored is None else stored.tag)
    return _save(session, key, Document(content, content_type, tag_of(content), _after(stored, now)))


def post_document(
    session: Session, key: DocumentKey, content: bytes, content_type: str, *, now: datetime, condition: Condition, max_bytes: int
) -> Document:
    """Merges a JSON object into the stored one, or stores what is posted where nothing was.

    Raises PreconditionFailed when the condition does not hold, Invalid unless both are JSON objects, and TooLarge when they make
    one of more than ``max_bytes``.
    """
    stored = _to_change(session, key)
    condition.check(None if stored is None else stored.tag)
    if stored is not None:
        check_types(stored.content_type, content_type)
        content = merge(stored.content, content)
    elif is_json(content_type):
        check_object(content)
    if len(content) > max_bytes:
        raise TooLarge(f"a document has at most {max_bytes} bytes", field="body")
    return _save(session, key, Document(content, content_type, tag_of(content), _after(stored, now)))


def get_document(session: Session, key: DocumentKey) -> Document:
    """The document. Raises NotFound when there is none."""
    found = store.find_document(session, key)
    if found is None:
        name = key.context.kind.id_name
        raise NotFound("there is no such document", field=name, rule=key.context.kind.rule)
    return found


def delete_document(session: Session, key: DocumentKey, condition: Condition) -> None:
    """Deletes the document, if it is there. Raises PreconditionFailed when the condition does not hold."""
    stored = _to_change(session, key)
    condition.check(None if stored is None else stored.tag)
    store.remove_document(session, key)


def find_ids(session: Session, context: Context, since: datetime | None = None) -> Ids:
    """The ids of the context's documents, of those that changed after ``since`` if given."""
    found = store.find_ids(session, context, since)
    return Ids(tuple(dict.fromkeys(one for one, _ in found)), found[0][1] if found else None)


def delete_documents(session: Session, context: Context) -> int:
    """Deletes all documents of the context, without a registration those of every registration; how many there were."""
    return store.remove_documents(session, context)


def count_documents_of_agent(session: Session, tenant: str, agent_keys: Collection[str]) -> int:
    """How many documents would be deleted by ``delete_documents_of_agent``."""
    return len(store.find_of_agents(session, tenant, agent_keys))


def delete_documents_of_agent(session: Session, tenant: str, agent_keys: Collection[str]) -> int:
    """Erases every state and agent profile of these agents (references.agent_key); how many there were.

    The case of mailboxes makes no difference, so that one person's documents go together.
    """
    digests = store.find_of_agents(session, tenant, agent_keys)
    store.remove_by_digest(session, tenant, digests)
    return len(digests)


def _to_change(session: Session, key: DocumentKey) -> Document | None:
    store.lock_document(session, key)
    return store.find_document(session, key, to_change=True)


def _save(session: Session, key: DocumentKey, new: Document) -> Document:
    store.save_document(session, key, new)
    return new


def _after(stored: Document | None, now: datetime) -> datetime:
    """A clock that was set back hides no change."""
    return now if stored is None else max(now, stored.updated_at)


# Activities and persons


def activity(session: Session, credential: Credential, activity_id: str) -> dict[str, Any]:
    """The Activity with all that keys which may define have said of it. Raises Forbidden for a key that may not read."""
    access.require_reader(credential)
    values = store.statements_about(
        session, credential.tenant, activity_id, _definers(session, credential.tenant), MAX_STATEMENTS
    )
    definitions = (activity_of(value, activity_id) for value in values)
    return combined(activity_id, (definition for definition in definitions if definition))


def person(session: Session, credential: Credential, agent: dict[str, Any]) -> dict[str, Any]:
    """The Person behind a valid Agent. Raises Forbidden for a key that may not read.

    Names come from statements that the key may read. Other identifiers of the same person are told to keys that may read
    everything, and to nobody else.
    """
    access.require_reader(credential)
    linked = _linked(session, credential.tenant, agent) if access.reads_links(credential) else []
    return person_object(agent, _names(session, credential, agent), linked)


def _definers(session: Session, tenant: str) -> list[str]:
    return [one.key for one in credentials.list_credentials(session, tenant) if access.defines(one)]


def _names(session: Session, credential: Credential, agent: dict[str, Any]) -> list[str]:
    key, writers = str(agent_key(agent)), _definers(session, credential.tenant)
    if not access.reads_all_statements(credential):
        writers = [writer for writer in writers if writer == credential.key]
    values = store.statements_by(session, credential.tenant, key, writers, MAX_STATEMENTS)
    return [name for name in (name_of(value, key) for value in values) if name is not None]


def _linked(session: Session, tenant: str, agent: dict[str, Any]) -> Sequence[Identifier]:
    own = identifier_of(ifi_of(agent))
    owner = people.resolve(session, tenant, [own]).get(own)
    return [] if owner is None else people.identifiers_of(session, tenant, owner)
