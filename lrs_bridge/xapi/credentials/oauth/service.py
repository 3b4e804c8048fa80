"""Tokens issued and revoked: who asks is read, and only what they are entitled to is written."""

import secrets
from collections.abc import Callable
from datetime import datetime

from lrs_bridge.db import Session
from lrs_bridge.errors import Unauthenticated
from lrs_bridge.ports import InTransaction
from lrs_bridge.xapi.credentials import service as credentials
from lrs_bridge.xapi.credentials.credential import SECRET_BYTES, Credential, Scope, secret_hash
from lrs_bridge.xapi.credentials.oauth import store
from lrs_bridge.xapi.credentials.oauth.token import LIFETIME, MOST_PER_KEY, Grant


class StoredTokens:
    """``server.Tokens`` on the database, as of one instant. ``client`` is who was recognised.

    ``read`` and ``write`` each do one piece of work in a transaction of its own, so that nobody makes the database write who is
    not known. ``admit`` counts the request of who is, and raises what refuses it.
    """

    def __init__(self, read: InTransaction, write: InTransaction, admit: Callable[[Credential], None], now: datetime) -> None:
        self._read = read
        self._write = write
        self._admit = admit
        self._now = now
        self._secret = ""
        self.client: Credential | None = None

    def find_client(self, key: str, secret: str) -> Credential | None:
        """See ``server.Tokens``."""
        self._secret = secret
        self.client = self._read(lambda session: credentials.find_by_secret(session, key, secret, self._now))
        if self.client is not None:
            self._admit(self.client)
        return self.client

    def issue(self, credential: Credential, scopes: frozenset[Scope]) -> tuple[str, int]:
        """A token for an hour, or until the credential ends. Raises Unauthenticated when its secret has ended meanwhile."""
        end = min(self._now + LIFETIME, credential.expires_at or self._now + LIFETIME)
        token = f"{credential.key}.{secrets.token_hex(SECRET_BYTES)}"
        self._write(lambda session: self._add(session, credential, token, Grant(scopes, self._now, end)))
        return token, int((end - self._now).total_seconds())

    def _add(self, session: Session, credential: Credential, token: str, grant: Grant) -> None:
        if credentials.find_by_secret(session, credential.key, self._secret, self._now) is None:
            raise Unauthenticated("the key or its secret has just ended", field="Authorization")
        whose = credential.tenant, credential.key
        store.forget_tokens(session, *whose, self._now, most=MOST_PER_KEY - 1)
        store.add_token(session, *whose, secret_hash(token), grant)

    def revoke(self, credential: Credential, token: str) -> None:
        """See ``server.Tokens``."""
        self._write(lambda session: store.end_token(session, credential.tenant, credential.key, secret_hash(token)))
