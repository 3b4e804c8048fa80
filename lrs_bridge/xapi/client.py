"""Reports to an LRS, ours or another, as a course would: through the ``tincan`` client."""

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPException
from typing import Any
from uuid import UUID, uuid4

from tincan import (
    Activity,
    ActivityDefinition,
    Agent,
    AgentAccount,
    Context,
    LanguageMap,
    RemoteLRS,
    Result,
    Score,
    Statement,
    Verb,
)

from lrs_bridge.errors import Invalid, UpstreamFailed

VERB_PREFIX = "http://adlnet.gov/expapi/verbs/"
COURSE_TYPE = "http://adlnet.gov/expapi/activities/course"
USUAL_VERBS = ("initialized", "completed", "passed")
TIMEOUT_SECONDS = 30


def send_completion(
    endpoint: str,
    key: str,
    secret: str,
    *,
    course: str,
    email: str | None = None,
    account: tuple[str, str] | None = None,
    name: str | None = None,
    course_name: str | None = None,
    score: float | None = None,
    registration: UUID | None = None,
    verbs: Sequence[str] = USUAL_VERBS,
) -> list[str]:
    """Sends one statement for each verb, in that order and of one registration, and returns their ids.

    The learner is an ``email`` address or an ``account`` (home page and name there); ``course`` is an IRI; ``score`` is scaled.
    Raises Invalid for a learner that is not one or the other, UpstreamFailed when the LRS does not take them.
    """
    context = Context(registration=registration or uuid4())
    activity = _course(course, course_name)
    actor = _learner(email, account, name)
    statements = [
        Statement(id=uuid4(), actor=actor, verb=_verb(verb), object=activity, result=_result(verb, score), context=context)
        for verb in verbs
    ]
    lrs = RemoteLRS(endpoint=endpoint, username=key, password=secret)
    with _time_limit(TIMEOUT_SECONDS):
        try:
            answer = lrs.save_statements(statements)
        except (OSError, HTTPException, ValueError) as error:
            raise UpstreamFailed(f"the LRS at {endpoint} could not be reached: {error}") from error
    if not answer.success:
        raise UpstreamFailed(f"the LRS answered {answer.response.status}: {_text(answer.data)}")
    return [str(statement.id) for statement in statements]


def _learner(email: str | None, account: tuple[str, str] | None, name: str | None) -> Any:
    if (email is None) == (account is None):
        raise Invalid("name the learner by an email address or by an account, not both", field="email")
    if account is not None:
        home_page, account_name = account
        return Agent(name=name, account=AgentAccount(home_page=home_page, name=account_name))
    return Agent(name=name, mbox=f"mailto:{email}")


def _course(iri: str, name: str | None) -> Any:
    definition = ActivityDefinition(type=COURSE_TYPE, name=LanguageMap({"und": name}) if name else None)
    return Activity(id=iri, definition=definition)


def _verb(name: str) -> Any:
    return Verb(id=VERB_PREFIX + name, display=LanguageMap({"en": name}))


def _result(verb: str, score: float | None) -> Any:
    """What a verb says in its result; the score goes with the verdict."""
    match verb:
        case "completed":
            return Result(completion=True)
        case "passed" | "failed":
            return Result(success=verb == "passed", score=None if score is None else Score(scaled=score))
        case _:
            return None


def _text(body: bytes | str) -> str:
    return body.decode("utf-8", "replace") if isinstance(body, bytes) else body


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """``tincan`` sets no time limit of its own, so its sockets get the default one."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
