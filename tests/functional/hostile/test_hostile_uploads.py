"""Hostile packages at the door: refused with a reason that an owner can act on, and nothing of them is left."""

import io
import socket
import zipfile

import pytest

from tests.support.browsing import submit
from tests.support.hostile import (
    drawn_out,
    external_dtds,
    laughing_attribute,
    left_on_disk,
    many_small_bombs,
    overlapping,
    quoting,
)
from tests.support.packages import (
    billion_laughs,
    item_xml,
    manifest_xml,
    resource_xml,
    scripted_titles,
    single_sco,
    with_entry,
    xxe_manifest,
    zip_bomb,
    zipped,
)

LINK, DEVICE = 0o120777, 0o020666
SERVER_FILE = "root:"


def with_manifest(manifest):
    return zipped(single_sco() | {"imsmanifest.xml": manifest})


def launching(href):
    return manifest_xml(resources=resource_xml(href=href, spelling="scormtype"))


REFUSED = {
    "parent": (with_entry("../evil.txt"), "../evil.txt points out of the package"),
    "parent in the middle": (with_entry("a/../../evil.txt"), "points out of the package"),
    "parent that stays inside": (with_entry("x/../imsmanifest.xml"), "points out of the package"),
    "absolute": (with_entry("/etc/cron.d/evil"), "is an absolute path"),
    "drive": (with_entry("C:evil.txt"), "is an absolute path"),
    "backslash": (with_entry("..\\evil.txt"), "has a backslash in its name"),
    "control character": (with_entry("a\nb"), "has a control character in its name"),
    "twice": (with_entry("./imsmanifest.xml"), "is in the package twice"),
    "link": (with_entry("link", b"/etc/passwd", mode=LINK), "is a link or a device"),
    "device": (with_entry("null", mode=DEVICE), "is a link or a device"),
    "encrypted": (with_entry("sealed", flags=1), "is encrypted"),
    "shorter than it is": (with_entry("lie", b"x" * 100_000, size=10), "lie is damaged"),
    "longer than it is": (with_entry("lie", b"x" * 10, size=100_000), "is not as long as the package's directory says"),
    "zip bomb": (zip_bomb(), "as in a zip bomb"),
    "many small bombs": (many_small_bombs(), "as a zip bomb is"),
    "overlapping": (overlapping(), "overlaps another entry"),
    "path that no index takes": (zipped(single_sco() | {"\u6f22" * 900: "x"}), "has a name of more than 1000 characters"),
    "nothing but a zip file": (zipped({"inner.zip": zip_bomb()}), "a zip file in a zip file"),
    "file of the server": (with_manifest(xxe_manifest()), "document type declaration"),
    "entities that double": (with_manifest(billion_laughs()), "amplification"),
    "entities that double in an attribute": (with_manifest(laughing_attribute()), "amplification"),
    "depth": (with_manifest(manifest_xml(items=drawn_out(300))), "Excessive depth"),
    "identifier": (with_manifest(manifest_xml(items=item_xml("i" * 251, "Side", "r1"))), "more than 250 characters"),
    "script in the place of a page": (
        with_manifest(launching("javascript:alert(1)")),
        "javascript:",
    ),
    "page of another file system": (with_manifest(launching("file:///etc/passwd")), "file:"),
    "nothing": (b"", "the file is empty"),
    "no zip": (b"#!/bin/sh\nrm -rf /\n", "this is not a zip file"),
}


@pytest.mark.parametrize(("content", "reason"), REFUSED.values(), ids=REFUSED)
def test_refuses_with_a_reason_and_leaves_nothing(school, content, reason):
    school.browser("owner")
    before = school.counts()
    answer = school.upload(content)
    assert answer.status_code == 400
    assert reason in answer.json["message"]
    assert {answer.json["field"], answer.json["rule"]}.isdisjoint({None, ""})
    assert SERVER_FILE not in answer.text
    assert left_on_disk(school.app) == []
    assert school.counts() == before


def test_asks_no_other_server_for_a_dtd_or_a_part(school):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.3)
        answers = [school.upload(with_manifest(made)) for made in external_dtds(f"http://127.0.0.1:{server.getsockname()[1]}/x")]
        with pytest.raises(TimeoutError):
            server.accept()
    assert {answer.status_code for answer in answers} == {201, 400}


def test_unpacks_no_archive_in_a_package(school):
    inner = zip_bomb()
    player = school.sit(school.host(single_sco() | {"inner.zip": inner}))
    with player.file("inner.zip") as answer:
        assert (answer.data, answer.mimetype) == (inner, "application/zip")


def test_keeps_names_that_no_database_or_page_takes_as_they_can_be_kept(school):
    assert school.upload(single_sco(), name="../../a\0\u202eb.zip").status_code == 201
    (package,) = school.rows("package")
    assert (package.file_name[0], package.file_name[-5:], "\0" in package.file_name) == ("a", "b.zip", False)


def test_takes_large_forms_from_none_but_those_who_host(school, app):
    app.config["MAX_CONTENT_LENGTH"] = 1000
    large = single_sco() | {"noise.bin": bytes(range(256)) * 40}
    raw = zipped(large, compression=zipfile.ZIP_STORED)
    assert school.upload(raw, who="kari").status_code == 413
    assert school.upload(raw, who="owner").status_code == 201


def test_shows_titles_as_text_wherever_they_stand(school):
    hosted_id = school.host(scripted_titles())
    attempt_id = school.begin(hosted_id)
    player = school.play(attempt_id)
    evil = '<script>alert("calls")</script>'
    calls = [[1_800_000_000_000, evil, evil, evil, evil, 101]]
    assert player.commit({"cmi.suspend_data": evil, evil: evil}, calls=calls, current=evil).status_code == 200
    owners = ("/hosted", f"/hosted/{hosted_id}", f"/hosted/{hosted_id}/attempts", f"/hosted/{hosted_id}/attempts/{attempt_id}")
    pages = [school.browser("owner").get(path) for path in (*owners, f"/hosted/{hosted_id}/destinations")]
    pages += [school.browser("kari").get(path) for path in (f"/learn/{hosted_id}", f"/learn/attempts/{attempt_id}")]
    assert [page.status_code for page in pages] == [200] * 7
    assert [quoting(page.text, "<script>parent", "<script>alert", "<img src=x") for page in pages] == [[]] * 7
    assert "&lt;script&gt;alert(" in pages[3].text


def test_titles_stay_text_in_thin_packages_for_other_systems(school):
    hosted_id = school.host(scripted_titles())
    owner = school.browser("owner")
    path = f"/hosted/{hosted_id}/destinations"
    assert submit(owner, path, name="</script><script>", edition="1.2").status_code == 303
    package = owner.get(owner.get(path).text.split(f'href="{path}/')[1].split('"')[0].join((f"{path}/", "")))
    with zipfile.ZipFile(io.BytesIO(package.data)) as thin:
        texts = [thin.read(name).decode() for name in ("index.html", "imsmanifest.xml")]
    assert [quoting(text, "<script>parent", "<img src=x") for text in texts] == [[], []]
