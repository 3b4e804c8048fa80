"""Callers of the LRS for functional tests."""

import base64
from datetime import UTC, datetime

from lrs_bridge.db import open_engine, transact
from lrs_bridge.xapi.credentials import service

VERSION = {"X-Experience-API-Version": "1.0.3"}


def new_key(engine, *scopes, tenant="demo", name="Læringsportalen") -> tuple[str, str]:
    """Key and secret of a learning system, with scope ``all`` when none is named."""
    wanted = scopes or ("all",)
    return transact(
        engine, lambda s: service.create_credential(s, tenant=tenant, name=name, scopes=wanted, now=datetime.now(UTC))
    )


def new_key_at(database_url, *scopes, **more) -> tuple[str, str]:
    """The same for a server in another process."""
    engine = open_engine(database_url)
    try:
        return new_key(engine, *scopes, **more)
    finally:
        engine.dispose()


def basic(key: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode()}


class Caller:
    """One key's view of the LRS through Flask's client."""

    def __init__(self, client, engine, *scopes, **more) -> None:
        self.client = client
        self.key, self.secret = new_key(engine, *scopes, **more)
        self.headers = basic(self.key, self.secret) | VERSION

    def __call__(self, method, path="/xapi/statements", *, headers=None, **more):
        return self.client.open(path, method=method, headers=self.headers | (headers or {}), **more)

    def post(self, value, **more):
        return self("POST", json=value, **more)

    def get(self, **parameters):
        return self("GET", query_string=parameters)

    def stored(self) -> list[dict]:
        return self.get().json["statements"]
