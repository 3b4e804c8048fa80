"""Calls to a platform's services: tokens, gradebook, members, groups. Never made inside a transaction.

Every call raises CallFailed when nothing comes that can be worked with; TokenRefused, one of its kind, when no token is given.
A token is kept in this process for as long as it lasts, by platform and scopes; one that is refused all the same is fetched anew
once.
"""

import json
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from http import HTTPStatus
from threading import Lock
from typing import Any
from uuid import UUID

from lrs_bridge.errors import UpstreamFailed
from lrs_bridge.lti.advantage.access import Access
from lrs_bridge.lti.advantage.grades import (
    LINE_ITEM_READ_SCOPE,
    LINE_ITEM_SCOPE,
    LINE_ITEM_TYPE,
    LINE_ITEMS_TYPE,
    RESULT_SCOPE,
    RESULTS_TYPE,
    SCORE_SCOPE,
    SCORE_TYPE,
    TAG,
    LineItem,
    Result,
    line_item_document,
    parse_line_item,
    parse_line_items,
    parse_results,
)
from lrs_bridge.lti.advantage.groups import GROUPS_SCOPE, GROUPS_TYPE, Group, parse_groups
from lrs_bridge.lti.advantage.members import MEMBERS_SCOPE, MEMBERS_TYPE, Page, members_url, parse_members
from lrs_bridge.lti.advantage.paging import add_query, add_to_path, next_page
from lrs_bridge.lti.advantage.token import Token, TokenRefused, assertion_claims, parse_token, scope_set, token_form
from lrs_bridge.lti.platforms.keys import sign_jwt
from lrs_bridge.web.client import Guarded, post_form
from lrs_bridge.web.reply import CallFailed, Reply, Trouble

MOST_PAGES = 200
MOST_BYTES = 32 * 1024 * 1024
"""Of all pages together."""
PAGE_BYTES = 8 * 1024 * 1024
MEMBERS_PER_PAGE = 200

_kept: dict[tuple[UUID, str, tuple[str, ...]], Token] = {}
_lock = Lock()


def post_score(access: Access, line_item_url: str, document: bytes) -> Reply:
    """The platform's answer to a score, whatever its status (AGS 3.4)."""
    headers = {"Content-Type": SCORE_TYPE, "Accept": "application/json"}
    return _call(access, "POST", add_to_path(line_item_url, "scores"), (SCORE_SCOPE,), headers, document)


def get_line_items(
    access: Access, line_items_url: str, *, resource_id: str | None = None, may_write: bool = False
) -> list[LineItem]:
    """The line items of a course, all or those that we made for one thing (AGS 3.2.4). ``may_write``: by the wider scope."""
    url = add_query(line_items_url, {"resource_id": resource_id, "tag": TAG if resource_id else None})
    scope = LINE_ITEM_SCOPE if may_write else LINE_ITEM_READ_SCOPE
    pages = _pages(access, url, scope, LINE_ITEMS_TYPE)
    return [item for content in pages for item in _parsed(parse_line_items, content)]


def create_line_item(access: Access, line_items_url: str, *, label: str, resource_id: str, maximum: float) -> LineItem:
    """A new line item for something of ours (AGS 3.2.5)."""
    headers = {"Content-Type": LINE_ITEM_TYPE, "Accept": LINE_ITEM_TYPE}
    body = line_item_document(label, resource_id, maximum)
    reply = _successful(_call(access, "POST", line_items_url, (LINE_ITEM_SCOPE,), headers, body))
    return _parsed(parse_line_item, reply.body)  # type: ignore[no-any-return]


def get_results(access: Access, line_item_url: str) -> list[Result]:
    """What the gradebook says of everybody in a column (AGS 3.3)."""
    pages = _pages(access, add_to_path(line_item_url, "results"), RESULT_SCOPE, RESULTS_TYPE)
    return [result for content in pages for result in _parsed(parse_results, content)]


def get_members(
    access: Access,
    memberships_url: str,
    *,
    role: str | None = None,
    resource_link_id: str | None = None,
    with_groups: bool = False,
    limit: int = MEMBERS_PER_PAGE,
) -> Page:
    """All members of a course, or those with a role, or to whom a resource link is open (NRPS 2.4, 3).

    ``with_groups`` asks for the groups that each is in (Course Groups 1.0).
    """
    url = members_url(memberships_url, role=role, resource_link_id=resource_link_id, with_groups=with_groups, limit=limit)
    pages = [_parsed(parse_members, content) for content in _pages(access, url, MEMBERS_SCOPE, MEMBERS_TYPE)]
    return Page(pages[0].course_id, pages[0].course_title, tuple(member for page in pages for member in page.members))


