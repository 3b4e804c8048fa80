"""Scores go to platforms of LTI 1.1 by Basic Outcomes, from the same outbox."""

import logging

import pytest

from lrs_bridge.lti.launch import store as launches
from lrs_bridge.lti.launch.launch import BasicOutcome, Launch, MessageType, ResourceLink
from lrs_bridge.lti.launch.roles import LEARNER
from lrs_bridge.lti.legacy import service as legacy
from lrs_bridge.lti.legacy.setup import Setup
from lrs_bridge.lti.placement.place import Place
from lrs_bridge.lti.platforms.platform import Product
from lrs_bridge.lti.scores import service
from lrs_bridge.plans.record import Event
from lrs_bridge.rounds import lti
from tests.support.lti.services import Placed, PlatformServices
from tests.support.lti_legacy import answer
from tests.support.odd_lrs import always, odd_lrs
from tests.support.plans import open_ward


@pytest.fixture
def there():
    with odd_lrs() as platform:
        platform.answer = always(200, {}, answer())
        yield platform


@pytest.fixture
def ward(engine):
    return open_ward(engine)


@pytest.fixture
def parts(ward, tmp_path):
    made = Placed(ward, tmp_path, PlatformServices("https://lms.example.no"))
    yield made.parts
    made.parts.engine.dispose()


@pytest.fixture
def consumer(ward, parts, there):
    return add_consumer(ward, parts)


def opened(ward, consumer, there, **changes):
    launch = Launch(
        version="1.1",
        message_type=MessageType.RESOURCE_LINK,
        issuer=consumer.issuer,
        client_id=consumer.client_id,
        deployment_id="",
        subject="42",
        roles=(LEARNER,),
        target_link_uri="https://bridge.example.no/lti/launch",
        resource_link=ResourceLink("rl", "Intubasjon"),
        **{"basic_outcome": BasicOutcome(there.url + "/outcomes", "sourced-42")} | changes,
    )

    def work(s):
        place = Place("activity", str(ward.intubation))
        link_id = launches.keep_link(s, ward.tenant, consumer.platform_id, launch, place, now=ward.clock)
        launches.keep_member(s, ward.tenant, link_id, launch, person_id=ward.kari, now=ward.clock)

    ward.do(work)


def add_consumer(ward, parts):
    setup = Setup("Gammel portal", Product.OTHER, "https://old.example.no")
    key = parts.settings.master_key
    return ward.do(lambda s: legacy.add_consumer(s, ward.tenant, setup, master_key=key, by="system", now=ward.clock))[0]


def signed(ward):
    ward.mark_done(ward.intubation)
    ward.send(ward.intubation)
    ward.apply(ward.record(ward.intubation).record_id, Event.SIGN)


def contest(ward):
    """What was signed is doubted."""
    ward.apply(ward.record(ward.intubation).record_id, Event.CONTEST)


def test_replaces_the_grade_when_it_is_final_and_takes_it_away_while_it_is_not(ward, parts, consumer, there):
    opened(ward, consumer, there)
    signed(ward)
    assert lti.run_scores(parts) == 1
    contest(ward)
    assert lti.run_scores(parts) == 1
    replaced, deleted = there.asked
    assert b"replaceResult" in replaced.body
    assert b"<textString>1</textString>" in replaced.body
    assert b"sourced-42" in replaced.body
    assert b"deleteResult" in deleted.body


def test_tries_again_what_may_pass_and_puts_aside_what_does_not(ward, parts, consumer, there, caplog):
    opened(ward, consumer, there)
    signed(ward)
    there.answer = always(503, {}, b"")
    assert lti.run_scores(parts) == 0
    there.answer = always(200, {}, answer("failure"))
    ward.clock = ward.clock.replace(hour=20)
    with caplog.at_level(logging.ERROR):
        assert lti.run_scores(parts) == 0
    assert "a score was refused: the platform says failure" in caplog.text


def test_sends_nothing_where_there_is_no_place_for_it(ward, parts, consumer, there):
    opened(ward, consumer, there, basic_outcome=None)
    signed(ward)
    assert lti.run_scores(parts) == 0
    assert ward.do(service.counts) == []
