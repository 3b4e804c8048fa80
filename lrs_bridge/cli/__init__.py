"""The ``lrs-bridge`` command: one group per task, each a thin call into a room's service."""

import os
import sys
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import click

from lrs_bridge import __version__, doctor
from lrs_bridge import serve as server
from lrs_bridge import worker as background
from lrs_bridge.app import now
from lrs_bridge.cli.common import CONTEXT, Group, built, open_parts, read_settings
from lrs_bridge.cli.credentials import credentials
from lrs_bridge.cli.lti import lti
from lrs_bridge.cli.relay import relay
from lrs_bridge.cli.statements import statements
from lrs_bridge.db import migrations, read, transact
from lrs_bridge.demo import content as demo_content
from lrs_bridge.errors import LrsBridgeError
from lrs_bridge.people import service as people
from lrs_bridge.people.person import TenantRole
from lrs_bridge.settings import LANGUAGES, Settings, make_master_key
from lrs_bridge.signing import client as signing_client
from lrs_bridge.signing import service as signing
from lrs_bridge.web import logs
from lrs_bridge.xapi import client as xapi_client

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
VERBS = ("initialized", "completed", "passed", "failed", "terminated")


@click.group(cls=Group, context_settings=CONTEXT)
@click.version_option(__version__)
def main() -> None:
    """Learning Record Store and signing service. Configured by LRS_BRIDGE_* variables; see: lrs-bridge doctor."""


@main.command()
@click.option("--host", default="127.0.0.1")
@click.option("--port", default=8080)
@click.option("--workers", default=os.cpu_count() or 1, help="Worker processes.")
def serve(host: str, port: int, workers: int) -> None:
    """Serve users and learning systems."""
    settings = open_parts().settings
    if not settings.master_key:
        raise click.ClickException("there is no master key; set LRS_BRIDGE_MASTER_KEY or run: lrs-bridge db upgrade")
    click.echo(f"Serving at http://{host}:{port} (Ctrl+C stops).", err=True)
    server.serve(settings, host=host, port=port, workers=workers)


@main.command()
@click.option("--every", default=60, type=click.IntRange(min=1), help="Minutes between checks of the ledgers.")
@click.option("--relay-every", default=5, type=click.IntRange(min=1), help="Seconds between rounds of forwardings and pulls.")
@click.option("--lease", default=60, type=click.IntRange(min=1), help="Seconds until others take over from a worker that died.")
@click.option("--once", is_flag=True, help="One round of all, then end: exit status 1 when something was found or failed.")
def worker(*, every: int, relay_every: int, lease: int, once: bool) -> None:
    """Do what no user waits for: check the ledgers, and forward and pull statements, round after round."""
    parts = open_parts()
    logs.to_stderr(parts.settings.log_level)
    if once:
        sys.exit(background.once(parts) > 0)
    pauses = {"every": timedelta(minutes=every), "relay_every": timedelta(seconds=relay_every)}
    background.work(parts, **pauses, lease=timedelta(seconds=lease))


@main.group()
def db() -> None:
    """Look after the database."""


@db.command()
def upgrade() -> None:
    """Create or migrate the database, and make a master key in the data directory if none is configured."""
    settings = _set_up()
    click.echo(f"The database is up to date; the data directory is {settings.data_dir}")
    for warning in _seal_logs(settings):
        click.echo(warning, err=True)


def _seal_logs(settings: Settings) -> Iterator[str]:
    """Ledgers from before there was a transparency log get their first checkpoint; what stands in the way of one is told."""
    engine = built(settings).engine
    seal = partial(signing.seal_log, master_key=settings.master_key, public_url=settings.public_url, now=now())
    for each in read(engine, people.tenants):
        try:
            transact(engine, partial(seal, tenant=each.tenant))
        except LrsBridgeError as error:
            yield f"The transparency log of {each.tenant} has no checkpoint of its newest entries: {error.message}"


def _set_up() -> Settings:
    os.umask(0o077)  # the database holds what is known about people
    configured = read_settings()
    configured.data_dir.mkdir(parents=True, exist_ok=True)
    if not configured.master_key:
        configured = make_master_key(configured)
        click.echo(f"Made a master key in {configured.data_dir}; keep a copy apart from the database's backup.", err=True)
    migrations.upgrade(built(configured).engine)
    return configured


@main.group()
def demo() -> None:
    """Try the service with invented people and courses."""


@demo.command()
def load() -> None:
    """Set everything up and load the demo content; a second run changes nothing."""
    settings = _set_up()
    click.echo(demo_content.load(built(settings).engine, settings, now()).text())


@main.group()
def tenant() -> None:
    """Regions, trusts and municipalities that share this service."""


@tenant.command("create")
@click.argument("slug")
@click.option("--name", required=True, help="As shown to users.")
@click.option("--kind", type=click.Choice(["region", "trust", "municipality"]), default="trust")
@click.option("--language", type=click.Choice(LANGUAGES), default="nb")
def create_tenant(slug: str, name: str, kind: str, language: str) -> None:
    """Add a tenant with its first signing key."""
    parts = open_parts()

    def work(session: Any) -> None:
        people.add_tenant(session, slug, name=name, kind=kind, language=language)
        signing.ensure_key(session, slug, master_key=parts.settings.master_key, now=now())

    transact(parts.engine, work)
    click.echo(f"Tenant {slug} is ready.")


