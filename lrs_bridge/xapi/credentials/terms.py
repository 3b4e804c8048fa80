"""What an administrator decides of a key, as forms and commands give it, and the usual choices.

Days end as they do in Norway, where the readers of the form live.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from lrs_bridge.errors import Invalid
from lrs_bridge.identity import Account, Mbox
from lrs_bridge.xapi.credentials.credential import Authority, Credential, Scope, parse_scopes
from lrs_bridge.xapi.credentials.cross_origin import parse_origins

LONGEST_NAME = 200
LONGEST_NOTE = 500
MOST_REQUESTS = 1_000_000
LONGEST_OVERLAP_HOURS = 30 * 24
OVERLAP_HOURS = 24
OSLO = ZoneInfo("Europe/Oslo")

PRESETS: dict[str, frozenset[Scope]] = {
    "content": frozenset({Scope.WRITE, Scope.READ_MINE, Scope.STATE, Scope.PROFILE, Scope.DEFINE}),
    "own": frozenset({Scope.READ_MINE}),
    "oauth": frozenset({Scope.WRITE, Scope.READ_MINE, Scope.DEFINE}),
    "full": frozenset({Scope.ALL}),
}
"""Usual sets of scopes: content that reports, a reader of its own, an OAuth client, everything."""

_MAILBOX = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_WEB_PAGE = re.compile(r"https?://[^\s/]+\S*")


@dataclass(frozen=True, slots=True)
class Terms:
    """A key's name and what it may do; see ``Credential``."""

    name: str
    scopes: frozenset[Scope]
    origins: tuple[str, ...] = ()
    requests_per_minute: int | None = None
    expires_at: datetime | None = None
    note: str = ""
    vouched_by: Authority | None = None

    def __post_init__(self) -> None:
        """Raises Invalid for a name or a note that is too long, and without a name."""
        if not 0 < len(self.name) <= LONGEST_NAME:
            raise Invalid(f"a name has 1 to {LONGEST_NAME} characters", field="name")
        if len(self.note) > LONGEST_NOTE:
            raise Invalid(f"a note has at most {LONGEST_NOTE} characters", field="note")


def terms_of(credential: Credential) -> Terms:
    """The terms that a key has now."""
    return Terms(**{name: getattr(credential, name) for name in Terms.__dataclass_fields__})


def parse_terms(form: Mapping[str, str], scopes: Iterable[str], now: datetime) -> Terms:
    """Reads the form of a key: scopes as chosen, or those of its ``preset``. Raises Invalid naming the field."""
    preset = form.get("preset", "own_choice")
    return Terms(
        name=form.get("name", "").strip(),
        scopes=PRESETS[preset] if preset in PRESETS else parse_scopes(scopes),
        origins=parse_origins(form.get("origins", "").split()),
        requests_per_minute=parse_rate(form.get("requests_per_minute", "")),
        expires_at=_end_of(form.get("expires_on", ""), now),
        note=form.get("note", "").strip(),
        vouched_by=_authority(form),
    )


def parse_rate(text: str) -> int | None:
    """Requests per minute, None when blank. Raises Invalid."""
    if not text.strip():
        return None
    return _whole_number(text, 1, MOST_REQUESTS, "requests_per_minute")


def parse_overlap(text: str) -> timedelta:
    """For how many hours a secret that is replaced goes on working, as written; a day when blank. Raises Invalid."""
    return timedelta(hours=_whole_number(text, 0, LONGEST_OVERLAP_HOURS, "overlap") if text.strip() else OVERLAP_HOURS)


def expires_on(expires_at: datetime | None) -> date | None:
    """The last day on which a key works."""
    return None if expires_at is None else (expires_at - timedelta(microseconds=1)).astimezone(OSLO).date()


def _end_of(text: str, now: datetime) -> datetime | None:
    """The end of the day that is written as YYYY-MM-DD."""
    if not text.strip():
        return None
    try:
        day = date.fromisoformat(text.strip())
        end = datetime.combine(day + timedelta(days=1), time(), OSLO)
    except (ValueError, OverflowError) as error:
        raise Invalid("the last day is written like 2027-12-31", field="expires_on") from error
    if end <= now:
        raise Invalid("the last day must not have passed", field="expires_on")
    return end


def _whole_number(text: str, least: int, most: int, field: str) -> int:
    written = text.strip()
    if not (written.isascii() and written.isdigit() and len(written) <= len(str(most)) and least <= int(written) <= most):
        raise Invalid(f"this is a whole number from {least} to {most}", field=field)
    return int(written)


def _text(form: Mapping[str, str], field: str, longest: int) -> str:
    text = form.get(field, "").strip()
    if len(text) > longest:
        raise Invalid(f"this has at most {longest} characters", field=field)
    return text


def _authority(form: Mapping[str, str]) -> Authority | None:
    """The authority that the form gives: a name, and a mailbox or an account or neither."""
    name = _text(form, "authority_name", LONGEST_NAME)
    mailbox = _text(form, "authority_mbox", LONGEST_NAME).removeprefix("mailto:")
    home_page, account = _text(form, "authority_home_page", LONGEST_NOTE), _text(form, "authority_account", LONGEST_NAME)
    if not (name or mailbox or home_page or account):
        return None
    if mailbox and not _MAILBOX.fullmatch(mailbox):
        raise Invalid("this is an e-mail address", field="authority_mbox")
    if mailbox and (home_page or account):
        raise Invalid("give an e-mail address or an account, not both", field="authority_mbox", rule="xAPI 1.0.3 Data 2.4.2.3")
    if bool(home_page) != bool(account) or (home_page and not _WEB_PAGE.fullmatch(home_page)):
        raise Invalid("an account has the address of a page and a name", field="authority_home_page")
    ifi = Mbox(f"mailto:{mailbox}") if mailbox else Account(home_page, account) if account else None
    return Authority(name or form.get("name", "").strip(), ifi)
