"""Hosted cmi5 courses for the administration API; implements ``ports.CourseHost``."""

from datetime import datetime
from typing import BinaryIO
from uuid import UUID

from lrs_bridge.cmi5.course import CourseStructure
from lrs_bridge.cmi5.service import Outlets
from lrs_bridge.db import Engine, Session, read, transact
from lrs_bridge.errors import Invalid, NotFound
from lrs_bridge.hosting.attempts import service as attempts
from lrs_bridge.hosting.attempts.service import Learner
from lrs_bridge.hosting.launching import service as launching
from lrs_bridge.hosting.library import service as library
from lrs_bridge.identity import Account, identifier_of
from lrs_bridge.packages import service as packages
from lrs_bridge.packages.archive import Limits
from lrs_bridge.packages.package import Package
from lrs_bridge.packages.recognise import Kind
from lrs_bridge.people import service as people
from lrs_bridge.plans.courses import service as courses
from lrs_bridge.plans.courses.service import Editor
from lrs_bridge.ports import HostedContent, SystemSigner
from lrs_bridge.settings import Settings


class ImportedCourses:
    """cmi5 courses that programs bring, and learners whom they register."""

    def __init__(self, engine: Engine, settings: Settings, outlets: Outlets, signer: SystemSigner) -> None:
        self._engine, self._settings, self._outlets, self._signer = engine, settings, outlets, signer

    def take(self, file: BinaryIO, file_name: str, *, tenant: str, owner_id: UUID | None, now: datetime) -> UUID:
        """Makes a course of a package or a course structure; see the port. Raises Invalid when it is of another standard."""
        owner = owner_id or self._administrator(tenant, now)
        data_dir = self._settings.data_dir
        uploaded = library.take_upload(file, file_name, tenant=tenant, data_dir=data_dir, limits=Limits(), by=owner, now=now)
        if uploaded.package.kind is not Kind.CMI5:
            raise Invalid(f"this is a {uploaded.package.edition} package; only cmi5 is imported here", field="package")
        editor = Editor(owner, self._signer, now)
        public_url = self._settings.public_url
        return transact(
            self._engine,
            lambda session: library.add_hosted(session, uploaded, owner_id=owner, public_url=public_url, editor=editor),
        )

    def _administrator(self, tenant: str, now: datetime) -> UUID:
        found = read(self._engine, lambda session: people.administrators(session, tenant, now))
        if not found:
            raise Invalid("there is no administrator; say whose course it is", field="owner")
        return found[0]

    def get_content(self, session: Session, tenant: str, course_id: UUID) -> HostedContent:
        """The course in its newest version. Raises NotFound, also for courses of other standards."""
        hosted = library.get_hosted(session, tenant, course_id)
        package = library.newest_version(session, tenant, course_id).package
        _require_cmi5(package)
        course = courses.get_course(session, tenant, hosted.course_id)
        structure = packages.structure_of(session, tenant, package.package_id, CourseStructure)
        notices = tuple(f"{each.place}: {each.message}" if each.place else each.message for each in package.notices)
        return HostedContent(course_id, package.package_id, course.iri, course.title, structure, notices)

    def begin(
        self, session: Session, tenant: str, course_id: UUID, *, id: UUID, learner: Account, name: str, now: datetime
    ) -> None:
        """Begins an attempt, registered with cmi5; see the port."""
        hosted = library.get_hosted(session, tenant, course_id)
        _require_cmi5(library.newest_version(session, tenant, course_id).package)
        identifier = identifier_of(learner)
        person_id = people.resolve(session, tenant, [identifier]).get(identifier)
        attempt = attempts.begin_as(session, tenant, hosted, Learner(learner, name, person_id), id, now=now)
        launching.register(session, tenant, attempt, outlets=self._outlets, now=now)

    def files_url(self, session: Session, tenant: str, id: UUID, *, now: datetime) -> str | None:
        """Where the attempt's files are. Raises NotFound."""
        attempt = attempts.get_attempt(session, tenant, id)
        return launching.files_url(self._settings, attempt, tenant, now)


def _require_cmi5(package: Package) -> None:
    if package.kind is not Kind.CMI5:
        raise NotFound("there is no such cmi5 course", field="course")
