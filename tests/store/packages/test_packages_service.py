"""Packages in the database and on disk: kept once a tenant, found again, and swept when nobody has them."""

import hashlib
import io
import os
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

import pytest

from lrs_bridge.db import read, transact
from lrs_bridge.errors import Invalid, NotFound, Unavailable
from lrs_bridge.hosting.reading import read_package
from lrs_bridge.packages import service
from lrs_bridge.packages import store as queries
from lrs_bridge.packages.archive import Limits, open_archive
from lrs_bridge.packages.notice import Code, Notice
from lrs_bridge.packages.package import Content, Package
from lrs_bridge.packages.recognise import Kind
from lrs_bridge.packages.tincan import TincanCourse
from lrs_bridge.scorm.manifest.model import Manifest
from tests.support import cast
from tests.support.cast import NORTH, SOUTH
from tests.support.packages import single_sco, with_entry, zipped

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
FILES = {**single_sco(), "media/æøå – 1.mp4": "x" * 200_000, "copy.js": single_sco()["course.js"]}


@pytest.fixture
def tenants(engine):
    transact(engine, cast.load)
    return engine


def package(number=1, tenant=NORTH, **changes):
    given = {
        "tenant": tenant,
        "package_id": UUID(int=number),
        "kind": Kind.SCORM,
        "edition": "SCORM 2004 4th Edition",
        "tool": "Adapt 5.31.2",
        "title": "Kurs æøå",
        "notices": (Notice(Code.ODD_VALUE, "something odd", "imsmanifest.xml", 3, "CAM 3"), Notice(Code.FLASH, "x")),
        "file_name": "kurs.zip",
        "sha256": hashlib.sha256(b"zip").digest(),
        "length": 1 << 40,
        "added_at": NOW,
        "added_by": None,
    }
    return Package(**given | changes)


def keep(engine, folder, new, files=None):
    content = io.BytesIO(zipped(FILES if files is None else files))
    found = read_package(content, Limits())
    contents = service.keep_contents(found.archive, data_dir=folder, tenant=new.tenant)
    transact(engine, lambda s: service.add_package(s, new, found.structure, contents))
    return found, contents


def test_finds_a_package_again_as_it_was_kept(tenants, tmp_path):
    found, contents = keep(tenants, tmp_path, package())
    assert read(tenants, lambda s: service.get_package(s, NORTH, UUID(int=1))) == package()
    assert read(tenants, lambda s: service.structure_of(s, NORTH, UUID(int=1), Manifest)) == found.structure
    assert read(tenants, lambda s: service.count_contents(s, NORTH, [UUID(int=1), UUID(int=9)])) == {UUID(int=1): len(FILES)}
    for path, content in FILES.items():
        kept = read(tenants, lambda s: service.get_content(s, NORTH, UUID(int=1), path))  # noqa: B023
        assert kept == contents[path] == Content(hashlib.sha256(content.encode()).digest(), len(content.encode()))
        assert service.file_of(kept, data_dir=tmp_path, tenant=NORTH).read_text() == content


def test_keeps_each_content_once_a_tenant(tenants, tmp_path):
    keep(tenants, tmp_path, package(1))
    keep(tenants, tmp_path, package(2))
    keep(tenants, tmp_path, package(1, SOUTH))
    for tenant in (NORTH, SOUTH):
        files = [path for path in (tmp_path / "packages" / tenant).glob("*/*") if path.is_file()]
        assert len(files) == len(FILES) - 1  # two paths hold the same
    assert not list((tmp_path / "packages").glob("*/.coming*"))


def test_finds_nothing_that_is_not_there_and_nothing_of_others(tenants, tmp_path):
    keep(tenants, tmp_path, package())
    for tenant, number, path in ((SOUTH, 1, "index.html"), (NORTH, 2, "index.html"), (NORTH, 1, "gone")):
        with pytest.raises(NotFound):
            read(tenants, lambda s: service.get_content(s, tenant, UUID(int=number), path))  # noqa: B023
    for tenant, number in ((SOUTH, 1), (NORTH, 2)):
        with pytest.raises(NotFound):
            read(tenants, lambda s: service.get_package(s, tenant, UUID(int=number)))  # noqa: B023
        with pytest.raises(NotFound):
            read(tenants, lambda s: service.structure_of(s, tenant, UUID(int=number), TincanCourse))  # noqa: B023
    assert read(tenants, lambda s: service.find_packages(s, NORTH, [UUID(int=1), UUID(int=2)])).keys() == {UUID(int=1)}


