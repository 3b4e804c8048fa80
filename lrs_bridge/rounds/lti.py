"""Rounds between learning platforms and us: scores go out, results come in. No call is made inside a transaction.

A score is taken for a while in a transaction of its own before it is sent, so that of several senders (the worker, and each
process of the server) one sends it; it is the same score, with the same time, when whoever took it died on the way.
"""

import logging
import random
import threading
import time
from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import UUID

from lrs_bridge.db import Session, read, transact
from lrs_bridge.errors import LrsBridgeError
from lrs_bridge.lti.advantage import client
from lrs_bridge.lti.advantage.access import Access
from lrs_bridge.lti.advantage.grades import score_document
from lrs_bridge.lti.advantage.service import access_to
from lrs_bridge.lti.advantage.token import TokenRefused
from lrs_bridge.lti.legacy import client as legacy
from lrs_bridge.lti.legacy.outcomes import OutcomeFailed
from lrs_bridge.lti.platforms import service as platforms
from lrs_bridge.lti.platforms.platform import Product, Version
from lrs_bridge.lti.results import service as results
from lrs_bridge.lti.results.column import Column
from lrs_bridge.lti.scores import service as scores
from lrs_bridge.lti.scores.delivery import SEND_SECONDS, Post, State, is_silence
from lrs_bridge.web.parts import Parts
from lrs_bridge.web.patience import Limits
from lrs_bridge.web.reply import CallFailed, retry_after

EVERY = timedelta(seconds=2)
"""How often a server process looks whether there is anything to send."""
AFTER_TROUBLE = timedelta(seconds=60)
_NO_PLACE = 422

Tried = tuple[int | None, str | None, timedelta | None]
"""What came of sending: the answer's status, None for no answer; why it is no success; how long it asks to wait."""

log = logging.getLogger(__name__)


def run_scores(parts: Parts, stop: threading.Event | None = None) -> int:
    """Sends what may go out now, until nothing is left or told to stop; how many were sent. Raises what the database raises.

    A platform that does not answer is left alone for the rest of the round.
    """
    sent = 0
    silent: set[UUID] = set()
    while not _told(stop) and (found := read(parts.engine, lambda s: scores.due(s, parts.clock(), without=silent))):
        for post in found:
            if _told(stop) or post.score.platform_id in silent:
                continue
            taken = transact(parts.engine, partial(scores.take, post=post, now=parts.clock()))
            if taken is not None:
                sent += _send(parts, taken, silent)
    return sent


def _told(stop: threading.Event | None) -> bool:
    return stop is not None and stop.is_set()


def _send(parts: Parts, post: Post, silent: set[UUID]) -> bool:
    """Sends one score that was taken and notes what came of it, also among the platforms that are silent; whether it is there."""
    status, reason, asked = _tried(parts, post)
    one, now, spread = post.score, parts.clock(), random.random()  # noqa: S311  spreads retries, no secret
    settle = partial(scores.settle, one=one, status=status, reason=reason, spread=spread, asked=asked, now=now)
    state = transact(parts.engine, settle)
    if state is State.FAILED:
        log.error("a score was refused: %s", reason, extra=_fields(post))
    elif state is State.WAITING:
        log.warning("a score will be sent again: %s", reason, extra=_fields(post))
    if is_silence(status, one.attempts):
        silent.add(one.platform_id)
    return state in (State.SENT, State.NEWER_THERE)


def _tried(parts: Parts, post: Post) -> Tried:
    limits = Limits(ends_at=time.monotonic() + SEND_SECONDS)
    try:
        return _replace(parts, post, limits) if post.version is Version.V1P1 else _post(parts, post, limits)
    except TokenRefused as error:  # of our key, our rights or our clock, which somebody may mend: not of the score
        return None, error.message, None
    except CallFailed as error:
        return error.http_status, error.message, None
    except LrsBridgeError as error:  # a key that can't be opened, and the like: somebody can mend it
        return None, error.message, None


def _post(parts: Parts, post: Post, limits: Limits) -> Tried:
    unlimited = read(parts.engine, lambda s: access_to(s, post.score.tenant, post.score.platform_id, parts.settings))
    access = replace(unlimited, limits=limits)
    url = post.line_item_url or _made(parts, access, post)
    if url is None:
        return _NO_PLACE, "the platform offers no place for this score", None
    one = post.score
    submitted_at = one.at if access.platform.product is Product.CANVAS else None
    reply = client.post_score(access, url, score_document(one.subject, one.grade, at=one.at, submitted_at=submitted_at))
    told = None if reply.is_success else f"the platform answered {reply.status}: {reply.excerpt}".rstrip(": ")
    return reply.status, told, retry_after(reply, parts.clock())


