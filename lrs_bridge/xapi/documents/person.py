"""The Person object: one human being's names and identifiers, as far as the asker may know them.

Source: xAPI 1.0.3, Communication 2.4; IEEE 9274.1.1 (xAPI 2.0) 4.1.6.3.
"""

from collections.abc import Iterable
from typing import Any

from lrs_bridge.identity import IFI, Account, Identifier, IdentifierKind, Mbox, MboxSha1Sum, OpenID
from lrs_bridge.xapi.model.references import agent_key
from lrs_bridge.xapi.model.rules import IFI_NAMES

_KINDS = {
    IdentifierKind.MBOX: "mbox",
    IdentifierKind.MBOX_SHA1SUM: "mbox_sha1sum",
    IdentifierKind.OPENID: "openid",
    IdentifierKind.ACCOUNT: "account",
}


def ifi_of(agent: dict[str, Any]) -> IFI:
    """The identifier of a valid Agent."""
    match agent:
        case {"mbox": mbox}:
            return Mbox(mbox)
        case {"mbox_sha1sum": digest}:
            return MboxSha1Sum(digest)
        case {"openid": openid}:
            return OpenID(openid)
    account = agent["account"]
    return Account(account["homePage"], account["name"])


def name_of(value: dict[str, Any], key: str) -> str | None:
    """The name that a statement gives its actor; None when that is not the agent of this key, or has none."""
    actor = value["actor"]
    name: str | None = actor.get("name")
    return name if agent_key(actor) == key else None


def person_object(agent: dict[str, Any], names: Iterable[str], linked: Iterable[Identifier]) -> dict[str, Any]:
    """The Person of a valid Agent: what the Agent says itself first, then these names and identifiers, each once."""
    person: dict[str, Any] = {"objectType": "Person"}
    all_names = list(dict.fromkeys([*([agent["name"]] if "name" in agent else []), *names]))
    if all_names:
        person["name"] = all_names
    for name in IFI_NAMES:
        values = [agent[name]] if name in agent else []
        values += [value for value in (_value(one) for one in linked if _KINDS.get(one.kind) == name) if value not in values]
        if values:
            person[name] = values
    return person


def _value(identifier: Identifier) -> Any:
    if identifier.kind is IdentifierKind.ACCOUNT:
        return {"homePage": identifier.issuer, "name": identifier.value}
    return identifier.value
