"""``lrs-bridge credentials``: keys by which learning systems reach the LRS."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import click

from lrs_bridge.app import now
from lrs_bridge.cli.common import open_parts
from lrs_bridge.db import read, transact
from lrs_bridge.people import service as people
from lrs_bridge.xapi.credentials import service as lrs_keys
from lrs_bridge.xapi.credentials.connection import Connection
from lrs_bridge.xapi.credentials.credential import Credential, parse_scopes, tenant_of
from lrs_bridge.xapi.credentials.cross_origin import parse_origins
from lrs_bridge.xapi.credentials.journal import service as journals
from lrs_bridge.xapi.credentials.journal.service import Usage
from lrs_bridge.xapi.credentials.terms import LONGEST_OVERLAP_HOURS, MOST_REQUESTS, OVERLAP_HOURS, Terms

LONGEST_DAYS = 36_500


@click.group()
def credentials() -> None:
    """Keys by which learning systems reach the LRS."""


@credentials.command("create")
@click.argument("name")
@click.option("--tenant", "slug", required=True)
@click.option("--scope", "scopes", multiple=True, default=["statements/write", "statements/read/mine"], help="May be repeated.")
@click.option("--origin", "origins", multiple=True, help="Of pages that may use the key; may be repeated; none: any page.")
@click.option("--requests-per-minute", "rate", type=click.IntRange(1, MOST_REQUESTS), help="Left out: no limit.")
@click.option("--expires", "days", type=click.IntRange(1, LONGEST_DAYS), help="Days until the key ends by itself.")
@click.option("--note", default="", help="Shown to administrators.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def create_credentials(slug: str, days: int | None, *, as_json: bool, **given: Any) -> None:
    """Make a key and secret for the learning system NAME; the secret is shown this once."""
    at = now()
    terms = Terms(
        name=given["name"],
        scopes=parse_scopes(given["scopes"]),
        origins=parse_origins(given["origins"]),
        requests_per_minute=given["rate"],
        expires_at=None if days is None else at + timedelta(days=days),
        note=given["note"],
    )

    def work(session: Any) -> tuple[str, str]:
        people.get_tenant(session, slug)
        return lrs_keys.open_credential(session, slug, terms, now=at)

    _tell(*transact(open_parts().engine, work), as_json=as_json)


@credentials.command("list")
@click.option("--tenant", "slug", required=True)
def list_credentials(slug: str) -> None:
    """Show a tenant's keys: what they may do, and whether they still work."""
    parts = open_parts()
    for each in read(parts.engine, lambda session: lrs_keys.list_credentials(session, slug)):
        click.echo(f"{each.key}  {each.name}  {_state(each, now())}  {' '.join(sorted(each.scopes))}")


@credentials.command("show")
@click.argument("key")
def show_credential(key: str) -> None:
    """Show how to connect with a key, and what went wrong lately."""
    parts = open_parts()

    def work(session: Any) -> tuple[Credential, Usage]:
        found = lrs_keys.get_credential(session, tenant_of(key), key)
        return found, journals.usage(session, found.tenant, key, now())

    found, usage = read(parts.engine, work)
    for line in (*_described(found, parts.settings.public_url), *_reported(usage)):
        click.echo(line)


@credentials.command("rotate")
@click.argument("key")
@click.option(
    "--overlap",
    default=OVERLAP_HOURS,
    type=click.IntRange(0, LONGEST_OVERLAP_HOURS),
    help="Hours for which the present secret works on; 0 when it has leaked: tokens end as well.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def rotate_credential(key: str, overlap: int, *, as_json: bool) -> None:
    """Give a key a new secret, which is shown this once."""
    hours = timedelta(hours=overlap)
    work = partial(lrs_keys.rotate_credential, tenant=tenant_of(key), key=key, overlap=hours, now=now())
    _tell(key, transact(open_parts().engine, work), as_json=as_json)


@credentials.command("revoke")
@click.argument("key")
def revoke_credential(key: str) -> None:
    """End a key and its tokens within a second, on every node."""
    transact(open_parts().engine, lambda session: lrs_keys.revoke_credential(session, tenant_of(key), key, now()))
    click.echo(f"{key} no longer works.")


def _tell(key: str, secret: str, *, as_json: bool) -> None:
    click.echo(json.dumps({"key": key, "secret": secret}) if as_json else f"key: {key}\nsecret: {secret}")


def _state(credential: Credential, at: datetime) -> str:
    return "works" if credential.is_valid(at) else "ended"


def _described(found: Credential, public_url: str) -> Iterator[str]:
    connection = Connection(public_url, found.key)
    yield f"{found.name}: {_state(found, now())}"
    yield f"endpoint: {connection.endpoint}"
    yield f"tokens: {connection.token_address}"
    yield f"scopes: {' '.join(sorted(found.scopes))}"
    yield f"origins: {' '.join(found.origins) or 'any'}"
    yield f"requests per minute: {found.requests_per_minute or 'unlimited'}"
    yield f"ends: {found.expires_at.isoformat(timespec='seconds') if found.expires_at else 'never'}"


def _reported(usage: Usage) -> Iterator[str]:
    for found in usage.report:
        spoken = ", ".join(version or "no version header" for version in found.versions)
        yield f"{found.requests} requests {found.finding.value}: {spoken}, from {', '.join(found.programs)}"
    for refusal in usage.refusals:
        last = refusal.last
        said = f"{last.message or last.code or last.status}"
        yield f"refused {refusal.times} times, last {last.at.isoformat(timespec='seconds')}: {refusal.reason.value}: {said}"
