"""``lrs-bridge lti``: learning platforms that launch us, and the keys that they know us by."""

import json
from typing import Any

import click

from lrs_bridge.app import now
from lrs_bridge.cli.common import open_parts
from lrs_bridge.db import read, transact
from lrs_bridge.lti.platforms import link as links
from lrs_bridge.lti.platforms import service
from lrs_bridge.lti.platforms.service import Listed
from lrs_bridge.people import service as people

ACTOR = "system"  # whoever may run commands here


@click.group()
def lti() -> None:
    """Learning platforms (Moodle, Canvas …) that launch this service."""


@lti.command("link")
@click.option("--tenant", "slug", required=True)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def make_link(slug: str, *, as_json: bool) -> None:
    """Make a link by which one learning platform registers itself; it is shown this once and ends after a week."""
    parts, at = open_parts(), now()

    def work(session: Any) -> str:
        people.get_tenant(session, slug)
        return service.make_link(session, slug, made_by=None, master_key=parts.settings.master_key, now=at)

    address = links.address(parts.settings.public_url, transact(parts.engine, work))
    ends_at = (at + links.VALID).isoformat(timespec="seconds")
    click.echo(json.dumps({"link": address, "ends_at": ends_at}) if as_json else address)


@lti.command("platforms")
@click.option("--tenant", "slug", required=True)
def list_platforms(slug: str) -> None:
    """Show the tenant's learning platforms, and how each fares."""
    parts = open_parts()

    def work(session: Any) -> list[Listed]:
        people.get_tenant(session, slug)
        return service.listed(session, slug, now())

    for found in read(parts.engine, work):
        one = found.platform
        last = f"last launch {one.last_launch_at:%Y-%m-%d %H:%M}Z" if one.last_launch_at else "no launch yet"
        counts = f"{found.deployments} deployments, {last}, {found.failures} failed in the last week"
        click.echo(f"{one.name}  {one.product}  {one.state}  {one.issuer}  {one.client_id}  {counts}")


@lti.group()
def keys() -> None:
    """Keys that learning platforms know this service by."""


@keys.command("rotate")
@click.option("--tenant", "slug", required=True)
@click.option("--lost", is_flag=True, help="The master key that the present keys were sealed with is gone.")
def rotate(slug: str, *, lost: bool) -> None:
    """Sign with the next key from now on; the present one stays published for a week."""
    parts, made = open_parts(), [service.new_key(), service.new_key()]
    key = parts.settings.master_key
    kid = transact(
        parts.engine,
        lambda session: service.rotate_keys(session, slug, master_key=key, by=ACTOR, now=now(), made=made, lost=lost),
    )
    click.echo(f"New LTI key {kid}")
