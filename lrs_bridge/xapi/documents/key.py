"""Where a document stands: which of the three resources it belongs to, about what and whom, and under which id.

Source: xAPI 1.0.3, Communication 2.2 (documents), 2.3 (state), 2.6 (agent profiles), 2.7 (activity profiles); IEEE 9274.1.1
(xAPI 2.0) 4.1.6.2, 4.1.6.5 and 4.1.6.6. Agents count by their identifier alone, so a Group and an Agent with the same one share
their documents (2.6, note).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson

from lrs_bridge.errors import Invalid
from lrs_bridge.identity import ASCII_LOWER
from lrs_bridge.xapi.exchange import Version
from lrs_bridge.xapi.model.formats import is_iri, parse_timestamp, parse_uuid
from lrs_bridge.xapi.model.references import agent_key, reference
from lrs_bridge.xapi.model.rules import ACTOR, AGENT, check_one_ifi
from lrs_bridge.xapi.model.shapes import Broken

ACTIVITY_ID, AGENT_PARAMETER, REGISTRATION, SINCE = "activityId", "agent", "registration", "since"
_CASELESS = ("mbox ", "mbox_sha1sum ")


class Kind(StrEnum):
    """The three document resources."""

    STATE = "state"
    AGENT_PROFILE = "agent_profile"
    ACTIVITY_PROFILE = "activity_profile"

    @property
    def id_name(self) -> str:
        """The parameter that holds a document's id."""
        return "stateId" if self is Kind.STATE else "profileId"

    @property
    def required(self) -> tuple[str, ...]:
        """The parameters without which nobody knows what the documents are about."""
        return {
            Kind.STATE: (ACTIVITY_ID, AGENT_PARAMETER),
            Kind.AGENT_PROFILE: (AGENT_PARAMETER,),
            Kind.ACTIVITY_PROFILE: (ACTIVITY_ID,),
        }[self]

    @property
    def known(self) -> tuple[str, ...]:
        """All parameters of the resource but ``since``."""
        return (*self.required, self.id_name, *((REGISTRATION,) if self is Kind.STATE else ()))

    @property
    def rule(self) -> str:
        """The clause that describes the resource's parameters."""
        clause = {Kind.STATE: "2.3", Kind.AGENT_PROFILE: "2.6", Kind.ACTIVITY_PROFILE: "2.7"}[self]
        return f"xAPI 1.0.3 Communication {clause}"


@dataclass(frozen=True, slots=True)
class Context:
    """What and whom documents are about. ``activity`` is an IRI, ``agent`` an agent key (references.agent_key)."""

    tenant: str
    kind: Kind
    activity: str | None = None
    agent: str | None = None
    registration: UUID | None = None

    def ref(self) -> int:
        """The number under which the context is looked up, whatever the registration; two contexts may share one."""
        return reference(self.tenant, self.kind, orjson.dumps([self.activity, self.agent]).decode())

    def agent_ref(self) -> int | None:
        """The number under which all documents of an agent are looked up; None for activity profiles."""
        return None if self.agent is None else agent_ref(self.tenant, self.agent)

    def key(self, id: str) -> "DocumentKey":
        """The document of that id in this context."""
        return DocumentKey(self, id)


@dataclass(frozen=True, slots=True)
class DocumentKey:
    """One document, whether or not it is there."""

    context: Context
    id: str

    def digest(self) -> bytes:
        """The SHA-256 sum of all that tells one document of a tenant from another."""
        context = self.context
        parts = [context.kind, context.activity, context.agent, context.registration, self.id]
        return hashlib.sha256(orjson.dumps(parts)).digest()


def agent_ref(tenant: str, agent: str) -> int:
    """The number of an agent key, the same for each spelling of a mailbox."""
    return reference(tenant, "document agent", folded(agent))


def folded(agent: str) -> str:
    """An agent key in which the case of mailboxes and of hexadecimal digits makes no difference."""
    return agent.translate(ASCII_LOWER) if agent.startswith(_CASELESS) else agent


def parse_context(parameters: Mapping[str, str], kind: Kind, *, tenant: str, version: Version) -> Context:
    """The context that a request's parameters name. Raises Invalid for one that is missing or malformed."""
    for name in kind.required:
        if name not in parameters:
            raise Invalid(f"{name} is required", field=name, rule=kind.rule)
    agent = parse_agent(parameters[AGENT_PARAMETER], kind.rule, groups=version is Version.V2) if _has_agent(kind) else None
    return Context(
        tenant,
        kind,
        activity=parse_activity_id(parameters[ACTIVITY_ID], kind.rule) if ACTIVITY_ID in kind.required else None,
        agent=None if agent is None else agent_key(agent),
        registration=_registration(parameters) if kind is Kind.STATE else None,
    )


def parse_id(parameters: Mapping[str, str], kind: Kind) -> str | None:
    """The document id that a request names, None when it names none. Raises Invalid for one that can't be kept."""
    said = parameters.get(kind.id_name)
    if said is not None and "\x00" in said:
        raise Invalid(f"{kind.id_name} must not have null characters", field=kind.id_name, rule=kind.rule)
    return said


def get_id(parameters: Mapping[str, str], kind: Kind) -> str:
    """The document id that a request names. Raises Invalid when there is none, or for one that can't be kept."""
    said = parse_id(parameters, kind)
    if said is None:
        raise Invalid(f"{kind.id_name} is required", field=kind.id_name, rule=kind.rule)
    return said


def parse_since(parameters: Mapping[str, str], kind: Kind) -> datetime | None:
    """The instant since which documents are asked for, None for all. Raises Invalid for one that is no timestamp."""
    if SINCE not in parameters:
        return None
    since = parse_timestamp(parameters[SINCE])
    if since is None:
        raise Invalid("since must be an RFC 3339 timestamp (a plus sign is sent as %2B)", field=SINCE, rule=kind.rule)
    return since


def parse_activity_id(text: str, rule: str) -> str:
    """The IRI of an Activity. Raises Invalid unless it is absolute."""
    if not is_iri(text):
        raise Invalid("activityId must be an absolute IRI", field=ACTIVITY_ID, rule=rule)
    return text


def parse_agent(text: str, rule: str, *, groups: bool) -> dict[str, Any]:
    """The Agent, or where allowed the identified Group, whose JSON the parameter is. Raises Invalid for anything else."""
    try:
        agent = orjson.loads(text)
        (ACTOR if groups else AGENT)(agent)
        check_one_ifi(agent)
    except orjson.JSONDecodeError as error:
        raise Invalid("agent must be the JSON of an Agent", field=AGENT_PARAMETER, rule=rule) from error
    except Broken as broken:
        broken.within(AGENT_PARAMETER, rule)
        raise broken.to_invalid() from broken
    return dict(agent)


def _has_agent(kind: Kind) -> bool:
    return AGENT_PARAMETER in kind.required


def _registration(parameters: Mapping[str, str]) -> UUID | None:
    if REGISTRATION not in parameters:
        return None
    registration = parse_uuid(parameters[REGISTRATION])
    if registration is None:
        raise Invalid("registration must be a UUID in standard form", field=REGISTRATION, rule=Kind.STATE.rule)
    return registration
