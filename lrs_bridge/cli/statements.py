"""``lrs-bridge statements``: what the LRS holds, given away, taken in, kept for as long as it must be, and erased."""

import getpass
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

import click

from lrs_bridge.app import now
from lrs_bridge.cli.common import open_parts
from lrs_bridge.db import read, transact
from lrs_bridge.errors import Invalid
from lrs_bridge.people import service as people
from lrs_bridge.rounds import retention as rounds
from lrs_bridge.web.parts import Parts
from lrs_bridge.xapi.credentials import service as credentials
from lrs_bridge.xapi.retention import service as retention
from lrs_bridge.xapi.retention.policy import Policy
from lrs_bridge.xapi.retention.tally import report
from lrs_bridge.xapi.statements.query import Query, parse_query
from lrs_bridge.xapi.transfer import service as transfer
from lrs_bridge.xapi.transfer.incoming import Fate, Refusal
from lrs_bridge.xapi.transfer.writers import Form, open_writer

PARTS_OF_BAR = 1000
SHOWN_REFUSALS = 20

tenant_option = click.option("--tenant", "slug", required=True)
dry_run_option = click.option("--dry-run", is_flag=True, help="Tell what would happen and change nothing.")
yes_option = click.option("--yes", is_flag=True, help="Do not ask first; needed where there is no terminal to ask at.")


@click.group()
def statements() -> None:
    """Export, import, keep and erase statements."""


