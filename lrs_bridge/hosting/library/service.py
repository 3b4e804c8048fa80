"""Hosted courses: packages are uploaded, become versions of a course, and are shown to its owner."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from uuid import UUID, uuid4

import msgspec

from lrs_bridge.db import Session, audit, lock
from lrs_bridge.errors import Conflict, Forbidden, NotFound
from lrs_bridge.hosting.hosted import HostedCourse, Policy, Version, course_iri
from lrs_bridge.hosting.library import store
from lrs_bridge.hosting.reading import STRUCTURES, ReadPackage, read_package
from lrs_bridge.packages import service as packages
from lrs_bridge.packages.archive import Limits
from lrs_bridge.packages.markup import plain_text
from lrs_bridge.packages.package import Content, Package
from lrs_bridge.packages.tool import Tool
from lrs_bridge.people import service as people
from lrs_bridge.people.access import Action
from lrs_bridge.people.person import Person
from lrs_bridge.plans.courses import service as courses
from lrs_bridge.plans.courses.service import CoursePage, Editor
from lrs_bridge.plans.mapping import Alias, Course

KNOWN_TO = "lrs-bridge"


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A package whose files are on disk, and which no course has yet."""

    package: Package
    read: ReadPackage
    contents: dict[str, Content]


# Uploading


def take_upload(
    file: BinaryIO, file_name: str, *, tenant: str, data_dir: Path, limits: Limits, by: UUID | None, now: datetime
) -> Uploaded:
    """Reads a package and writes its files to disk; in constant memory, outside of any transaction.

    Raises Invalid naming file, line and rule for what can't be played, Unavailable when the disk won't have it.
    """
    read = read_package(file, limits)
    contents = packages.keep_contents(read.archive, data_dir=data_dir, tenant=tenant) if read.archive else {}
    whole = packages.digest_of(file)
    package = Package(
        tenant=tenant,
        package_id=uuid4(),
        kind=read.kind,
        edition=read.edition,
        tool=_label(read.tool) if read.tool else None,
        title=read.title,
        notices=read.notices + (read.tool.advice if read.tool else ()),
        file_name=plain_text(Path(file_name.replace("\\", "/")).name),
        sha256=whole.sha256,
        length=whole.length,
        added_at=now,
        added_by=by,
    )
    return Uploaded(package, read, contents)


def _label(tool: Tool) -> str:
    return f"{tool.name} {tool.version}" if tool.version else tool.name


def add_hosted(session: Session, uploaded: Uploaded, *, owner_id: UUID, public_url: str, editor: Editor) -> UUID:
    """Makes a new course of an uploaded package, in the register too; gives its id. Raises Forbidden."""
    tenant, hosted_id = uploaded.package.tenant, uuid4()
    check_host(session, tenant, editor.person_id, None, editor.now)
    course = Course(
        uuid4(), course_iri(public_url, hosted_id), uploaded.package.title or uploaded.package.file_name, "1", owner_id
    )
    courses.add_course(session, tenant, course, known_to=KNOWN_TO, editor=editor)
    store.insert_hosted(session, tenant, HostedCourse(hosted_id, course.course_id, Policy(), editor.now))
    _add_version(session, tenant, hosted_id, uploaded, course.course_id, editor)
    return hosted_id


def add_version(session: Session, hosted_id: UUID, uploaded: Uploaded, *, editor: Editor) -> int:
    """Makes the package the newest version, which new attempts begin in; those under way go on in theirs. Gives its number.

    Raises NotFound, Forbidden, and Conflict for a package of another kind of standard when attempts could not be compared.
    """
    tenant = uploaded.package.tenant
    hosted = get_hosted(session, tenant, hosted_id)
    course = courses.get_course(session, tenant, hosted.course_id)
    check_host(session, tenant, editor.person_id, course, editor.now)
    newest = newest_version(session, tenant, hosted_id)
    if newest.package.sha256 == uploaded.package.sha256:
        raise Conflict("this very file is the newest version already", field="package")
    return _add_version(session, tenant, hosted_id, uploaded, hosted.course_id, editor)


def _add_version(  # noqa: PLR0917  what both ways have in common
    session: Session, tenant: str, hosted_id: UUID, uploaded: Uploaded, course_id: UUID, editor: Editor
) -> int:
    lock(session, f"versions of {hosted_id}")
    number = store.newest_number(session, tenant, hosted_id) + 1
    package = uploaded.package
    packages.add_package(session, package, uploaded.read.structure, uploaded.contents)
    store.insert_version(session, tenant, hosted_id, number, package.package_id, editor.now, package.added_by)
    for iri in uploaded.read.publisher_iris:
        _know_as(session, tenant, course_id, iri, uploaded.package, editor)
    detail = {"number": number, "package": str(package.package_id), "file": package.file_name, "edition": package.edition}
    audit.record(
        session,
        tenant,
        audit.AuditEvent(editor.now, f"person:{editor.person_id}", "hosted.version", f"hosted:{hosted_id}", detail),
    )
    return number


