"""A course that never stops sending comes to an end: by time, by bytes, and by previews."""

import logging
from datetime import timedelta

import pytest
from sqlalchemy import event

from lrs_bridge.hosting.attempts import service as attempts
from lrs_bridge.hosting.destination import written_secret
from lrs_bridge.hosting.dispatch.service import secrets_key
from lrs_bridge.scorm import allowance
from lrs_bridge.scorm.dispatch.package import Edition
from tests.support import browsing
from tests.support.environment import settings_for

QUIET = "cmi.suspend_data"
MOST = 80_000


@pytest.fixture
def settings(database_url, tmp_path):
    return settings_for(database_url, tmp_path, MAX_ATTEMPT_BYTES=str(MOST))


@pytest.fixture
def player(school):
    player = school.sit(school.host())
    player.starts()
    return player


@pytest.fixture
def few(monkeypatch):
    """Commits at once; time passes by a second for each that is sent."""
    monkeypatch.setattr(allowance, "AT_ONCE", 3)
    monkeypatch.setattr(allowance, "PER_MINUTE", 6)


@pytest.mark.parametrize("more", [{}, {"reason": "navigate", "current": "i1"}], ids=["quiet", "whole"])
def test_tells_a_course_to_wait_that_sends_too_fast_and_takes_the_same_later(few, school, player, more, caplog):
    messages = [player.message({QUIET: str(number)}, **more) for number in range(6)]
    with caplog.at_level(logging.WARNING, logger="lrs_bridge.hosting.playing.views"):
        answers = [player.send(message) for message in messages]
    refused = next(each for each in answers if each.status_code != 200)
    assert (refused.status_code, refused.json["result"], refused.json["reason"]) == (429, "false", "too_soon")
    assert int(refused.headers["Retry-After"]) >= 1
    assert "a commit was refused" in caplog.text
    school.ward.clock += timedelta(minutes=1)
    assert player.send(messages[-1]).status_code == 200
    assert player.state()["scos"]["i1"]["cmi"][QUIET] == "5"


def test_takes_no_more_of_an_attempt_than_is_kept_of_one(school, player):
    statuses = [player.commit({QUIET: str(number) * 9000}).status_code for number in range(10)]
    assert statuses == [200] * 8 + [413, 413]
    answer = player.commit({QUIET: "x" * 9000})
    assert (answer.status_code, answer.json["reason"], answer.json["rule"]) == (413, "invalid", "lrs_bridge commit")
    assert "keeps as much as it may" in answer.json["message"]
    again = school.sit(school.rows("attempt")[0].hosted_id)  # it can still be opened
    assert again.state()["scos"]["i1"]["cmi"][QUIET] == "7" * 9000
    assert again.commit({QUIET: "x" * 9000}).status_code == 413


def test_takes_an_eighth_of_that_in_a_preview(school):
    answer = browsing.submit(school.browser("owner"), f"/hosted/{school.host()}/preview")
    preview = school.play(answer.location.rpartition("/")[2], who="owner")
    assert [preview.commit({QUIET: "x" * 4000}).status_code for _ in range(5)] == [200, 200, 413, 413, 413]


def test_asks_the_database_nothing_more_for_a_quiet_commit(school, player):
    asked = []
    player.says({QUIET: "x"})
    engine = school.app.extensions["lrs_bridge"].engine
    event.listen(engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    player.says({QUIET: "y"})
    assert [each for each in asked if "octet_length" in each or "length(" in each] == []
    player.says({QUIET: "z" * 10_000})
    assert len([each for each in asked if "length(" in each]) == 1


def test_keeps_the_newest_previews_of_a_course_alone(school, monkeypatch):
    monkeypatch.setattr(attempts, "PREVIEWS_OF_LEARNER", 2)
    hosted_id, other = school.host(), school.host()
    kept = browsing.submit(school.browser("owner"), f"/hosted/{other}/preview")
    school.sit(hosted_id).starts()
    for _ in range(4):
        answer = browsing.submit(school.browser("owner"), f"/hosted/{hosted_id}/preview")
        preview = school.play(answer.location.rpartition("/")[2], who="owner")
        preview.starts()
    assert sorted(row.number for row in school.rows("attempt", hosted_id=hosted_id, mode="browse")) == [3, 4]
    assert len(school.rows("scorm_commit")) == 3
    assert school.browser("owner").get(kept.location).status_code == 200
    assert len(school.rows("attempt", mode="normal")) == 1


def test_keeps_the_newest_previews_of_a_destination_alone_whoever_asks_for_them(school, monkeypatch):
    monkeypatch.setattr(attempts, "PREVIEWS_OF_DESTINATION", 3)
    hosted_id = school.host()
    told = {"name": "Læringsportalen", "edition": Edition.V1_2}
    browsing.submit(school.browser("owner"), f"/hosted/{hosted_id}/destinations", **told)
    (row,) = school.rows("dispatch_destination")
    secret = written_secret(school.tenant, row.destination_id, secrets_key(school.app.extensions["lrs_bridge"].settings))
    for number in range(5):
        form = {"learner_id": f"u{number}", "mode": "browse", "origin": "https://lms.example.no", "token": secret}
        assert school.app.test_client().post(f"/dispatch/{row.destination_id}", data=form).status_code == 200
    assert sorted(row.learner_value for row in school.rows("attempt")) == ["u2", "u3", "u4"]
    assert len(school.rows("scorm_session")) == 3
