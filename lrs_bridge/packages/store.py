"""The queries of packages."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, bindparam, insert, select

from lrs_bridge.db import Prepared, Session
from lrs_bridge.packages.notice import Notice
from lrs_bridge.packages.package import Content, Package
from lrs_bridge.packages.recognise import Kind
from lrs_bridge.packages.tables import package, package_file

BATCH = 5000


def insert_package(session: Session, new: Package, structure: str) -> None:
    """Adds a package, without its files."""
    values = {
        "tenant_id": new.tenant,
        "package_id": new.package_id,
        "kind": new.kind,
        "edition": new.edition,
        "tool": new.tool,
        "title": new.title,
        "structure": structure,
        "notices": msgspec.to_builtins(new.notices),
        "file_name": new.file_name,
        "sha256": new.sha256,
        "length": new.length,
        "added_at": new.added_at,
        "added_by": new.added_by,
    }
    session.execute(insert(package), values)


def insert_files(session: Session, tenant: str, package_id: UUID, contents: Mapping[str, Content]) -> None:
    """Adds the paths of a package."""
    rows = [
        {"tenant_id": tenant, "package_id": package_id, "path": path, "sha256": one.sha256, "length": one.length}
        for path, one in contents.items()
    ]
    for start in range(0, len(rows), BATCH):
        session.execute(insert(package_file), rows[start : start + BATCH])


def find_packages(session: Session, tenant: str, ids: Collection[UUID]) -> dict[UUID, Package]:
    """The packages with those ids."""
    columns = [column for column in package.c if column.name != "structure"]
    query = select(*columns).where(package.c.tenant_id == tenant, package.c.package_id.in_(ids))
    return {row.package_id: _package(row) for row in session.execute(query)}


def find_structure(session: Session, tenant: str, package_id: UUID) -> str | None:
    """What a package's manifest says, as it is kept."""
    query = select(package.c.structure).where(package.c.tenant_id == tenant, package.c.package_id == package_id)
    found: str | None = session.execute(query).scalar_one_or_none()
    return found


def find_content(session: Session, tenant: str, package_id: UUID, path: str) -> Content | None:
    """The content at a path of a package."""
    rows = _CONTENT.all(session, {"tenant": tenant, "package": package_id, "path": path})
    return Content(_octets(rows[0][0]), rows[0][1]) if rows else None


def _octets(value: Any) -> bytes:
    return bytes.fromhex(value.removeprefix("\\x")) if isinstance(value, str) else bytes(value)


_CONTENT = Prepared(
    select(package_file.c.sha256, package_file.c.length).where(
        package_file.c.tenant_id == bindparam("tenant"),
        package_file.c.package_id == bindparam("package"),
        package_file.c.path == bindparam("path"),
    )
)


def count_contents(session: Session, tenant: str, ids: Collection[UUID]) -> dict[UUID, int]:
    """How many files each package has."""
    query = select(package_file.c.package_id).where(package_file.c.tenant_id == tenant, package_file.c.package_id.in_(ids))
    counts: dict[UUID, int] = {}
    for (package_id,) in session.execute(query):
        counts[package_id] = counts.get(package_id, 0) + 1
    return counts


def known(session: Session, tenant: str, sums: Collection[bytes]) -> set[bytes]:
    """Those of the contents that some package has."""
    query = select(package_file.c.sha256).where(package_file.c.tenant_id == tenant, package_file.c.sha256.in_(sums)).distinct()
    return {bytes(found) for (found,) in session.execute(query)}


def _package(row: Row[Any]) -> Package:
    return Package(
        tenant=row.tenant_id,
        package_id=row.package_id,
        kind=Kind(row.kind),
        edition=row.edition,
        tool=row.tool,
        title=row.title,
        notices=tuple(msgspec.convert(row.notices, list[Notice])),
        file_name=row.file_name,
        sha256=bytes(row.sha256),
        length=row.length,
        added_at=row.added_at,
        added_by=row.added_by,
    )
