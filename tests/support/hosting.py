"""Hosted courses in tests: uploaded by an owner, begun by residents, played as the player's frame does it."""

import io
import re
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urljoin, urlsplit
from uuid import UUID

from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from lrs_bridge.db import metadata, read
from lrs_bridge.hosting.hosted import Attempt
from lrs_bridge.people import service as people
from lrs_bridge.people.access import TenantRole
from lrs_bridge.plans.mapping import Policy
from tests.support import browsing
from tests.support.packages import single_sco, zipped
from tests.support.plans import PASSWORD, Ward

PUBLIC_URL = "http://127.0.0.1:8080"
"""What the tests' settings say of the application; courses run at ``*.localhost`` beside it."""
DONE_1_2 = {"cmi.core.lesson_status": "completed"}
PASSED_1_2 = {"cmi.core.lesson_status": "passed", "cmi.core.score.raw": "90", "cmi.core.score.max": "100"}
JSON = {"Accept": "application/json"}


@dataclass
class Player:
    """The player's frame of one sitting: a browser without cookies that knows the frame's address alone."""

    app: object
    address: str
    session: int = 1
    sequence: int = 0
    item: str = "i1"

    @property
    def origin(self) -> str:
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def ticket(self) -> str:
        return self.address.rpartition("/")[2]

    def get(self, path="", **more):
        """An address below the frame's, or anything on its host when it begins with a slash."""
        path = path if path.startswith(("/", "http")) else f"/play/{self.ticket}/{path}".rstrip("/")
        return self.app.test_client().get(urljoin(self.origin, path), base_url=self.origin, buffered=True, **more)

    def state(self) -> dict:
        answer = self.get("state")
        assert answer.status_code == 200, answer.text
        return answer.json

    def file(self, path, **more):
        return self.get(self.state()["files"] + path, **more)

    def message(self, cmi=None, **changes) -> dict:
        self.sequence = changes.get("sequence", self.sequence + 1)
        base = {
            "session": self.session,
            "sequence": self.sequence,
            "sco": self.item,
            "reason": "commit",
            "cmi": cmi or {},
            "seconds": 10.0,
            "calls": [],
            "terminated": False,
        }
        return base | changes

    def send(self, content, content_type="application/json", **more):
        """Any bytes, or a message."""
        told = {"data": content} if isinstance(content, (bytes, str)) else {"json": content}
        if "data" in told:
            told["content_type"] = content_type
        return self.app.test_client().post(f"/play/{self.ticket}/commit", base_url=self.origin, **told, **more)

    def commit(self, cmi=None, **changes):
        return self.send(self.message(cmi, **changes))

    def says(self, cmi=None, **changes) -> None:
        """A commit that is taken."""
        answer = self.commit(cmi, **changes)
        assert (answer.status_code, answer.json["result"]) == (200, "true"), answer.text

    def starts(self, **changes) -> None:
        self.says(reason="initialize", **changes)

    def ends(self, cmi=None, **changes) -> None:
        self.says(cmi, reason="terminate", terminated=True, **changes)


@dataclass
class School:
    """The ward with the service in front of it; ``owner`` owns courses, ``admin`` administers."""

    ward: Ward
    app: object
    browsers: dict = field(default_factory=dict)

    @property
    def tenant(self) -> str:
        return self.ward.tenant

    def browser(self, username):
        """A browser in which that one of the cast is logged in; always the same one."""
        if username not in self.browsers:
            self.ward.account(username)
            client = browsing.browser(self.app)
            assert browsing.log_in(client, username, password=PASSWORD, tenant=self.tenant).status_code == 303
            self.browsers[username] = client
        return self.browsers[username]

    # What owners do

    def upload(self, content, *, who="owner", name="kurs.zip", path="/hosted/new", headers=JSON):
        """Sends a package as the page's script does it, or, without ``headers``, its form."""
        content = zipped(content) if isinstance(content, dict) else content
        client = self.browser(who)
        package = FileStorage(io.BytesIO(content), name, "package")
        boundary, body = encode_multipart({"csrf_token": browsing.token(client), "package": package})
        return client.post(path, data=body, headers=headers, content_type=f"multipart/form-data; boundary={boundary}")

    def host(self, content=None, **more) -> UUID:
        """A course made of a package, of one plain SCO if none is given."""
        answer = self.upload(single_sco() if content is None else content, **more)
        assert answer.status_code == 201, answer.text
        return UUID(answer.json["next"].rpartition("/")[2])

    def renew(self, hosted_id, content, **more):
        return self.upload(content, path=f"/hosted/{hosted_id}/versions", **more)

    def policy(self, hosted_id, *, who="owner", **fields):
        return browsing.submit(self.browser(who), f"/hosted/{hosted_id}/policy", **fields)

    def map(self, hosted_id, activity, policy=Policy.AUTO, **terms):
        """Lets the course complete an activity."""
        table = metadata.tables["hosted_course"]
        course_id = self.read(lambda s: s.execute(select(table.c.course_id).where(table.c.hosted_id == hosted_id)).scalar_one())
        return self.ward.map(course_id, activity, policy, **terms)

    # What learners do

    def begin(self, hosted_id, *, who="kari", **fields) -> UUID:
        answer = browsing.submit(self.browser(who), f"/learn/{hosted_id}/start", **fields)
        assert answer.status_code == 303, answer.text
        return UUID(answer.location.rpartition("/")[2])

    def play(self, attempt_id, *, who="kari", **told) -> Player:
        """A new sitting."""
        page = self.browser(who).get(f"/learn/attempts/{attempt_id}")
        assert page.status_code == 200, page.text
        player = Player(self.app, re.search(r'src="(http[^"]+/play/[^"]+)"', page.text)[1], **told)
        player.session = player.state()["session"]
        return player

    def sit(self, hosted_id, *, who="kari", again="", **told) -> Player:
        """Begins, or goes on, and opens the player."""
        return self.play(self.begin(hosted_id, who=who, again=again), who=who, **told)

    # What became of it

    def read(self, work):
        return read(self.ward.engine, work)

    def attempt(self, attempt_id) -> Attempt:
        from lrs_bridge.hosting.attempts import service as attempts  # noqa: PLC0415  unit tests must not load the service

        return self.read(lambda s: attempts.get_attempt(s, self.tenant, UUID(str(attempt_id))))

    def rows(self, table, **wanted) -> list:
        """Rows of a table, by equal columns."""
        named = metadata.tables[table]
        query = select(named).where(*(named.c[name] == value for name, value in wanted.items()))
        return self.read(lambda s: s.execute(query).all())

    def counts(self) -> dict[str, int]:
        """How many rows each table has."""
        tables = metadata.tables.items()
        return self.read(
            lambda s: {name: s.execute(select(func.count()).select_from(table)).scalar_one() for name, table in tables}
        )


def open_school(ward: Ward, app) -> School:
    """Lets the ward's owner host courses, and sets the application's clock to the ward's, which goes on by seconds."""

    def tick():
        ward.clock += timedelta(seconds=1)
        return ward.clock

    granted = {"person_id": ward.owner, "role": TenantRole.COURSE_OWNER, "starts_on": ward.clock.date()}
    ward.do(lambda s: people.add_tenant_role(s, ward.tenant, **granted))
    browsing.set_clock_to(app, tick)
    return School(ward, app)
