"""Calls to the grade service of platforms of LTI 1.1. Never inside a transaction."""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from lrs_bridge.lti.legacy.oauth1 import sign_body
from lrs_bridge.lti.legacy.outcomes import LONGEST_ANSWER, MEDIA_TYPE, Answer, Operation, build_request, parse_answer
from lrs_bridge.lti.legacy.sealing import unseal
from lrs_bridge.lti.platforms.platform import Platform
from lrs_bridge.settings import Secret
from lrs_bridge.web.client import ask
from lrs_bridge.web.outbound import Network
from lrs_bridge.web.patience import UNHURRIED, Limits


def replace_result(
    platform: Platform,
    url: str,
    sourcedid: str,
    share: float | None,
    *,
    master_key: Secret,
    allowed: Sequence[Network] = (),
    limits: Limits = UNHURRIED,
) -> None:
    """Gives the grade at ``url`` that ``sourcedid`` names, from 0 to 1; None takes it away.

    Raises OutcomeFailed when the platform does not do it (``is_permanent`` when trying again can't help), CallFailed when no
    answer comes, SecretUnreadable, and Invalid for a grade that is none.
    """
    operation = Operation.DELETE if share is None else Operation.REPLACE
    _call(platform, operation, url, sourcedid, share, master_key=master_key, allowed=allowed, limits=limits)


def read_result(
    platform: Platform, url: str, sourcedid: str, *, master_key: Secret, allowed: Sequence[Network] = ()
) -> float | None:
    """The grade that the platform has, from 0 to 1, None when it has none. Raises as ``replace_result`` does."""
    return _call(platform, Operation.READ, url, sourcedid, None, master_key=master_key, allowed=allowed).share


def delete_result(platform: Platform, url: str, sourcedid: str, *, master_key: Secret, allowed: Sequence[Network] = ()) -> None:
    """Takes the grade away. Raises as ``replace_result`` does."""
    replace_result(platform, url, sourcedid, None, master_key=master_key, allowed=allowed)


def _call(
    platform: Platform,
    operation: Operation,
    url: str,
    sourcedid: str,
    share: float | None,
    *,
    master_key: Secret,
    allowed: Sequence[Network],
    limits: Limits = UNHURRIED,
) -> Answer:
    secret = unseal(master_key, platform.sealed_secret, tenant=platform.tenant, platform_id=platform.platform_id)
    body = build_request(operation, message_id=secrets.token_hex(16), sourcedid=sourcedid, share=share)
    proof = sign_body(
        body, url=url, consumer_key=platform.client_id, secret=secret, nonce=secrets.token_hex(16), now=datetime.now(UTC)
    )
    headers = {"Authorization": proof, "Content-Type": MEDIA_TYPE, "Accept": MEDIA_TYPE}
    reply = ask("POST", url, allowed=allowed, headers=headers, body=body, limit=LONGEST_ANSWER, limits=limits)
    return parse_answer(reply.status, reply.body)
