"""Commits of a SCORM course at one node: how many are taken, compared with an empty Flask view?

    python -m bench.commits [--database postgresql|sqlite] [--attempts 200] [--connections 32] [--seconds 6] [--rounds 3]

Learners are under way in a course, each in a sitting of their own, and their players save what courses save most: where the
learner is, and two kilobytes of suspend data, with the calls that set them. Each commit is sent once, in the order of its
sitting. Two kinds are measured: those that only have to be kept (``quiet``), and those that may change what the attempt comes to
(``telling``), here a progress measure that rises.
"""

import argparse
import random
import string
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import orjson

from bench import lab
from lrs_bridge.app import build_parts
from lrs_bridge.db import Session, transact
from lrs_bridge.hosting.attempts import service as attempts
from lrs_bridge.hosting.attempts.service import Learner
from lrs_bridge.hosting.library import service as library
from lrs_bridge.hosting.playing import service as playing
from lrs_bridge.identity import Account
from lrs_bridge.packages.archive import Limits
from lrs_bridge.packages.ticket import PlayTicket
from lrs_bridge.people import service as people
from lrs_bridge.people.access import TenantRole
from lrs_bridge.plans.courses.service import Editor
from lrs_bridge.settings import Settings
from lrs_bridge.web.parts import Parts
from tests.support import packages

READY = 40_000
"""Commits that are made ready for each kind and round: more than are taken in the time."""
Round = dict[str, lab.Rate]


def main() -> None:
    """Measures and prints."""
    options = _options()
    with ExitStack() as stack:
        folder = stack.enter_context(lab.folder())
        url = stack.enter_context(lab.database(options.database, folder))
        server = lab.Server(url, folder)
        server.environ |= {"LRS_BRIDGE_PUBLIC_URL": f"http://127.0.0.1:{server.port}"}
        parts = build_parts(Settings.from_environ(server.environ))
        rounds = [measure(server, parts, folder, options) for _ in range(options.rounds)]
    lab.report(rounds, options.database)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    parser.add_argument("--attempts", type=int, default=200)
    parser.add_argument("--connections", type=int, default=32, help="Players that send at the same time.")
    parser.add_argument("--seconds", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


def measure(server: lab.Server, parts: Parts, folder: Path, options: argparse.Namespace) -> Round:
    """How fast an empty view and each kind of commit are."""
    load = {"seconds": options.seconds, "connections": options.connections}
    with lab.empty_view() as empty:
        found = {"empty view": lab.wrk(empty, "empty", **load)}
    for kind in ("quiet", "telling"):
        sittings = transact(parts.engine, partial(_begin, parts=parts, count=options.attempts))
        requests = [_request(parts, sittings[n % len(sittings)], n // len(sittings) + 1, kind) for n in range(READY)]
        url = f"http://127.0.0.1:{server.port}"
        with server.serving():
            found[kind] = lab.sent(url, requests, HTTPStatus.OK, folder / kind, once=True, **load)
        if found[kind].failed:
            raise SystemExit(f"some commits failed: {found[kind]}")
    return found


def _begin(session: Session, *, parts: Parts, count: int) -> list[PlayTicket]:
    """Sittings of as many learners in a course of their own round."""
    now = datetime.now(UTC)
    owner_id = people.add_person(session, lab.TENANT, name="Kari Kurseier", now=now, identifiers=[])
    people.add_tenant_role(session, lab.TENANT, person_id=owner_id, role=TenantRole.ADMINISTRATOR, starts_on=now.date())
    uploaded = library.take_upload(
        BytesIO(packages.zipped(packages.single_sco("4th"))),
        "course.zip",
        tenant=lab.TENANT,
        data_dir=parts.settings.data_dir,
        limits=Limits(),
        by=owner_id,
        now=now,
    )
    editor = Editor(owner_id, parts.system_signer, now)
    hosted_id = library.add_hosted(session, uploaded, owner_id=owner_id, public_url=parts.settings.public_url, editor=editor)
    hosted = library.get_hosted(session, lab.TENANT, hosted_id)
    wiring = playing.Wiring(parts.completion_sink, parts.settings, parts.clock)
    learners = [Learner(Account(parts.settings.public_url, str(uuid4())), f"LIS {number}") for number in range(count)]
    begun = [attempts.enter(session, lab.TENANT, hosted, learner, again=False, now=now) for learner in learners]
    return [playing.sit(session, lab.TENANT, one, user_agent="bench", wiring=wiring, now=now) for one in begun]


def _request(parts: Parts, ticket: PlayTicket, sequence: int, kind: str) -> bytes:
    host, _, path = playing.play_address(parts.settings, ticket).partition("//")[2].partition("/")
    data = "".join(random.choices(string.ascii_letters, k=2000))
    cmi = {"cmi.location": f"page-{sequence}", "cmi.suspend_data": data, "cmi.session_time": f"PT{sequence}S"}
    if kind == "telling":
        cmi["cmi.progress_measure"] = str(min(sequence / 1000, 0.9))
    calls = [[1_790_000_000_000 + sequence, "SetValue", key, value[:100], "true", 0] for key, value in cmi.items()]
    body = orjson.dumps(
        {
            "session": ticket.session,
            "sequence": sequence,
            "sco": "item_1",
            "reason": "auto",
            "cmi": cmi,
            "seconds": sequence,
            "calls": calls,
            "terminated": False,
        }
    )
    head = f"POST /{path}/commit HTTP/1.1\r\nHost: {host}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


if __name__ == "__main__":
    main()
