"""The resources activities/state, activities/profile, agents/profile, activities and agents.

Source: xAPI 1.0.3, Communication 2.2 to 2.7 and 3.1; IEEE 9274.1.1 (xAPI 2.0) 4.1.4 and 4.1.6.2 to 4.1.6.6.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import format_datetime
from functools import partial
from http import HTTPStatus
from typing import Any

import orjson

from lrs_bridge.db import read, transact
from lrs_bridge.errors import Invalid, UnsupportedMedia
from lrs_bridge.ports import DocumentUse
from lrs_bridge.web.parts import parts
from lrs_bridge.xapi.credentials.credential import Credential, Scope
from lrs_bridge.xapi.documents import service
from lrs_bridge.xapi.documents.conditions import IF_MATCH, Condition, blind_put, parse_condition, quoted, tag_of
from lrs_bridge.xapi.documents.key import (
    ACTIVITY_ID,
    AGENT_PARAMETER,
    SINCE,
    Context,
    Kind,
    get_id,
    parse_activity_id,
    parse_agent,
    parse_context,
    parse_id,
    parse_since,
)
from lrs_bridge.xapi.exchange import NO_CONTENT, Answer, Call
from lrs_bridge.xapi.model.formats import is_media_type
from lrs_bridge.xapi.model.references import agent_key

UNTYPED = "application/octet-stream"
SAFE = {"Content-Security-Policy": "default-src 'none'; sandbox"}
"""A document is somebody else's content on our address: if a browser shows it, nothing in it runs."""

Method = Callable[[Call, Credential], Answer]


def put_document(kind: Kind, call: Call, credential: Credential) -> Answer:
    """Stores the document in the place of what was there."""
    context, condition = _asked(kind, call, credential, write=True)
    key, content, content_type = context.key(get_id(call.parameters, kind)), call.read(), _content_type(call)
    wired = parts()
    _check(credential, call, context, key.id, content=content, content_type=content_type)
    transact(
        wired.engine,
        lambda session: service.put_document(session, key, content, content_type, now=wired.clock(), condition=condition),
    )
    return NO_CONTENT


def post_document(kind: Kind, call: Call, credential: Credential) -> Answer:
    """Merges a JSON object into the stored one, or stores the document where nothing was."""
    context, condition = _asked(kind, call, credential, write=True)
    key, content, content_type = context.key(get_id(call.parameters, kind)), call.read(), _content_type(call)
    wired = parts()
    _check(credential, call, context, key.id, content=content, content_type=content_type)
    limit = wired.settings.max_body_bytes
    transact(
        wired.engine,
        lambda session: service.post_document(
            session, key, content, content_type, now=wired.clock(), condition=condition, max_bytes=limit
        ),
    )
    return NO_CONTENT


def get_documents(kind: Kind, call: Call, credential: Credential) -> Answer:
    """One document by its id, or the ids of those that are there."""
    context, condition = _asked(kind, call, credential, write=False)
    single, since = parse_id(call.parameters, kind), parse_since(call.parameters, kind)
    _check(credential, call, context, single)
    if single is not None:
        return _one(context, single, condition)
    found = read(parts().engine, lambda session: service.find_ids(session, context, since))
    return _tagged(orjson.dumps(found.ids), condition, found.updated_at)


def delete_documents(kind: Kind, call: Call, credential: Credential) -> Answer:
    """Deletes one document, or all states of an agent in an activity."""
    context, condition = _asked(kind, call, credential, write=True)
    single = parse_id(call.parameters, kind) if kind is Kind.STATE else get_id(call.parameters, kind)
    _check(credential, call, context, single)
    if single is not None:
        transact(parts().engine, lambda session: service.delete_document(session, context.key(single), condition))
    elif condition.if_match or condition.if_none_match:
        raise Invalid(f"a tag is of one document; {kind.id_name} must say which", field=IF_MATCH, rule=kind.rule)
    else:
        transact(parts().engine, lambda session: service.delete_documents(session, context))
    return NO_CONTENT


def get_activity(call: Call, credential: Credential) -> Answer:
    """Communication 2.5: the Activity with everything that is known of it."""
    rule = "xAPI 1.0.3 Communication 2.5"
    call.require_known((ACTIVITY_ID,))
    activity_id = parse_activity_id(_required(call, ACTIVITY_ID, rule), rule)
    found = read(parts().engine, lambda session: service.activity(session, credential, activity_id))
    return _tagged(orjson.dumps(found), parse_condition(call.headers))


