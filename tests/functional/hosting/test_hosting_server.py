"""Hosted courses on the server as users run it: killed in the middle, and packages larger than what it may hold in memory."""

import io
import json
import time
import zipfile
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest
import requests

from lrs_bridge.app import create_app
from lrs_bridge.hosting.hosted import Stage
from lrs_bridge.web.session import COOKIE
from tests.support import browsing
from tests.support.environment import settings_for
from tests.support.hosting import open_school
from tests.support.live import LiveServer
from tests.support.packages import single_sco
from tests.support.plans import open_ward

MIB = 1024 * 1024
PACKAGE = 64 * MIB
MOST_GROWTH = 24  # MiB


@contextmanager
def schooled(server, engine, database_url, folder):
    """The school beside the server: the same database, keys and addresses."""
    ward = open_ward(engine)
    ward.clock = datetime.now(UTC)
    app = create_app(settings_for(database_url, folder, PUBLIC_URL=server.url))
    app.testing = True
    try:
        yield open_school(ward, app)
    finally:
        app.extensions["lrs_bridge"].engine.dispose()


class Line:
    """The player's line to the live server."""

    def __init__(self, server, player) -> None:
        parts = urlsplit(player.address)
        self.url, self.player = f"{server.url}{parts.path}", player
        self.session = requests.Session()
        self.session.headers["Host"] = parts.netloc

    def send(self, message):
        return self.session.post(f"{self.url}/commit", json=message, timeout=30)

    def state(self):
        return self.session.get(f"{self.url}/state", timeout=30).json()


def messages(player, count):
    """What a course sets page by page; each fifth page tells of its score, the last that it is passed."""
    for page in range(1, count + 1):
        cmi = {"cmi.suspend_data": f"{page:06}" * 50, "cmi.core.lesson_location": str(page)}
        if page % 5 == 0:
            cmi |= {"cmi.core.lesson_status": "incomplete", "cmi.core.score.raw": str(page % 100)}
        if page == count:
            cmi |= {"cmi.core.lesson_status": "passed", "cmi.core.score.raw": "95"}
        yield player.message(cmi, calls=[[page, "LMSCommit", "", "", "true", 0]])


def test_loses_nothing_that_was_acknowledged_when_the_server_is_killed(live_server, engine, database_url, tmp_path):
    with schooled(live_server, engine, database_url, tmp_path) as school:
        hosted_id = school.host()
        school.map(hosted_id, school.ward.intubation)
        player = school.sit(hosted_id)
        waiting = [player.message({}, reason="initialize"), *messages(player, 150)]
        acknowledged = []

        def play():
            line = Line(live_server, player)
            with suppress(requests.RequestException):
                for message in waiting:
                    assert line.send(message).status_code == 200
                    acknowledged.append(message)

        playing = Thread(target=play)
        playing.start()
        while len(acknowledged) < 30 and playing.is_alive():
            time.sleep(0.005)
        live_server.kill()
        playing.join()
        assert 30 <= len(acknowledged) < len(waiting)
        live_server.start()
        line = Line(live_server, player)
        last = acknowledged[-1]["cmi"]
        kept = line.state()["scos"]["i1"]["cmi"]
        assert int(kept["cmi.core.lesson_location"]) >= int(last["cmi.core.lesson_location"])
        assert {line.send(message).status_code for message in waiting[len(acknowledged) - 3 :]} == {200}  # three come again
        assert line.state()["scos"]["i1"]["cmi"] == waiting[-1]["cmi"]
        assert sorted(row.sequence for row in school.rows("scorm_commit")) == [message["sequence"] for message in waiting]
        assert school.attempt(line.state()["attempt"]).stage is Stage.PASSED
        assert len(school.rows("completion")) == 1
        ids = [json.loads(row.payload)["id"] for row in school.rows("statement")]
        assert len(set(ids)) == len(ids)


