"""Tokens issued and revoked in an open transaction."""

import secrets
from datetime import datetime

from lrs_bridge.db import Session
from lrs_bridge.xapi.credentials import service as credentials
from lrs_bridge.xapi.credentials.credential import SECRET_BYTES, Credential, Scope, secret_hash
from lrs_bridge.xapi.credentials.oauth import server, store
from lrs_bridge.xapi.credentials.oauth.server import Form
from lrs_bridge.xapi.credentials.oauth.token import LIFETIME, MOST_PER_KEY, Grant
from lrs_bridge.xapi.exchange import Answer


class StoredTokens:
    """``server.Tokens`` on the database, as of one instant. ``client`` is who was recognised."""

    def __init__(self, session: Session, now: datetime) -> None:
        self._session = session
        self._now = now
        self.client: Credential | None = None

    def find_client(self, key: str, secret: str) -> Credential | None:
        """See ``server.Tokens``."""
        self.client = credentials.find_by_secret(self._session, key, secret, self._now)
        return self.client

    def issue(self, credential: Credential, scopes: frozenset[Scope]) -> tuple[str, int]:
        """A token for an hour, or until the credential ends."""
        end = min(self._now + LIFETIME, credential.expires_at or self._now + LIFETIME)
        token = f"{credential.key}.{secrets.token_hex(SECRET_BYTES)}"
        whose = credential.tenant, credential.key
        store.forget_tokens(self._session, *whose, self._now, most=MOST_PER_KEY - 1)
        store.add_token(self._session, *whose, secret_hash(token), Grant(scopes, self._now, end))
        return token, int((end - self._now).total_seconds())

    def revoke(self, credential: Credential, token: str) -> None:
        """See ``server.Tokens``."""
        store.end_token(self._session, credential.tenant, credential.key, secret_hash(token))


def answer_token(session: Session, form: Form, now: datetime) -> tuple[Answer, Credential | None]:
    """The answer to a request for a token, and who asked."""
    tokens = StoredTokens(session, now)
    return server.answer_token(form, tokens), tokens.client


def answer_revocation(session: Session, form: Form, now: datetime) -> tuple[Answer, Credential | None]:
    """The answer to the revocation of a token, and who asked."""
    tokens = StoredTokens(session, now)
    return server.answer_revocation(form, tokens), tokens.client
