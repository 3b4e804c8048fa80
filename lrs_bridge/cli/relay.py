"""``lrs-bridge relay``: statements on their way to other LRSs, and from them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import click

from lrs_bridge.app import now
from lrs_bridge.cli.common import open_parts
from lrs_bridge.db import read, transact
from lrs_bridge.people import service as people
from lrs_bridge.xapi.model.version import Version
from lrs_bridge.xapi.relay import service
from lrs_bridge.xapi.relay.filter import parse_filter
from lrs_bridge.xapi.relay.relay import STALL_MINUTES, Direction, Setup, parse_setup, require_allowed
from lrs_bridge.xapi.relay.service import Standing

ACTOR = "system"  # whoever may run commands here
Command = Callable[..., Any]


def _of_tenant(command: Command) -> Command:
    return click.option("--tenant", "slug", required=True)(command)


def _setup_options(command: Command) -> Command:
    for option in reversed(
        (
            click.argument("name"),
            click.option("--tenant", "slug", required=True),
            click.option("--endpoint", required=True, help="The other LRS's address, as its documentation gives it."),
            click.option("--key", required=True),
            click.option("--secret", prompt=True, hide_input=True, help="Asked for when left out."),
            click.option("--version", type=click.Choice([str(version) for version in Version]), default=str(Version.V1)),
            click.option("--verb", "verbs", multiple=True, help="Only statements with this verb; may be repeated."),
            click.option(
                "--activity", "activities", multiple=True, help="Only about this activity; * at the end: what begins so."
            ),
            click.option("--actor", "actors", multiple=True, help="Only of this account home page, or mailbox @domain."),
            click.option("--profile", "profiles", multiple=True, help="Only with this activity as a category."),
            click.option("--from", "start", default="now", help="beginning, now, or a timestamp."),
            click.option("--stall-minutes", default=str(STALL_MINUTES), help="So long without getting on is a stall."),
        )
    ):
        command = option(command)
    return command


@click.group()
def relay() -> None:
    """Statements to other learning record stores, and from them."""


@relay.command("add-forwarding")
@_setup_options
@click.option("--without-assigned", is_flag=True, help="Leave out stored and authority.")
def add_forwarding(**what: Any) -> None:
    """Send this tenant's statements on to the LRS called NAME."""
    _add(Direction.FORWARDING, assigned=not what.pop("without_assigned"), **what)


@relay.command("add-pull")
@_setup_options
def add_pull(**what: Any) -> None:
    """Fetch the statements of the LRS called NAME."""
    _add(Direction.PULL, assigned=True, **what)


def _add(direction: Direction, *, slug: str, start: str, **what: Any) -> None:
    setup = _setup(**what)
    parts = open_parts()
    require_allowed(setup.endpoint, parts.settings.allow_private_networks)

    def work(session: Any) -> None:
        people.get_tenant(session, slug)
        key = parts.settings.master_key
        service.add_relay(session, slug, direction, setup, start=start, master_key=key, by=ACTOR, now=now())

    transact(parts.engine, work)
    click.echo(f"The {direction} {setup.name} is set up; lrs-bridge worker runs it.")


def _setup(**what: Any) -> Setup:
    lists = {name: what.pop(name) for name in ("verbs", "activities", "actors", "profiles")}
    return parse_setup(filter=parse_filter(lists), **what)


@relay.command("list")
@_of_tenant
def list_relays(slug: str) -> None:
    """Show the tenant's forwardings and pulls, and how each fares."""
    parts = open_parts()
    for found in read(parts.engine, lambda session: service.standings(session, slug, now())):
        click.echo(_line(found))
        if found.relay.troubles:
            last = found.relay.troubles[0]
            click.echo(f"    last trouble at {last.at:%Y-%m-%d %H:%M:%S}Z: {last.message}")


def _line(found: Standing) -> str:
    one = found.relay
    waiting = f"{found.waiting}{'+' if found.waiting == service.COUNTED else ''} waiting, " if found.waiting else ""
    lag = timedelta(seconds=int(found.lag.total_seconds()))
    counts = f"{one.relayed} relayed, {waiting}lag {lag}, {found.dead_letters} dead letters"
    return f"{one.name}  {one.direction}  {found.light}  {one.endpoint}  {counts}"


@relay.command("pause")
@click.argument("name")
@_of_tenant
def pause(name: str, slug: str) -> None:
    """Let a forwarding or pull rest."""
    _change(slug, name, service.pause_relay)
    click.echo(f"{name} is paused.")


@relay.command("resume")
@click.argument("name")
@_of_tenant
def resume(name: str, slug: str) -> None:
    """Let it go on where it stopped."""
    _change(slug, name, service.resume_relay)
    click.echo(f"{name} goes on.")


@relay.command("remove")
@click.argument("name")
@_of_tenant
@click.confirmation_option(prompt="Remove it with its dead letters?")
def remove(name: str, slug: str) -> None:
    """Remove it and its dead letters; statements stay."""
    _change(slug, name, service.remove_relay)
    click.echo(f"{name} is removed.")


@relay.command("replay")
@click.argument("name")
@_of_tenant
@click.option("--from", "start", required=True, help="beginning, a timestamp, or for a forwarding a statement's id.")
def replay(name: str, slug: str, start: str) -> None:
    """Begin anew from a statement or a time; what the other side has already is recognised."""
    _change(slug, name, service.replay, start)
    click.echo(f"{name} begins anew.")


@relay.command("dead-letters")
@click.argument("name")
@_of_tenant
@click.option("--limit", default=100, type=click.IntRange(min=1))
def dead_letters(name: str, slug: str, limit: int) -> None:
    """Show the statements that were refused, the newest first, and why."""

    def work(session: Any) -> Any:
        return service.dead_letters(session, service.get_named(session, slug, name), limit)

    for letter in read(open_parts().engine, work):
        queued = "  (to be tried again)" if letter.queued else ""
        about = letter.statement_id or "(no id)"
        click.echo(f"{letter.letter_id}  {letter.last_at:%Y-%m-%d %H:%M:%S}Z  {about}  attempts: {letter.attempts}{queued}")
        click.echo(f"    {letter.reason}")


@relay.command("resend")
@click.argument("name")
@_of_tenant
@click.option("--letter", type=click.UUID, help="One dead letter; default: all.")
def resend(name: str, slug: str, letter: UUID | None) -> None:
    """Try dead letters again."""
    click.echo(f"{_change(slug, name, service.resend, letter)} will be tried again.")


@relay.command("forget")
@click.argument("name")
@_of_tenant
@click.option("--letter", type=click.UUID, help="One dead letter; default: all.")
def forget(name: str, slug: str, letter: UUID | None) -> None:
    """Take dead letters off the list."""
    click.echo(f"{_change(slug, name, service.forget, letter)} taken off the list.")


def _change(slug: str, name: str, act: Callable[..., Any], *more: Any) -> Any:
    def work(session: Any) -> Any:
        found = service.get_named(session, slug, name)
        return act(session, slug, found.relay_id, *more, by=ACTOR, now=now())

    return transact(open_parts().engine, work)
