"""The administration API of cmi5 as a program uses it, over HTTP."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass

from tests.support.lrs import VERSION, basic

ACTOR = {"account": {"homePage": "https://lms.example.no", "name": "kari"}, "name": "Kari Nordmann"}


@dataclass
class Api:
    """A program with a key, and the address of a service."""

    url: str
    key: str
    secret: str

    def ask(self, method, path, body=None, content_type="application/json"):
        """Status and JSON of an answer."""
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        headers = basic(self.key, self.secret) | VERSION | {"Content-Type": content_type}
        asked = urllib.request.Request(f"{self.url}{path}", content, headers, method=method)
        try:
            with urllib.request.urlopen(asked, timeout=30) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"null")

    def bring(self, structure: bytes) -> dict:
        status, course = self.ask("POST", "/api/cmi5/courses", structure, "text/xml")
        assert status == 201, course
        return course

    def launch(self, course, **more) -> dict:
        status, launched = self.ask("POST", f"/api/cmi5/courses/{course['id']}/launch-url", {"actor": ACTOR, **more})
        assert status == 201, launched
        return launched

    def standing(self, registration) -> dict:
        return self.ask("GET", f"/api/cmi5/registrations/{registration}")[1]

    def verbs(self, registration) -> list[str]:
        found = self.ask("GET", f"/xapi/statements?registration={registration}&ascending=true")[1]["statements"]
        return [one["verb"]["id"].rpartition("/")[2] for one in found]