def test_answers_every_way_in_from_where_courses_run(live_server, engine, database_url, tmp_path):
    with schooled(live_server, engine, database_url, tmp_path) as school:
        player = school.sit(school.host())
        line = Line(live_server, player)
        frame = line.session.get(line.url, timeout=30)
        assert (frame.status_code, frame.cookies.get_dict()) == (200, {})
        page = line.session.get(live_server.url + line.state()["files"] + "index.html", timeout=30)
        assert page.status_code == 200
        assert "<h1>Kurs</h1>" in page.text
        assert line.session.get(f"{live_server.url}/login", timeout=30, allow_redirects=False).headers["Location"] == (
            f"{live_server.url}/login"
        )
        assert requests.get(line.url, timeout=30).status_code == 404  # on the application's host


# Memory


class Noise(io.RawIOBase):
    """A file of a package that is made as it is read."""

    def __init__(self, length) -> None:
        self.left = length

    def readable(self):
        return True

    def read(self, size=-1):
        size = min(self.left, size if size > 0 else self.left)
        self.left -= size
        return (b"0123456789abcdef" * (size // 16 + 1))[:size]


def made(folder, length) -> Path:
    """A package of that length, on disk, never in memory."""
    path = folder / "large.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, content in single_sco().items():
            archive.writestr(name, content)
        with archive.open("media/film.mp4", "w", force_zip64=True) as film:
            noise = Noise(length)
            while piece := noise.read(MIB):
                film.write(piece)
    return path


class Form:
    """The form that sends a package, piece by piece; ``requests`` asks for its length first."""

    def __init__(self, path, token) -> None:
        self.path = path
        self.head = (
            f'--x\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token}\r\n'
            '--x\r\nContent-Disposition: form-data; name="package"; filename="large.zip"\r\n'
            "Content-Type: application/zip\r\n\r\n"
        ).encode()
        self.tail = b"\r\n--x--\r\n"

    def __len__(self) -> int:
        return len(self.head) + self.path.stat().st_size + len(self.tail)

    def __iter__(self):
        yield self.head
        with self.path.open("rb") as file:
            while piece := file.read(MIB):
                yield piece
        yield self.tail


def send(server, path, token, headers):
    told = headers | {"Content-Type": "multipart/form-data; boundary=x"}
    return requests.post(f"{server.url}/hosted/new", data=Form(path, token), headers=told, timeout=120)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the bytes go to the disk
def test_takes_and_serves_a_large_package_in_constant_memory(engine, database_url, tmp_path):
    server = LiveServer(database_url, tmp_path, workers=1)
    server.start()
    try:
        with schooled(server, engine, database_url, tmp_path) as school:
            owner = school.browser("owner")
            token = browsing.token(owner)
            headers = {"Cookie": f"{COOKIE}={owner.get_cookie(COOKIE).value}", "Accept": "application/json"}
            small = made(tmp_path, 16)
            assert send(server, small, token, headers).status_code == 201
            before = server.peak_mib()
            large = made(tmp_path, PACKAGE)
            answer = send(server, large, token, headers)
            assert answer.status_code == 201, answer.text
            assert server.peak_mib() - before < MOST_GROWTH
            assert list((tmp_path / "uploads").iterdir()) == []
            player = school.sit(answer.json()["next"].rpartition("/")[2])
            line = Line(server, player)
            film = line.session.get(server.url + line.state()["files"] + "media/film.mp4", stream=True, timeout=60)
            assert sum(len(piece) for piece in film.iter_content(MIB)) == PACKAGE
            part = {"Range": f"bytes={PACKAGE - 10}-"}
            last = line.session.get(server.url + line.state()["files"] + "media/film.mp4", headers=part, timeout=60)
            assert (last.status_code, last.content) == (206, (b"0123456789abcdef" * 2)[-10:])
            assert server.peak_mib() - before < MOST_GROWTH
    finally:
        server.stop()
