from lrs_bridge.hosting.playing.answer import Answer, answer_to, refusal
from lrs_bridge.scorm.commit import parse_commit

COMMIT = parse_commit(b'{"session":2,"sequence":7,"sco":"a","reason":"auto"}')


def test_tells_which_commit_was_kept():
    assert answer_to(COMMIT, stands=True) == Answer(200, {"result": "true", "errorCode": 0, "sequence": 7})


def test_tells_that_the_attempt_goes_on_elsewhere():
    assert answer_to(COMMIT, stands=False) == Answer(409, {"result": "false", "errorCode": 101, "reason": "superseded"})


def test_says_why_a_commit_does_not_count_and_what_else_there_is_to_say():
    told = {"result": "false", "errorCode": 101, "reason": "invalid", "field": "cmi"}
    assert refusal(422, "invalid", field="cmi") == Answer(422, told)
