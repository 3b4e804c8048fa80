"""The service as users run it, without a worker: a score is at the platform within seconds."""

import time

import pytest

from lrs_bridge.lti.advantage import client
from tests.support.live import LiveServer
from tests.support.lti.services import Placed, platform_services
from tests.support.plans import DRUGS_IRI, open_ward


@pytest.fixture
def there():
    client.forget_tokens()
    with platform_services() as services:
        yield services


def test_a_score_leaves_the_server_by_itself_once(engine, database_url, tmp_path, there):
    ward = open_ward(engine)
    placed = Placed(ward, tmp_path, there)
    placed.link(ward.drugs, ("42", ward.kari))
    server = LiveServer(database_url, tmp_path, ALLOW_PRIVATE_NETWORKS="127.0.0.0/8")
    server.start()
    try:
        ward.reports(DRUGS_IRI, success=True, score=0.9)
        end = time.monotonic() + 20
        while not there.sent() and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(3)  # the other process has looked as well
        assert there.sent() == [("42", "Submitted", None)]
        assert sum(asked.path.endswith("/scores") for asked in there.asked) == 1
    finally:
        assert server.stop() == 0
        placed.parts.engine.dispose()
