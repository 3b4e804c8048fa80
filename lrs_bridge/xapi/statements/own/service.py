"""Stores statements that this service makes itself, of what happens in courses that it plays.

No completion is made of them: whoever says them hands those in.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

from lrs_bridge.db import Session
from lrs_bridge.identity import Account
from lrs_bridge.ports import Arriving, CompletionSink
from lrs_bridge.xapi.credentials.credential import Authority, Credential, Scope
from lrs_bridge.xapi.model.statement import Statement
from lrs_bridge.xapi.statements import service as statements

ACCOUNT = "lrs_bridge"
"""The name of the service in its own statements' authority, as an account of itself."""
_ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)


class Unclaimed:
    """The rule for what the service says itself: nothing more is asked of it, and no completion is made of it."""

    def before(self, session: Session, batch: Sequence[Arriving], *, now: datetime) -> None:
        """Nothing."""

    def after(
        self,
        session: Session,  # noqa: ARG002  the port's
        new: Sequence[Arriving],  # noqa: ARG002
        replayed: Sequence[Arriving],  # noqa: ARG002
        *,
        now: datetime,  # noqa: ARG002
    ) -> int:
        """Nothing."""
        return 0


def say(
    session: Session,
    tenant: str,
    values: Sequence[dict[str, Any]],
    *,
    key: str,
    public_url: str,
    sink: CompletionSink,
    now: datetime,
) -> None:
    """Stores statements that have ids, under a key that need not be anybody's: who has it may read them as its own.

    A statement that is there already, the same, changes nothing.
    """
    authority = Authority(ACCOUNT, Account(public_url, ACCOUNT))
    credential = Credential(tenant, key, ACCOUNT, frozenset({Scope.WRITE}), _ALWAYS, vouched_by=authority)
    statements.store_statements(
        session,
        [Statement(UUID(value["id"]), value, orjson.dumps(value)) for value in values],
        credential=credential,
        home_page=public_url,
        now=now,
        sink=sink,
        rule=Unclaimed(),
    )