@contextmanager
def _bar(label: str) -> Iterator[Callable[[float], None]]:
    """A progress bar on standard error, when that is a terminal; what is given is told shares of the whole."""
    with click.progressbar(length=PARTS_OF_BAR, label=label, file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        yield lambda share: bar.update(max(int(share * PARTS_OF_BAR) - bar.pos, 0))


def _operator() -> str:
    try:
        return f"operator:{getpass.getuser()}"
    except (KeyError, OSError):  # a container's user without a name
        return "operator"


def _open(slug: str) -> Parts:
    parts = open_parts()
    read(parts.engine, partial(people.get_tenant, tenant=slug))
    return parts


# Out


@statements.command("export")
@tenant_option
@click.option("--format", "form", type=click.Choice([form.value for form in Form]), default=Form.NDJSON.value)
@click.option("--output", default="-", help="A file, or - for standard output.")
@click.option("--agent", help="JSON of an Agent or identified Group.")
@click.option("--verb", help="IRI.")
@click.option("--activity", help="IRI.")
@click.option("--registration", help="UUID.")
@click.option("--since", help="Stored after this instant (RFC 3339).")
@click.option("--until", help="Stored at this instant or before.")
@click.option("--related-agents", is_flag=True, help="As in the API.")
@click.option("--related-activities", is_flag=True, help="As in the API.")
@click.option("--ascending", is_flag=True, help="The oldest first.")
@click.option("--voided", is_flag=True, help="Those that were voided, too.")
@click.option("--attachments", "folder", type=click.Path(file_okay=False, path_type=Path), help="Copy their attachments there.")
def export(slug: str, form: str, output: str, *, voided: bool, folder: Path | None, **filters: Any) -> None:
    """Write statements to a file, filtered as in the API."""
    parts = _open(slug)
    query = _query(slug, filters)
    destination = nullcontext(sys.stdout.buffer) if output == "-" else transfer.written_whole(Path(output))
    try:
        with destination as file:
            pages = transfer.export_statements(partial(read, parts.engine), slug, query, voided=voided)
            contents = None if folder is None else transfer.Contents(parts.settings.data_dir, folder)
            count = _write(_with_attachments(parts, slug, pages, contents), file, Form(form))
    except OSError as error:
        raise Invalid(f"{error.filename or output} can't be written: {error.strerror}", field="output") from error
    click.echo(f"{count} statements were exported.", err=True)


def _query(slug: str, filters: dict[str, Any]) -> Query:
    said = {name: "true" if value is True else value for name, value in filters.items() if value not in (None, False)}
    asked = parse_query(said, slug)
    assert isinstance(asked, Query)  # noqa: S101  no id was given
    return asked


def _with_attachments(
    parts: Parts, slug: str, pages: Iterator[transfer.Exported], contents: transfer.Contents | None
) -> Iterator[transfer.Exported]:
    for page in pages:
        if contents is not None:
            transfer.copy_attachments(partial(read, parts.engine), slug, page.statements, contents)
        yield page
    if contents is not None:
        missing = f"; {len(contents.missing)} could not be read" if contents.missing else ""
        click.echo(f"{len(contents.copied)} attachments are in {contents.folder}{missing}.", err=True)


def _write(pages: Iterator[transfer.Exported], file: BinaryIO, form: Form) -> int:
    writer, count = open_writer(form, file), 0
    with _bar("Exporting") as progress:
        for page in pages:
            writer.write(page.statements)
            count += len(page.statements)
            progress(page.share)
    writer.close()
    file.flush()
    return count


# In


@statements.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@tenant_option
@click.option("--credential", "key", required=True, help="The key in whose name they are stored.")
@dry_run_option
@click.option("--keep-authority", is_flag=True, help="Keep who vouched for each statement, where it says so.")
@click.option("--errors", type=click.Path(dir_okay=False, path_type=Path), help="Write a JSON line for each refused one here.")
@click.option("--again", is_flag=True, help="From the beginning, also when this very file was imported before.")
@click.option(
    "--attachments",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Take their contents from there.",
)
def import_(
    file: Path, slug: str, key: str, *, dry_run: bool, keep_authority: bool, errors: Path | None, again: bool, folder: Path | None
) -> None:
    """Store the statements of FILE: NDJSON, a JSON array, or pages of another LRS; also packed by gzip.

    A run that was cut short goes on where it was. Exit status 1 when a statement was refused.
    """
    parts = _open(slug)
    credential = read(parts.engine, partial(credentials.get_credential, tenant=slug, key=key))
    with _refusals(errors) as told, _bar("Importing") as progress:
        work = transfer.Import(
            read=partial(read, parts.engine),
            write=partial(transact, parts.engine),
            credential=credential,
            home_page=parts.settings.public_url,
            sink=parts.completion_sink,
            clock=parts.clock,
            max_bytes=parts.settings.max_statement_bytes,
            keep_authority=keep_authority,
            contents=None if folder is None else transfer.Contents(parts.settings.data_dir, folder),
            told=told,
            progress=progress,
        )
        result = transfer.import_statements(work, file, slug, dry_run=dry_run, again=again)
    for line in _told(result, dry_run=dry_run):
        click.echo(line)
    sys.exit(result.refused > 0)


@contextmanager
def _refusals(errors: Path | None) -> Iterator[Callable[[Refusal], None]]:
    """Where refusals are told: the first on standard error, all in the errors file."""
    file = errors.open("wb") if errors else None
    shown = 0

    def told(refusal: Refusal) -> None:
        nonlocal shown
        shown += 1
        if file:
            file.write(refusal.as_json())
        if shown <= SHOWN_REFUSALS:
            where = f"line {refusal.line}, statement {refusal.number}"
            rule = f" ({refusal.rule})" if refusal.rule else ""
            more = "; --attachments DIR brings contents" if (refusal.field or "").endswith("fileUrl") else ""
            click.echo(f"{where}: {refusal.fate}: {refusal.message}{rule}{more}", err=True)
        elif shown == SHOWN_REFUSALS + 1:
            click.echo("and more; --errors FILE lists them all" if file is None else f"and more, see {errors}", err=True)

    try:
        yield told
    finally:
        if file:
            file.close()


def _told(result: transfer.Result, *, dry_run: bool) -> Iterator[str]:
    if result.finished_at is not None:
        yield f"This file was imported to its end at {result.finished_at:%Y-%m-%d %H:%M} UTC; --again goes through it once more."
        return
    if result.skipped:
        yield f"{result.skipped} statements were dealt with by an earlier run."
    yield f"{result.fates[Fate.STORED]} {'would be' if dry_run else 'were'} stored."
    for fate in (Fate.PRESENT, Fate.CONFLICTING, Fate.INVALID, Fate.ERASED):
        if result.fates[fate]:
            yield f"{result.fates[fate]} {fate}."
    if not dry_run:
        yield f"{result.completions} completions came of them."


# Keeping and erasing


@statements.command("erase")
@tenant_option
@click.option("--agent", help="JSON of the Agent.")
@click.option("--person", type=click.UUID, help="Id of a person known here, with all identifiers that statements can have.")
@dry_run_option
@yes_option
def erase(slug: str, agent: str | None, person: UUID | None, *, dry_run: bool, yes: bool) -> None:
    """Erase what the LRS and hosted courses hold of a person who asks for it.

    Evidence of activities that were signed, or sent to be, stays whole: the signature covers its digest, and the duty to document
    goes before erasure (GDPR, article 17(3)(b)). Every statement that goes leaves a tombstone without content.
    """
    if (agent is None) == (person is None):
        raise click.UsageError("name the person by --agent or by --person")
    parts = _open(slug)
    if person is not None:
        rule = read(parts.engine, partial(retention.rule_of_person, tenant=slug, person_id=person, actor=_operator()))
    else:
        rule = retention.rule_of_agent(str(agent), actor=_operator())
    _confirm("Erase for good? Backups apart, nothing brings it back.", asked=not (yes or dry_run))
    with _bar("Looking" if dry_run else "Erasing") as progress:
        go = retention.preview if dry_run else retention.carry_out
        tally = go(rounds.sweep_of(parts, progress), slug, rule)
    click.echo("\n".join(report(tally, dry_run=dry_run)))


def _confirm(question: str, *, asked: bool) -> None:
    """Goes on when somebody says yes; where nobody sits at a terminal, only --yes says so."""
    if not asked:
        return
    if not sys.stdin.isatty():
        raise click.UsageError("this can't be undone and nobody is here to be asked; say --yes to do it, or --dry-run to see")
    click.confirm(question, abort=True)


@statements.group("retention")
def retention_() -> None:
    """Policies by which statements are erased when they are old enough; the worker runs them daily."""


@retention_.command("add")
@click.argument("name")
@tenant_option
@click.option(
    "--older-than", type=click.IntRange(min=1), required=True, metavar="DAYS", help="Counted from when they were stored."
)
@click.option("--verb", help="Only statements of this verb (IRI).")
@click.option("--activity", help="Only about activities whose IRI begins so.")
@click.option("--person", type=click.UUID, help="Only of this person.")
@click.option("--disabled", is_flag=True, help="The worker leaves it alone until it is enabled.")
def add_policy(name: str, slug: str, *, older_than: int, disabled: bool, **only: Any) -> None:
    """Add the policy NAME. See what it would do with: retention run NAME --dry-run"""
    filters = {"verb": only["verb"], "activity": only["activity"], "person_id": only["person"]}
    policy = Policy(slug, name, older_than, now(), **filters, enabled=not disabled)
    transact(_open(slug).engine, partial(retention.add_policy, policy=policy, actor=_operator(), now=now()))
    click.echo(f"Policy {name} was added.")


@retention_.command("list")
@tenant_option
def list_policies(slug: str) -> None:
    """Show the policies, and the runs that erased lately."""
    parts = _open(slug)
    for policy in read(parts.engine, partial(retention.list_policies, tenant=slug)):
        click.echo(_shown(policy))
    for run in read(parts.engine, partial(retention.recent_erasures, tenant=slug)):
        ended = "" if run.ended_at else "  (cut short, or under way)"
        click.echo(f"{run.began_at:%Y-%m-%d %H:%M}  {run.reason}  {run.actor}  erased {run.erased}, held {run.held}{ended}")


def _shown(policy: Policy) -> str:
    only = {"verb": policy.verb, "activity": policy.activity, "person": policy.person_id}
    filters = "".join(f"  {name} {value}" for name, value in only.items() if value)
    last = f"last run {policy.last_run_at:%Y-%m-%d %H:%M}" if policy.last_run_at else "never run"
    return f"{policy.name}  older than {policy.older_than_days} days{filters}  {'' if policy.enabled else 'disabled, '}{last}"


@retention_.command("remove")
@click.argument("name")
@tenant_option
def remove_policy(name: str, slug: str) -> None:
    """End a policy; what it erased stays erased."""
    transact(_open(slug).engine, partial(retention.remove_policy, tenant=slug, name=name, actor=_operator(), now=now()))
    click.echo(f"Policy {name} was removed.")


@retention_.command("enable")
@click.argument("name")
@tenant_option
@click.option("--off", is_flag=True, help="Let it rest instead.")
def enable_policy(name: str, slug: str, *, off: bool) -> None:
    """Let the worker run a policy."""
    change = partial(retention.enable_policy, tenant=slug, name=name, enabled=not off, actor=_operator(), now=now())
    transact(_open(slug).engine, change)
    click.echo(f"Policy {name} {'rests' if off else 'is run daily'}.")


@retention_.command("run")
@click.argument("name", required=False)
@tenant_option
@dry_run_option
@yes_option
def run_policies(name: str | None, slug: str, *, dry_run: bool, yes: bool) -> None:
    """Run the policy NAME now, or all that are enabled."""
    parts = _open(slug)
    if name is None:
        policies = [each for each in read(parts.engine, partial(retention.list_policies, tenant=slug)) if each.enabled]
    else:
        policies = [read(parts.engine, partial(retention.get_policy, tenant=slug, name=name))]
    _confirm(f"Run {len(policies)} policies? What they erase is gone for good.", asked=bool(policies) and not (yes or dry_run))
    for policy in policies:
        with _bar(policy.name) as progress:
            if dry_run:
                rule = rounds.rule_of(parts, policy, actor=_operator())
                tally = retention.preview(rounds.sweep_of(parts, progress), slug, rule)
            else:
                tally = rounds.run(parts, policy, actor=_operator(), progress=progress)
        click.echo(f"{policy.name}:")
        click.echo("\n".join(report(tally, dry_run=dry_run)))
