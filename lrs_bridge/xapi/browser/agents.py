"""Agents as they are typed, as persons are known by, and as they stand in statements."""

import re
from collections.abc import Iterator
from typing import Any

from lrs_bridge.identity import Identifier, IdentifierKind, identifier_of
from lrs_bridge.xapi.browser.search import Value
from lrs_bridge.xapi.model.formats import is_iri, is_mbox, is_sha1
from lrs_bridge.xapi.model.references import agent_key
from lrs_bridge.xapi.statements.outcome import learner_of

_ADDRESS_AND_NAME = re.compile(r"(\S+?)\s*[|\s]\s*(.+)")


def agents_named(text: str) -> Iterator[dict[str, Any]]:
    """The agents that the text may stand for: a mailbox, its SHA-1 sum, an OpenID, or an account's home page and name."""
    mbox = text if text.startswith("mailto:") else f"mailto:{text}"
    if is_mbox(mbox):
        yield from ({"mbox": spelt} for spelt in dict.fromkeys((mbox, mbox.lower())))
    if is_sha1(text):
        yield from ({"mbox_sha1sum": spelt} for spelt in dict.fromkeys((text, text.lower(), text.upper())))
    if is_iri(text) and not is_mbox(mbox):
        yield {"openid": text}
    parts = _ADDRESS_AND_NAME.fullmatch(text)
    if parts is not None and is_iri(parts[1]):
        yield {"account": {"homePage": parts[1], "name": parts[2]}}


def agent_of(identifier: Identifier) -> dict[str, Any] | None:
    """The agent that an identifier is in statements; None for identifiers that no statement knows."""
    match identifier.kind:
        case IdentifierKind.MBOX | IdentifierKind.MBOX_SHA1SUM | IdentifierKind.OPENID:
            return {identifier.kind.value: identifier.value}
        case IdentifierKind.ACCOUNT:
            return {"account": {"homePage": identifier.issuer, "name": identifier.value}}
    return None


def value_of(agent: dict[str, Any]) -> Value:
    """What an identified agent is found by."""
    (identifying,) = agent.values()
    texts = tuple(identifying.values()) if isinstance(identifying, dict) else (identifying,)
    return Value(str(agent_key(agent)), texts)


def agents_in(value: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The persons whom a statement's line may name: actor, object and group members, of its SubStatement too."""
    for one in (value["actor"], value["object"]):
        match one.get("objectType"):
            case "Group":
                yield from one.get("member", ())
            case "SubStatement":
                yield from agents_in(one)
            case "Agent":
                yield one
            case None if one is value["actor"]:
                yield one


def identifier_in(agent: dict[str, Any]) -> Identifier | None:
    """The identifier by which the agent's person is looked up."""
    ifi = learner_of(agent)
    return None if ifi is None else identifier_of(ifi)
