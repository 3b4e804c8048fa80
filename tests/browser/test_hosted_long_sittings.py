"""Sittings in which much is set: every commit arrives, however many there were before it."""

from tests.support.hosted import Seat, upload
from tests.support.packages import single_sco

SCRIPT = {"start": [["Initialize"]], "leave": [["Terminate"]], "events": ["pagehide"]}
EACH = 3_000
COMMITS = 40
"""More in all than the 64 KiB that a page may have under way at once when it is left."""


def test_commits_arrive_when_there_were_many_before(owner, signed_in, records):
    hosted = upload(owner, single_sco("1.2", script=SCRIPT))
    kari = Seat(signed_in("kari")).begin(hosted).expect_playing()
    attempt, refused = kari.attempt_id, []
    kari.page.on("requestfailed", lambda request: refused.append(request.url))
    for number in range(COMMITS):
        kari.calls(["SetValue", "cmi.suspend_data", f"{number:0{EACH}}"], ["Commit"])
        kari.page.wait_for_timeout(50)
    kari.calls(["SetValue", "cmi.core.lesson_status", "completed"])
    kari.expect_saved().leave()
    assert refused == []
    assert records.attempt(attempt).stage == "completed"