def test_keeps_packages_of_thousands_of_files(tenants):
    contents = {f"a/{number}.html": Content(number.to_bytes(32), number) for number in range(queries.BATCH + 10)}
    structure = read_package(io.BytesIO(zipped(single_sco())), Limits()).structure
    transact(tenants, lambda s: service.add_package(s, package(), structure, contents))
    last = read(tenants, lambda s: service.get_content(s, NORTH, UUID(int=1), f"a/{queries.BATCH + 9}.html"))
    assert last == Content((queries.BATCH + 9).to_bytes(32), queries.BATCH + 9)


def test_reads_an_uploaded_file_from_its_beginning():
    file = io.BytesIO(b"x" * 200_000)
    file.seek(7)
    assert service.digest_of(file) == Content(hashlib.sha256(b"x" * 200_000).digest(), 200_000)


def test_leaves_nothing_half_written_of_an_archive_that_lies(tmp_path):
    archive = open_archive(io.BytesIO(with_entry("evil.txt", b"x" * 1000, size=3)), Limits())
    with pytest.raises(Invalid):
        service.keep_contents(archive, data_dir=tmp_path, tenant=NORTH)
    assert not list((tmp_path / "packages").glob("*/.coming*"))


def test_says_when_the_disk_will_not_have_it(tmp_path):
    archive = open_archive(io.BytesIO(zipped(FILES)), Limits())
    (tmp_path / "packages").write_text("a file where a folder should be")
    with pytest.raises(Unavailable):
        service.keep_contents(archive, data_dir=tmp_path, tenant=NORTH)


@pytest.mark.parametrize("harm", ["gone", "shorter"])
def test_says_when_a_file_is_not_as_it_was(tenants, tmp_path, harm):
    _, contents = keep(tenants, tmp_path, package())
    place = service.file_of(contents["index.html"], data_dir=tmp_path, tenant=NORTH)
    place.unlink() if harm == "gone" else place.write_bytes(b"")
    with pytest.raises(Unavailable):
        service.file_of(contents["index.html"], data_dir=tmp_path, tenant=NORTH)


def test_sweeps_old_files_that_no_package_has(tenants, tmp_path):
    _, kept = keep(tenants, tmp_path, package())
    given_up = open_archive(
        io.BytesIO(zipped({"a.txt": "given up", "b.txt": "another", "index.html": FILES["index.html"]})), Limits()
    )
    lost = service.keep_contents(given_up, data_dir=tmp_path, tenant=NORTH)
    half = tmp_path / "packages" / NORTH / ".coming-abc"
    half.write_text("half")
    sweep = partial(service.sweep, partial(transact, tenants), NORTH, data_dir=tmp_path)
    real = datetime.now(UTC)
    assert sweep(now=real) == 0  # they may be on their way
    assert sweep(now=real + service.SWEEP_AGE + timedelta(hours=1)) == 3
    assert not half.exists()
    assert sweep(now=real + timedelta(days=9)) == 0
    for content in kept.values():
        assert service.file_of(content, data_dir=tmp_path, tenant=NORTH).exists()
    with pytest.raises(Unavailable):
        service.file_of(lost["a.txt"], data_dir=tmp_path, tenant=NORTH)


def test_sweeps_no_file_that_has_come_again(tenants, tmp_path):
    """An upload whose content lies there from one that was given up makes it young again."""
    archive = open_archive(io.BytesIO(zipped(FILES)), Limits())
    lost = service.keep_contents(archive, data_dir=tmp_path, tenant=NORTH)
    old = (datetime.now(UTC) - timedelta(days=5)).timestamp()
    for content in lost.values():
        os.utime(service.file_of(content, data_dir=tmp_path, tenant=NORTH), (old, old))
    again = service.keep_contents(archive, data_dir=tmp_path, tenant=NORTH)
    removed = service.sweep(partial(transact, tenants), NORTH, data_dir=tmp_path, now=datetime.now(UTC))
    assert removed == 0
    for content in again.values():
        assert service.file_of(content, data_dir=tmp_path, tenant=NORTH).exists()