def _know_as(session: Session, tenant: str, course_id: UUID, iri: str, package: Package, editor: Editor) -> None:  # noqa: PLR0917
    """What the same course reports under where it is played elsewhere, unless another course has that address."""
    found = courses.find_course(session, tenant, iri)
    if found is None:
        courses.add_alias(session, tenant, course_id, Alias(iri, package.tool or package.edition), editor=editor)


def change_policy(session: Session, tenant: str, hosted_id: UUID, policy: Policy, *, editor: Editor) -> None:
    """Says how the course is taken from now on. Raises NotFound and Forbidden."""
    hosted = get_hosted(session, tenant, hosted_id)
    check_host(session, tenant, editor.person_id, courses.get_course(session, tenant, hosted.course_id), editor.now)
    store.set_policy(session, tenant, hosted_id, policy)
    detail = {"before": msgspec.to_builtins(hosted.policy), "after": msgspec.to_builtins(policy)}
    audit.record(
        session,
        tenant,
        audit.AuditEvent(editor.now, f"person:{editor.person_id}", "hosted.policy", f"hosted:{hosted_id}", detail),
    )


def check_host(session: Session, tenant: str, person_id: UUID, course: Course | None, now: datetime) -> None:
    """Raises Forbidden unless this person may host this course (None: a new one): its owner, or an administrator."""
    is_administrator = people.may(session, tenant, person_id, Action.MAP_COURSE, None, now)
    owns = course is None or course.owner_id == person_id
    if not is_administrator and not (owns and people.may(session, tenant, person_id, Action.HOST_COURSE, None, now)):
        raise Forbidden("only the course's owner or an administrator may do this", rule="host_course")


# Reading


def get_hosted(session: Session, tenant: str, hosted_id: UUID) -> HostedCourse:
    """The hosted course. Raises NotFound."""
    found = store.find_hosted(session, tenant, [hosted_id])
    if not found:
        raise NotFound("there is no such hosted course", field="hosted_id")
    return found[hosted_id]


def hosted_of_courses(session: Session, tenant: str, course_ids: Collection[UUID]) -> dict[UUID, HostedCourse]:
    """Those of the register's courses that are hosted here, by course."""
    return store.find_by_courses(session, tenant, course_ids)


def versions(session: Session, tenant: str, hosted_id: UUID) -> list[Version]:
    """The course's versions, the newest first."""
    rows = store.find_versions(session, tenant, [hosted_id])
    found = packages.find_packages(session, tenant, [package_id for _, _, package_id, _ in rows])
    return [Version(number, found[package_id], added_at) for _, number, package_id, added_at in rows]


def newest_version(session: Session, tenant: str, hosted_id: UUID) -> Version:
    """What new attempts begin in. Raises NotFound."""
    found = versions(session, tenant, hosted_id)
    if not found:
        raise NotFound("this course has no content yet", field="hosted_id")
    return found[0]


@dataclass(frozen=True, slots=True)
class HostedLine:
    """A hosted course in a list."""

    hosted: HostedCourse
    title: str
    owner: Person
    package: Package


def hosted_lines(  # noqa: PLR0917  a page of a search
    session: Session, tenant: str, words: str, owner_id: UUID | None, limit: int, offset: int = 0
) -> list[HostedLine]:
    """Hosted courses whose title holds the words, by title; of one owner unless None."""
    found = store.search(session, tenant, words.strip(), owner_id, limit, offset)
    newest: dict[UUID, UUID] = {}
    for hosted_id, _, package_id, _ in store.find_versions(session, tenant, [hosted.hosted_id for hosted, _, _ in found]):
        newest.setdefault(hosted_id, package_id)
    known = packages.find_packages(session, tenant, list(newest.values()))
    owners = people.persons(session, tenant, {owner for _, _, owner in found})
    return [HostedLine(hosted, title, owners[owner], known[newest[hosted.hosted_id]]) for hosted, title, owner in found]


@dataclass(frozen=True, slots=True)
class HostedPage:
    """Everything about one hosted course, for its owner."""

    hosted: HostedCourse
    course: CoursePage
    versions: list[Version]
    structure: msgspec.Struct
    files: int


def hosted_page(session: Session, tenant: str, hosted_id: UUID) -> HostedPage:
    """The course, its versions, and what the newest one holds. Raises NotFound."""
    hosted = get_hosted(session, tenant, hosted_id)
    found = versions(session, tenant, hosted_id)
    newest = found[0].package
    structure = packages.structure_of(session, tenant, newest.package_id, STRUCTURES[newest.kind])
    files = packages.count_contents(session, tenant, [newest.package_id]).get(newest.package_id, 0)
    return HostedPage(hosted, courses.course_page(session, tenant, hosted.course_id), found, structure, files)
