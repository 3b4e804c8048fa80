"""``lrs-bridge credentials``: keys by which learning systems reach the LRS."""

import json
from typing import Any

import click

from lrs_bridge.app import now
from lrs_bridge.cli.common import open_parts
from lrs_bridge.db import read, transact
from lrs_bridge.people import service as people
from lrs_bridge.xapi.credentials import service as lrs_keys
from lrs_bridge.xapi.credentials.credential import tenant_of


@click.group()
def credentials() -> None:
    """Keys by which learning systems reach the LRS."""


@credentials.command("create")
@click.argument("name")
@click.option("--tenant", "slug", required=True)
@click.option("--scope", "scopes", multiple=True, default=["statements/write", "statements/read/mine"], help="May be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def create_credentials(name: str, slug: str, scopes: tuple[str, ...], *, as_json: bool) -> None:
    """Make a key and secret for the learning system NAME; the secret is shown this once."""

    def work(session: Any) -> tuple[str, str]:
        people.get_tenant(session, slug)
        return lrs_keys.create_credential(session, tenant=slug, name=name, scopes=scopes, now=now())

    key, secret = transact(open_parts().engine, work)
    click.echo(json.dumps({"key": key, "secret": secret}) if as_json else f"key: {key}\nsecret: {secret}")


@credentials.command("list")
@click.option("--tenant", "slug", required=True)
def list_credentials(slug: str) -> None:
    """Show a tenant's keys: what they may do, and whether they still work."""
    parts = open_parts()
    for each in read(parts.engine, lambda session: lrs_keys.list_credentials(session, slug)):
        state = "works" if each.is_valid(now()) else "ended"
        click.echo(f"{each.key}  {each.name}  {state}  {' '.join(sorted(each.scopes))}")


@credentials.command("revoke")
@click.argument("key")
def revoke_credential(key: str) -> None:
    """End a key at once, on every node."""
    transact(open_parts().engine, lambda session: lrs_keys.revoke_credential(session, tenant_of(key), key, now()))
    click.echo(f"{key} no longer works.")
