"""Turns at the application: so many at once, and every turn comes back."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from lrs_bridge.web.turns import Turns


class Application:
    """Counts who is in it; holds everybody until told to go on."""

    def __init__(self):
        self.inside = self.most = 0
        self.lock = threading.Lock()
        self.go_on = threading.Event()

    def __call__(self, environ, _start_response):
        with self.lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        assert self.go_on.wait(30)
        with self.lock:
            self.inside -= 1
        return [environ["PATH_INFO"].encode()]


def test_lets_so_many_in_at_once_and_the_others_after_them():
    application = Application()
    turns = Turns(application, at_once=2)
    with ThreadPoolExecutor(6) as pool:
        answers = [pool.submit(turns, {"PATH_INFO": f"/{number}"}, None) for number in range(6)]
        while application.inside < 2:
            threading.Event().wait(0.005)
        application.go_on.set()
        assert [answer.result(30) for answer in answers] == [[f"/{number}".encode()] for number in range(6)]
    assert application.most == 2


def test_gives_a_turn_back_when_the_application_fails():
    def failing(_environ, _start_response):
        raise ZeroDivisionError

    turns = Turns(failing, at_once=1)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            turns({}, None)
