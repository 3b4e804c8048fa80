"""LTI 1.3 logins and launches at one node: do they all hold at once, and how fast are they?

    python -m bench.lti [--database postgresql|sqlite] [--flows 1000] [--at-once 96] [--links 20]
                        [--launches 2000] [--seconds 6] [--rounds 3]

First a crowd: so many users, of whom every other one is linked to a person, log in; then all of them launch, ``at_once`` at a
time, and open the page that the launch leads to. Any flow that fails, any session or page of somebody else, and any launch that
is taken twice ends the measurement. Then the speed of each step, as ratio of an empty Flask view in the same round, medians of
several rounds: requests are made and tokens signed beforehand. A flow is a login, a launch and a page.
"""

import argparse
import random
import statistics
import time
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path

from bench import lab
from lrs_bridge.db import open_engine, read, transact
from lrs_bridge.settings import Settings
from tests.support.lti.crowd import LOOPBACK, Crowd, Flow, Platform, User, mistaken, raw, users

STEPS = ("login", "launch", "page")
WARM = 96
Round = dict[str, lab.Rate]


def main() -> None:
    """Measures and prints."""
    options = _options()
    with ExitStack() as stack:
        folder = stack.enter_context(lab.folder())
        url = stack.enter_context(lab.database(options.database, folder))
        server = _server(url, folder)
        known = _registered(server, url, stack.enter_context(Platform()), options.flows)
        crowd = Crowd(_public(server), at_once=options.at_once)
        with server.serving():
            flows = gather(crowd, known, links=options.links)
        _check(url, flows)
        rounds = [measure(server, crowd, flows, folder, options) for _ in range(options.rounds)]
    _report(rounds, options.database)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    parser.add_argument("--flows", type=int, default=1000)
    parser.add_argument("--at-once", type=int, default=96)
    parser.add_argument("--launches", type=int, default=2000, help="made ready for each round")
    parser.add_argument("--links", type=int, default=20, help="how many links of courses the users share")
    parser.add_argument("--seconds", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


# --- the crowd -------------------------------------------------------------------------------------------------------------


def _server(url: str, folder: Path) -> lab.Server:
    server = lab.Server(url, folder)
    server.environ |= {"LRS_BRIDGE_PUBLIC_URL": _public(server), "LRS_BRIDGE_ALLOW_PRIVATE_NETWORKS": LOOPBACK}
    return server


def _public(server: lab.Server) -> str:
    return f"http://127.0.0.1:{server.port}"


def _registered(server: lab.Server, url: str, platform: Platform, count: int) -> list[User]:
    """The users of a platform that is registered with the tenant."""
    settings = Settings.from_environ(server.environ)
    engine = open_engine(url)
    transact(engine, lambda session: platform.register(session, lab.TENANT, settings))
    known = transact(engine, lambda session: users(session, lab.TENANT, count))
    engine.dispose()
    return known


def gather(crowd: Crowd, known: list[User], *, links: int) -> list[Flow]:
    """The flows of all users: all logins, then all launches and their pages, then every launch once more, which is refused."""
    flows = crowd.flows(known, links=links)
    _make_ready(crowd, flows)
    began = time.perf_counter()
    crowd.each(crowd.enter, flows)
    took = time.perf_counter() - began
    again = sum(crowd.each(crowd.try_launch, flows))
    if again:
        raise SystemExit(f"{again} launches were taken twice")
    print(f"{len(flows)} users launched, {crowd.at_once} at a time, in {took:.1f} s; none failed, and none got in twice")
    return flows


def _make_ready(crowd: Crowd, flows: list[Flow]) -> None:
    crowd.each(crowd.begin, flows)
    for flow in flows:
        crowd.sign(flow)
    random.shuffle(flows)


def _check(url: str, flows: list[Flow]) -> None:
    engine = open_engine(url)
    wrong = read(engine, lambda session: mistaken(session, flows))
    engine.dispose()
    if wrong or len({flow.session_id for flow in flows}) != len(flows):
        raise SystemExit(f"{len(wrong)} users are in a session or on a page that is not theirs: {wrong[:3]}")
    print("each session, and each page, is that of the user who launched")


# --- speed -----------------------------------------------------------------------------------------------------------------


def measure(server: lab.Server, crowd: Crowd, opened: list[Flow], folder: Path, options: argparse.Namespace) -> Round:
    """How fast an empty view and each step are; ``opened`` are flows with a page."""
    with lab.empty_view() as empty:
        found = {"empty view": lab.wrk(empty, "empty", seconds=options.seconds)}
    with server.serving():
        flows = [Flow(flow.user, flow.link) for flow in random.choices(opened, k=options.launches + WARM)]
        _make_ready(crowd, flows)
        crowd.each(crowd.launch, flows[-WARM:])
        requests = {
            "login": [raw(crowd.url, *crowd.login(flow)) for flow in opened],
            "launch": [raw(crowd.url, "POST", "/lti/launch", flow.form, flow.cookies) for flow in flows[:-WARM]],
            "page": [raw(crowd.url, "GET", flow.location, cookies=flow.cookies) for flow in opened],
        }
        statuses = (HTTPStatus.FOUND, HTTPStatus.SEE_OTHER, HTTPStatus.OK)
        for name, status in zip(STEPS, statuses, strict=True):
            found[name] = lab.sent(
                crowd.url, requests[name], status, folder / name, seconds=options.seconds, once=name == "launch"
            )
    failed = {name: rate for name, rate in found.items() if rate.failed}
    if failed:
        raise SystemExit(f"some requests failed: {failed}")
    return found


def _report(rounds: list[Round], database: str) -> None:
    lab.report(rounds, database)
    flows = [1 / sum(1 / each[name].requests_per_s for name in STEPS) for each in rounds]
    ratio = statistics.median(flow / each["empty view"].requests_per_s for flow, each in zip(flows, rounds, strict=True))
    print(f"{'flow':10} {statistics.median(flows):8.0f} {ratio:7.3f}")


if __name__ == "__main__":
    main()