@main.group()
def account() -> None:
    """Local accounts, for those who can't log in by OpenID Connect."""


@account.command("create")
@click.argument("username")
@click.option("--tenant", "slug", required=True)
@click.option("--name", required=True, help="The person's name.")
@click.option("--administrator", is_flag=True, help="May see the work list and map courses.")
@click.password_option(help="Asked for when left out.")
def create_account(username: str, slug: str, name: str, *, administrator: bool, password: str) -> None:
    """Add a person with a user name and a password."""

    def work(session: Any) -> None:
        people.get_tenant(session, slug)
        person = people.add_person(session, slug, name=name, now=now())
        people.set_password(session, slug, username=username, person_id=person, password=password, now=now())
        if administrator:
            role = TenantRole.ADMINISTRATOR
            people.add_tenant_role(session, slug, person_id=person, role=role, starts_on=now().date())

    transact(open_parts().engine, work)
    click.echo(f"{name} can log in as {username}.")


@main.group()
def statement() -> None:
    """Report to an LRS as a learning system would."""


@statement.command()
@click.option("--endpoint", default="http://127.0.0.1:8080/xapi/")
@click.option("--key", envvar="LRS_KEY", required=True)
@click.option("--secret", envvar="LRS_SECRET", required=True)
@click.option("--email", help="The learner's mailbox.")
@click.option("--account", help="The learner's account, as HOMEPAGE NAME.", nargs=2)
@click.option("--name", help="The learner's name.")
@click.option("--course", required=True, help="The course's IRI.")
@click.option("--course-name")
@click.option("--score", type=click.FloatRange(-1, 1), help="Scaled score of the passed statement.")
@click.option("--verb", "verbs", multiple=True, type=click.Choice(VERBS), default=["initialized", "completed", "passed"])
def send(endpoint: str, key: str, secret: str, **what: Any) -> None:
    """Send initialized, completed and passed statements for a course."""
    if bool(what["email"]) == bool(what["account"]):
        raise click.UsageError("name the learner by --email or by --account")
    for statement_id in xapi_client.send_completion(endpoint, key, secret, **what):
        click.echo(statement_id)


@main.group()
def keys() -> None:
    """Keys that sign attestations."""


@keys.command()
@click.option("--tenant", "slug", required=True)
@click.option("--lost", is_flag=True, help="The master key that the present key was sealed with is gone.")
def rotate(slug: str, *, lost: bool) -> None:
    """Sign with a new key from now on; older keys stay published."""
    parts = open_parts()
    work = partial(signing.rotate_key, tenant=slug, master_key=parts.settings.master_key, now=now(), lost=lost)
    kid = transact(parts.engine, work)
    click.echo(f"New signing key {kid}")


@main.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--jwks", help="File or URL of the issuer's public keys; default: this installation's.")
@click.option("--chain", type=FILE, help="The issuer's published chain.")
@click.option("--checkpoint", type=FILE, help="A checkpoint of the log that you kept, or an attestation that you kept.")
@click.option("--consistency", type=FILE, help="The issuer's published proof between that checkpoint and the file's.")
def verify(file: Path, jwks: str | None, **given: Path | None) -> None:
    """Check a downloaded attestation: exit status 0 when it holds, 1 with the reason when not."""
    keys = signing_client.load_keys(jwks) if jwks else read(open_parts().engine, signing.known_keys)
    verdict = signing_client.verify_file(file, keys=keys, **given)
    stated = verdict.attestation
    click.echo(f"The signature holds: {stated.activity.title}, {stated.resident.name}.")
    click.echo(f"Entry {stated.sequence} of {stated.tenant.name}, issued {stated.issued_at}.")
    missing = len(stated.evidence) - verdict.evidence_checked
    click.echo(f"Evidence: {verdict.evidence_checked} checked, {missing} not in this file (only its digest).")
    click.echo("Chain: it stands in the list given." if verdict.chain_checked else "Chain: not asked for (--chain FILE).")
    if verdict.logged is None:
        click.echo("Log: this file carries no proof that it is in the log.")
        return
    click.echo(f"Log: it is entry {stated.sequence} of {verdict.logged.size}, by the checkpoint of {verdict.logged.at}.")
    if verdict.kept is None:
        click.echo("Kept checkpoint: none given (--checkpoint FILE).")
    else:
        click.echo(f"Kept checkpoint: the same log, which only grew ({verdict.kept.size} entries at {verdict.kept.at}).")


@main.command("doctor")
def examine() -> None:
    """Explain the set-up and what is wrong with it; exit status 1 when something is."""
    for line in doctor.settings_lines(os.environ):
        click.echo(line)
    findings = list(doctor.examine(built(read_settings())))
    click.echo()
    for finding in findings:
        click.echo(f"{finding.level:8} {finding.topic}: {finding.message}")
    sys.exit(any(finding.level is doctor.Level.PROBLEM for finding in findings))


main.add_command(credentials)
main.add_command(lti)
main.add_command(relay)
main.add_command(statements)
