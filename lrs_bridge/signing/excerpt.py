"""What a piece of evidence says, put so that a supervisor can read it: who did what, with which result, by whose word.

Statements have the shape of xAPI 1.0.3 (Data 2), but nothing is relied on: evidence may come from other sources and from other
versions, and whatever is not there, or is not of the expected kind, is left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

NORWEGIAN_THEN_ENGLISH = ("nb", "nn", "no", "nb-NO", "nn-NO", "no-NO", "en", "en-GB", "en-US")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The readable parts of a statement; None where it does not say. ``text`` is the whole of it, indented."""

    text: str
    actor: str | None = None
    account: str | None = None
    verb: str | None = None
    activity: str | None = None
    activity_iri: str | None = None
    platform: str | None = None
    reported_by: str | None = None


def excerpt(content: bytes, language: str) -> Excerpt:
    """The readable parts, names in the reader's language where the source has them. Never fails: text is shown as it is."""
    try:
        statement = msgspec.json.decode(content)
        text = msgspec.json.format(content, indent=2).decode()
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Excerpt(content.decode(errors="replace"))
    wanted = (language, *NORWEGIAN_THEN_ENGLISH)
    actor = _object(statement, "actor")
    verb, activity = _object(statement, "verb"), _object(statement, "object")
    return Excerpt(
        text=text,
        actor=_text(actor, "name"),
        account=_account(actor),
        verb=_in_language(_object(verb, "display"), wanted) or _last_segment(_text(verb, "id")),
        activity=_in_language(_object(_object(activity, "definition"), "name"), wanted),
        activity_iri=_text(activity, "id"),
        platform=_text(_object(statement, "context"), "platform"),
        reported_by=_account(_object(statement, "authority")),
    )


def _account(agent: Mapping[str, Any]) -> str | None:
    account = _object(agent, "account")
    home_page, name = _text(account, "homePage"), _text(account, "name")
    if home_page and name:
        return f"{name} ({home_page})"
    mbox = _text(agent, "mbox")
    return mbox.removeprefix("mailto:") if mbox else _text(agent, "openid") or _text(agent, "mbox_sha1sum")


def _in_language(names: Mapping[str, Any], wanted: Sequence[str]) -> str | None:
    found = (_text(names, language) for language in (*wanted, *names))
    return next(filter(None, found), None)


def _last_segment(iri: str | None) -> str | None:
    return iri.rstrip("/").rpartition("/")[2] if iri else None


def _object(value: Any, name: str) -> Mapping[str, Any]:
    member = value.get(name) if isinstance(value, dict) else None
    return member if isinstance(member, dict) else {}


def _text(value: Mapping[str, Any], name: str) -> str | None:
    member = value.get(name)
    return member if isinstance(member, str) and member else None
