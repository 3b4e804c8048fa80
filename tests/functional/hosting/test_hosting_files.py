"""Files of packages: whole and in ranges, as browsers keep them, and what is not there."""

import shutil
from urllib.parse import quote

import pytest

from tests.support.packages import single_sco

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # tests/store/packages has both databases

VIDEO = bytes(range(256)) * 40
NAMES = {
    "video/1.mp4": VIDEO,
    "kurs/Innføring – del 1.html": b"<p>1</p>",
    "100% sikker & god;x=1.txt": b"2",
    "a+b c.txt": b"3",
    "quote'\".txt": b"4",
    "latin.html": b'<meta charset="iso-8859-1">\xe6\xf8\xe5',
    "empty.txt": b"",
    "sw.js": b"self",
    "lib/app.mjs": b"",
    "no ending": b"5",
}


@pytest.fixture
def player(school):
    return school.sit(school.host(single_sco() | NAMES))


@pytest.fixture
def base(player):
    return player.state()["files"]


@pytest.mark.parametrize("path", NAMES)
def test_serves_a_file_under_its_encoded_name(player, base, path):
    answer = player.get(base + quote(path))
    assert answer.status_code == 200
    assert answer.data == NAMES[path]
    assert answer.headers["Content-Length"] == str(len(NAMES[path]))
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in answer.headers
    assert "attachment" not in answer.headers.get("Content-Disposition", "")


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("index.html", "text/html"),
        ("latin.html", "text/html"),
        ("course.js", "text/javascript"),
        ("lib/app.mjs", "text/javascript"),
        ("video/1.mp4", "video/mp4"),
        ("imsmanifest.xml", "application/xml"),
        ("no ending", "application/octet-stream"),
    ],
)
def test_names_the_type_and_forces_no_character_set(player, base, path, content_type):
    assert player.get(base + quote(path)).headers["Content-Type"] == content_type


@pytest.mark.parametrize(
    ("asked", "status", "told", "content"),
    [
        ("bytes=0-9", 206, f"bytes 0-9/{len(VIDEO)}", VIDEO[:10]),
        ("bytes=100-", 206, f"bytes 100-{len(VIDEO) - 1}/{len(VIDEO)}", VIDEO[100:]),
        ("bytes=-16", 206, f"bytes {len(VIDEO) - 16}-{len(VIDEO) - 1}/{len(VIDEO)}", VIDEO[-16:]),
        ("bytes=0-99999999", 206, f"bytes 0-{len(VIDEO) - 1}/{len(VIDEO)}", VIDEO),
        (f"bytes={len(VIDEO)}-", 416, f"bytes */{len(VIDEO)}", None),
    ],
)
def test_serves_ranges(player, base, asked, status, told, content):
    answer = player.get(base + "video/1.mp4", headers={"Range": asked})
    assert (answer.status_code, answer.headers.get("Content-Range")) == (status, told)
    assert content is None or answer.data == content


def test_lets_browsers_keep_a_file_and_ask_whether_it_has_changed(player, base):
    whole = player.get(base + "video/1.mp4")
    tag = whole.headers["ETag"]
    assert whole.headers["Cache-Control"] == "private, max-age=86400"
    again = player.get(base + "video/1.mp4", headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == tag
    assert player.get(base + "video/1.mp4", headers={"If-None-Match": '"other"'}).status_code == 200
    part = player.get(base + "video/1.mp4", headers={"Range": "bytes=0-0", "If-Range": tag})
    assert (part.status_code, part.data) == (206, VIDEO[:1])
    assert player.get(base + "video/1.mp4", headers={"Range": "bytes=0-0", "If-Range": '"other"'}).status_code == 200


def test_answers_to_what_asks_for_headers_alone(player, base):
    answer = player.app.test_client().head(base + "video/1.mp4", base_url=player.origin, buffered=True)
    assert (answer.status_code, answer.headers["Content-Length"], answer.data) == (200, str(len(VIDEO)), b"")


@pytest.mark.parametrize(
    "path",
    [
        "nothing.html",
        "",
        "video",
        "video/",
        "INDEX.html",
        "../index.html",
        "..%2f..%2findex.html",
        "%2e%2e/%2e%2e/lrs_bridge.sqlite3",
        "/etc/passwd",
        "%00",
        "index.html%00",
        "%ff%fe",
        "a" * 3000,
        "\\index.html",
        "C:%5Cindex.html",
    ],
)
def test_has_no_file_that_the_package_does_not_have(player, base, path):
    answer = player.get(base + path, follow_redirects=True)
    assert answer.status_code == 404
    assert "SQLite" not in answer.text
    assert "root:" not in answer.text


def test_finds_a_file_when_slashes_are_doubled(player, base):
    assert player.get(f"{base}/video//1.mp4", follow_redirects=True).data == VIDEO


def test_has_no_file_of_another_package(school, player, base):
    school.host({**single_sco("2nd"), "secret.txt": "s"})
    assert player.get(base + "secret.txt").status_code == 404


def test_says_that_it_can_not_be_read_when_a_file_is_gone_from_the_disk(school, player, base, tmp_path):
    assert player.get(base + "video/1.mp4").status_code == 200
    shutil.rmtree(tmp_path / "packages")
    answer = player.get(base + "video/1.mp4")
    assert answer.status_code == 503
    assert str(tmp_path) not in answer.text


def test_serves_no_file_that_the_disk_has_cut_off(school, player, base, tmp_path):
    for path in (tmp_path / "packages" / school.tenant).glob("*/*"):
        path.write_bytes(path.read_bytes()[:-1])
    assert player.get(base + "video/1.mp4").status_code == 503


def test_lets_no_course_install_a_service_worker(player, base):
    asked = {"Service-Worker": "script"}
    assert player.get(base + "sw.js", headers=asked).status_code == 403
    assert player.get(base + "sw.js").status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_takes_no_file(player, base, method):
    answer = player.app.test_client().open(base + "index.html", method=method, base_url=player.origin)
    assert answer.status_code in {404, 405}