def get_person(call: Call, credential: Credential) -> Answer:
    """Communication 2.4: the Person behind an Agent."""
    rule = "xAPI 1.0.3 Communication 2.4"
    call.require_known((AGENT_PARAMETER,))
    agent = parse_agent(_required(call, AGENT_PARAMETER, rule), rule, groups=False)
    launched = credential.launched
    if launched is not None:
        read(parts().engine, lambda session: launched.sessions.check_agent(session, launched, agent_key(agent)))
    found: dict[str, Any] = read(parts().engine, lambda session: service.person(session, credential, agent))
    return _tagged(orjson.dumps(found), parse_condition(call.headers))


def _methods(kind: Kind) -> Mapping[str, Method]:
    get = partial(get_documents, kind)
    return {
        "PUT": partial(put_document, kind),
        "POST": partial(post_document, kind),
        "GET": get,
        "HEAD": get,
        "DELETE": partial(delete_documents, kind),
    }


RESOURCES: Mapping[str, Mapping[str, Method]] = {
    "activities/state": _methods(Kind.STATE),
    "activities/profile": _methods(Kind.ACTIVITY_PROFILE),
    "agents/profile": _methods(Kind.AGENT_PROFILE),
    "activities": {"GET": get_activity, "HEAD": get_activity},
    "agents": {"GET": get_person, "HEAD": get_person},
}


def _asked(kind: Kind, call: Call, credential: Credential, *, write: bool) -> tuple[Context, Condition]:
    """The documents that a call is about, and its condition, once its key may have them."""
    credential.require_documents(Scope.STATE if kind is Kind.STATE else Scope.PROFILE, write=write)
    call.require_known(kind.known if write else (*kind.known, SINCE))
    context = parse_context(call.parameters, kind, tenant=credential.tenant, version=call.version)
    return context, parse_condition(call.headers, blind_put(kind, call.version))


def _check(
    credential: Credential,
    call: Call,
    context: Context,
    id: str | None,
    *,
    content: bytes | None = None,
    content_type: str | None = None,
) -> None:
    """Raises Forbidden when content that we launched may not do that in its session."""
    launched = credential.launched
    if launched is None:
        return
    use = DocumentUse(context.kind, call.method, context.activity, context.agent, context.registration, id, content, content_type)
    wired = parts()
    sessions = launched.sessions
    if read(wired.engine, lambda session: sessions.check_document(session, launched, use)):
        transact(wired.engine, lambda session: sessions.note_document(session, launched, use, now=wired.clock()))


def _required(call: Call, name: str, rule: str) -> str:
    if name not in call.parameters:
        raise Invalid(f"{name} is required", field=name, rule=rule)
    return call.parameters[name]


def _content_type(call: Call) -> str:
    """The document's own type, which it is given back with.

    Raises Invalid for what no header could hold, and UnsupportedMedia for a compressed body, whose bytes are not the document's.
    """
    if call.headers.get("content-encoding", "identity") != "identity":
        raise UnsupportedMedia("the body must not be compressed", field="Content-Encoding")
    content_type = call.headers.get("content-type", "").strip() or UNTYPED
    if not (content_type.isascii() and is_media_type(content_type)):
        raise Invalid("Content-Type must be an Internet media type", field="Content-Type", rule="RFC 9110 8.3")
    return content_type


def _one(context: Context, id: str, condition: Condition) -> Answer:
    found = read(parts().engine, lambda session: service.get_document(session, context.key(id)))
    headers = SAFE | _headers(found.tag, found.updated_at)
    if condition.is_known(found.tag):
        return Answer(status=HTTPStatus.NOT_MODIFIED, content_type=found.content_type, headers=headers)
    return Answer(found.content, content_type=found.content_type, headers=headers)


def _tagged(body: bytes, condition: Condition, updated_at: datetime | None = None) -> Answer:
    """An answer of ours, in JSON, with its ETag."""
    headers = _headers(tag_of(body), updated_at)
    if condition.is_known(tag_of(body)):
        return Answer(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Answer(body, headers=headers)


def _headers(tag: str, updated_at: datetime | None) -> dict[str, str]:
    modified = {} if updated_at is None else {"Last-Modified": format_datetime(updated_at, usegmt=True)}
    return {"ETag": quoted(tag)} | modified