def _made(parts: Parts, access: Access, post: Post) -> str | None:
    """The column for the link's scores: one that was made before, or a new one; None where none can be made."""
    if post.line_items_url is None:
        return None
    one = post.score
    named = str(one.link_id)
    found = client.get_line_items(access, post.line_items_url, resource_id=named, may_write=True)
    item = next((each for each in found if each.resource_id == named), None) or client.create_line_item(
        access, post.line_items_url, label=post.title or "lrs_bridge", resource_id=named, maximum=one.grade.maximum
    )
    transact(parts.engine, lambda session: scores.keep_line_item(session, one.tenant, one.link_id, item.url))
    return item.url


def _replace(parts: Parts, post: Post, limits: Limits) -> Tried:
    """Basic Outcomes know no progress: what is not graded takes the grade away."""
    one, settings = post.score, parts.settings
    if not post.outcome_url or not post.sourcedid:
        return _NO_PLACE, "the platform offers no place for this score", None
    share = None if one.grade.given is None else one.grade.given / one.grade.maximum
    platform = read(parts.engine, lambda session: platforms.get_platform(session, one.tenant, one.platform_id))
    key, allowed = settings.master_key, settings.allow_private_networks
    try:
        legacy.replace_result(platform, post.outcome_url, post.sourcedid, share, master_key=key, allowed=allowed, limits=limits)
    except OutcomeFailed as error:
        return (_NO_PLACE if error.is_permanent else None), error.message, None
    return 200, None, None


def _fields(post: Post) -> dict[str, dict[str, object]]:
    one = post.score
    return {"fields": {"tenant": one.tenant, "platform": str(one.platform_id), "score": str(one.score_id)}}


# Results


def run_results(parts: Parts, stop: threading.Event | None = None) -> int:
    """Asks for the results of every column whose turn it is; how many brought news. Raises what the database raises.

    A platform that does not answer is left alone for the rest of the round.
    """
    while not _told(stop) and transact(parts.engine, lambda session: results.watch_own(session, parts.clock())):
        pass
    news = 0
    silent: set[UUID] = set()
    while not _told(stop) and (found := read(parts.engine, lambda s: results.due(s, parts.clock(), without=silent))):
        for column in found:
            if not _told(stop) and column.platform_id not in silent:
                news += ask_column(parts, column, silent)
    return news


def ask_column(parts: Parts, column: Column, silent: set[UUID] | None = None) -> int:
    """Brings the results of one column; how many were news. A platform that does not answer joins those that are ``silent``."""
    now = parts.clock()
    if not transact(parts.engine, lambda session: results.take(session, column, now=now)):
        return 0
    try:
        access = read(parts.engine, lambda s: access_to(s, column.tenant, column.platform_id, parts.settings))
        found = client.get_results(access, column.url)
    except LrsBridgeError as error:
        is_silent = isinstance(error, TokenRefused) or (isinstance(error, CallFailed) and error.http_status is None)
        _fail(parts, column, error.message, is_silent=is_silent)
        if silent is not None and is_silent:
            silent.add(column.platform_id)
        return 0
    spread, now = random.random(), parts.clock()  # noqa: S311  spreads rounds, no secret
    keep = partial(results.keep, column=column, found=found, sink=parts.completion_sink, spread=spread, now=now)
    return transact(parts.engine, keep, locks=parts.completion_sink.locks(column.tenant))


def _fail(parts: Parts, column: Column, reason: str, *, is_silent: bool) -> None:
    fields = {"tenant": column.tenant, "line_item": str(column.line_item_id)}
    log.warning("could not bring results: %s", reason, extra={"fields": fields})
    spread, now = random.random(), parts.clock()  # noqa: S311  spreads retries, no secret

    def work(session: Session) -> None:
        results.fail(session, column, reason, is_silent=is_silent, spread=spread, now=now)

    transact(parts.engine, work)


# In the server's own processes


class Deliverer(threading.Thread):
    """Sends scores from a process of the server, so that they leave within seconds, also where no worker runs."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(name="lti scores", daemon=True)
        self._parts = parts
        self._stop_now = threading.Event()

    def run(self) -> None:
        """Looks every few seconds, seldom while something is wrong, until told to stop."""
        while not self._stop_now.wait(self._pause().total_seconds()):
            pass

    def _pause(self) -> timedelta:
        try:
            run_scores(self._parts, self._stop_now)
        except LrsBridgeError as error:
            log.warning("could not send scores: %s", error.message)
        except Exception:
            log.exception("sending scores failed")
        else:
            return EVERY
        return AFTER_TROUBLE

    def stop(self) -> None:
        """Ends it once what is being sent is sent."""
        self._stop_now.set()


def keep_delivering(parts: Parts) -> Deliverer:
    """Begins to send scores from this process, until it ends."""
    deliverer = Deliverer(parts)
    deliverer.start()
    return deliverer