def get_groups(access: Access, groups_url: str) -> list[Group]:
    """The groups of a course (Course Groups Service 1.0)."""
    return [
        group for content in _pages(access, groups_url, GROUPS_SCOPE, GROUPS_TYPE) for group in _parsed(parse_groups, content)
    ]


def check_token(access: Access, scopes: tuple[str, ...]) -> None:
    """Fetches a token anew: whether the platform knows our key, and gives these scopes. Raises CallFailed."""
    _token(access, scope_set(scopes), fresh=True)


def forget_tokens() -> None:
    """Forgets every token that is kept."""
    with _lock:
        _kept.clear()


def _pages(access: Access, url: str, scope: str, media_type: str) -> Iterator[bytes]:
    """The bodies of all pages, over one connection. Raises CallFailed when they are too many."""
    left = MOST_BYTES
    seen: set[str] = set()
    following: str | None = url
    with ExitStack() as stack:
        host = stack.enter_context(Guarded(url, allowed=access.allowed, limits=access.limits))
        while following is not None:
            if following in seen or len(seen) == MOST_PAGES or left <= 0:
                raise CallFailed("the platform's list does not end", cause=Trouble.ODD_ANSWER)
            seen.add(following)
            reply = _successful(_call(access, "GET", following, (scope,), {"Accept": media_type}, None, host))
            left -= len(reply.body)
            yield reply.body
            following = _following(following, reply)


def _following(url: str, reply: Reply) -> str | None:
    try:
        return next_page(url, reply.headers)
    except UpstreamFailed as error:
        raise CallFailed(error.message, cause=Trouble.ODD_ANSWER, http_status=reply.status) from error


def _call(  # noqa: PLR0917  private
    access: Access,
    method: str,
    url: str,
    scopes: tuple[str, ...],
    headers: dict[str, str],
    body: bytes | None,
    host: Guarded | None = None,
) -> Reply:
    """One call with a token; with a fresh one when it is refused."""
    with ExitStack() as stack:
        open_host = host or stack.enter_context(Guarded(url, allowed=access.allowed, limits=access.limits))
        for fresh in (False, True):
            token = _token(access, scope_set(scopes), fresh=fresh)
            sent = headers | {"Authorization": f"Bearer {token.value}"}
            reply = open_host.ask(method, url, limit=PAGE_BYTES, headers=sent, body=body)
            if reply.status != HTTPStatus.UNAUTHORIZED:
                break
    return reply


def _token(access: Access, scopes: tuple[str, ...], *, fresh: bool) -> Token:
    key = (access.platform.platform_id, access.key.kid, scopes)
    now = datetime.now(UTC)
    with _lock:
        kept = _kept.get(key)
    if kept is not None and not fresh and now < kept.until:
        return kept
    token = _fetched(access, scopes, now)
    with _lock:
        _kept[key] = token
    return token


def _fetched(access: Access, scopes: tuple[str, ...], now: datetime) -> Token:
    url = access.platform.token_url
    if url is None:
        raise TokenRefused("the platform has no token service", cause=Trouble.ODD_ANSWER)
    claims = assertion_claims(access.platform, now=now, jti=secrets.token_urlsafe(24))
    form = token_form(sign_jwt(access.key, claims), scopes)
    reply = post_form(url, form, allowed=access.allowed, limits=access.limits)
    document: Any = None
    with suppress(ValueError, RecursionError):
        document = json.loads(reply.body)
    return parse_token(reply, document, now=now)


def _successful(reply: Reply) -> Reply:
    if not reply.is_success:
        message = f"the platform answered {reply.status}: {reply.excerpt}".rstrip(": ")
        raise CallFailed(message, cause=Trouble.ODD_ANSWER, http_status=reply.status)
    return reply


def _parsed(parse: Any, content: bytes) -> Any:
    try:
        return parse(content)
    except UpstreamFailed as error:
        raise CallFailed(error.message, cause=Trouble.ODD_ANSWER) from error
