"""A learning platform that runs in a process and a virtual environment of its own, at ``http://localhost:<port>``."""

import json
import os
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import urlencode

import requests

from tests.support.lti.installing import python

HERE = Path(__file__).parent / "foreign"
SECONDS = 30


class ForeignPlatform:
    """Start it, register the tool with it, open its pages in a browser, and read back what arrived.

    Once it runs it has ``issuer``, ``client_id``, ``deployment_id``, ``authorization_url``, ``token_url``, ``jwks_url``, and
    ``subjects``: the ids that tools know its users by. Users are student, second (also a student), teacher and admin.
    """

    script = ""
    product = "other"
    issuer = client_id = deployment_id = authorization_url = token_url = jwks_url = ""
    token_audience = openid_configuration_url = None

    def __init__(self) -> None:
        self.url = ""
        self.subjects: dict[str, str] = {}
        self.running: subprocess.Popen[str] | None = None

    def start(self):
        self.folder = tempfile.TemporaryDirectory(prefix="lrs-bridge-platform-")
        self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115  it is open as long as the process
        environ = {name: value for name, value in os.environ.items() if not name.startswith(("COVERAGE_", "COV_"))}
        line = [python(), HERE / self.script]
        environ |= {"PYTHONWARNINGS": "ignore", "TMPDIR": self.folder.name}
        self.running = subprocess.Popen(
            line, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True
        )
        first = self.running.stdout.readline()
        if '"listening"' not in first:
            said = self.complaints()
            self.stop()
            raise RuntimeError(f"{self.script} did not start:\n{said}")
        self.url = f"http://localhost:{json.loads(first)['listening']}"
        self._know(self._ask("facts"))
        return self

    def stop(self) -> None:
        self.running.stdin.close()
        self.running.terminate()
        self.running.wait(SECONDS)
        self.running.stdout.close()
        self.log.close()
        self.folder.cleanup()

    __enter__ = start

    def __exit__(self, *_raised: object) -> None:
        self.stop()

    def complaints(self) -> str:
        """What the platform wrote to its error output: tracebacks of its own."""
        self.log.seek(0)
        return self.log.read()

    def register_tool(self, tool_url: str, tenant: str = "demo") -> None:
        """Tells it the tool's addresses, as its administrator types them in."""
        self._know(self._ask("tool", url=tool_url, keys_url=f"{tool_url}/lti/jwks/{tenant}.json"))

    def course_url(self, user: str = "student", link: str = "one", *, frame: bool = False) -> str:
        """The page of the course that opens the tool at that place: at the top, or in a frame."""
        query = {"user": user, "link": link} | ({"frame": "1"} if frame else {})
        return f"{self.url}/course?{urlencode(query)}"

    def deep_linking_url(self, user: str = "teacher", link: str = "one") -> str:
        """Where a teacher goes to choose what is placed."""
        return f"{self.url}/deep-linking?{urlencode({'user': user, 'link': link})}"

    def arrived(self, path: str = "") -> list[dict]:
        """What was asked of it, where the path holds the text: method, path, content_type, accept, body, status, answer."""
        return [each for each in self._ask("arrived") if path in each["path"]]

    def scores(self, subject: str | None = None) -> list[dict]:
        """The scores that arrived in order: the document, with ``path`` and the ``status`` that it was answered with."""
        found = []
        for each in self.arrived("/scores"):
            document = json.loads(each["body"])
            if subject in (None, document["userId"]):
                found.append({**document, "path": each["path"], "status": each["status"]})
        return found

    def stored(self) -> dict:
        """What it keeps: line_items, scores, content_items and (Open edX) grades."""
        return self._ask("stored")

    def grade(self, user: str, link: str, score: float, maximum: float) -> None:
        """Somebody grades a user there, not by this tool."""
        self._ask("grade", user=user, link=link, score=score, maximum=maximum)

    def options(self, **wanted: object) -> None:
        """Changes how it behaves; see the script."""
        self._ask("options", **wanted)

    def _know(self, facts: dict) -> None:
        vars(self).update(facts)

    def _ask(self, what: str, **wanted: object):
        answer = requests.post(f"{self.url}/tests/{what}", json=wanted, timeout=SECONDS)
        assert answer.status_code == 200, f"{answer.text}\n{self.complaints()}"
        return answer.json()


class OpenEdx(ForeignPlatform):
    """Open edX's LTI consumer: options ``ags`` (declarative, programmatic, disabled), ``pii``, ``custom`` (``name=value`` each).

    Links whose name begins with ``old`` are LTI 1.1, with ``consumer_key`` and ``consumer_secret``.
    """

    script = "open_edx.py"
    product = "openedx"

    def launch_1p1_url(self, user: str = "student", link: str = "old") -> str:
        """Where its LTI 1.1 launch begins: a form that sends itself."""
        return f"{self.url}/handler/{link}/lti_launch_handler?user={user}"


class Lti1p3Platform(ForeignPlatform):
    """The ``lti1p3platform`` package's classes."""

    script = "lti1p3_platform.py"
