"""Attackers for tests: a house with the service in it, courses that its owner was talked into hosting, and who opens them."""

import io
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import func, select

from lrs_bridge.db import metadata, read
from lrs_bridge.people import service as people
from lrs_bridge.people.access import TenantRole
from tests.support import browsing
from tests.support.packages import zipped
from tests.support.plans import PASSWORD, Ward

JSON = {"Accept": "application/json"}


@dataclass
class Seat:
    """The frame of one sitting as its course knows it: an address on the course's own host."""

    app: object
    address: str
    attempt: UUID
    session: int
    sequence: int = 0

    @property
    def origin(self) -> str:
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def ticket(self) -> str:
        return self.address.rpartition("/")[2]

    def ask(self, path, method="GET", *, origin=None, **more):
        """Anything of the host, without a cookie, as the course's scripts would."""
        return self.app.test_client().open(path, method=method, base_url=origin or self.origin, **more)

    def state(self, **more):
        return self.ask(f"/play/{self.ticket}/state", **more)

    @property
    def files(self) -> str:
        """The path that its files are below."""
        return self.state().json["files"].rstrip("/")

    def message(self, **changes) -> dict:
        self.sequence = changes.get("sequence", self.sequence + 1)
        said = {"session": self.session, "sequence": self.sequence, "sco": "i1", "reason": "commit", "cmi": {}, "seconds": 1.0}
        return said | {"calls": [], "terminated": False} | changes

    def commit(self, ticket=None, *, origin=None, **changes):
        path = f"/play/{ticket or self.ticket}/commit"
        return self.ask(path, "POST", origin=origin, json=self.message(**changes))


@dataclass
class House:
    """The ward, whose owner may host courses, behind the application."""

    ward: Ward
    app: object
    browsers: dict = field(default_factory=dict)

    def browser(self, username):
        """A browser in which that one of the cast is logged in; always the same one."""
        if username not in self.browsers:
            self.ward.account(username)
            client = browsing.browser(self.app)
            assert browsing.log_in(client, username, password=PASSWORD, tenant=self.ward.tenant).status_code == 303
            self.browsers[username] = client
        return self.browsers[username]

    def upload(self, package, *, name="kurs.zip", who="owner", path="/hosted/new"):
        """Sends a package (its files, or the bytes of anything) as the page's script does."""
        content = zipped(package) if isinstance(package, dict) else package
        client = self.browser(who)
        form = {"csrf_token": browsing.token(client), "package": (io.BytesIO(content), name)}
        return client.post(path, data=form, headers=JSON, content_type="multipart/form-data")

    def host(self, package) -> UUID:
        answer = self.upload(package)
        assert answer.status_code == 201, answer.text
        return UUID(answer.json["next"].rpartition("/")[2])

    def begin(self, hosted_id, *, who="kari", **fields) -> UUID:
        answer = browsing.submit(self.browser(who), f"/learn/{hosted_id}/start", **fields)
        assert answer.status_code == 303, answer.text
        return UUID(answer.location.rpartition("/")[2])

    def sit(self, attempt, *, who="kari") -> Seat:
        """Opens the player: a new sitting."""
        page = self.browser(who).get(f"/learn/attempts/{attempt}")
        assert page.status_code == 200, page.text
        seat = Seat(self.app, re.search(r'src="(http[^"]+/play/[^"]+)"', page.text)[1], attempt, 0)
        seat.session = seat.state().json["session"]
        return seat

    def open(self, hosted_id, *, who="kari") -> Seat:
        return self.sit(self.begin(hosted_id, who=who), who=who)

    def read(self, work):
        return read(self.ward.engine, work)

    def counts(self) -> dict[str, int]:
        """How many rows the tables of courses have."""
        wanted = ("package", "package_file", "hosted_course", "hosted_version", "course")
        tables = {name: table for name, table in metadata.tables.items() if name in wanted}
        return self.read(lambda s: {n: s.execute(select(func.count()).select_from(t)).scalar_one() for n, t in tables.items()})

    def left_on_disk(self) -> list[str]:
        """Everything that lies where packages are kept and where uploads wait."""
        data_dir = self.app.extensions["lrs_bridge"].settings.data_dir
        folders = (data_dir / "packages", data_dir / "uploads")
        return [str(path.relative_to(data_dir)) for folder in folders for path in folder.rglob("*") if path.is_file()]


def open_house(ward: Ward, app) -> House:
    """Lets the ward's owner host courses."""
    granted = {"person_id": ward.owner, "role": TenantRole.COURSE_OWNER, "starts_on": ward.clock.date()}
    ward.do(lambda s: people.add_tenant_role(s, ward.tenant, **granted))
    browsing.set_clock(app, ward.clock.replace(hour=20))
    return House(ward, app)
