"""Clients that send statements without pause, and again until they are accepted, and remember what they were told."""

import os
import time
from collections import Counter
from threading import Event, Lock, Thread
from typing import Self
from uuid import uuid4

import requests

from tests.support.lrs import VERSION, basic
from tests.support.statements import statement

PATIENCE_SECONDS = 60


class Load:
    """``accepted`` are the ids that the LRS took responsibility for, ``answers`` tells how often each status came, ``broken`` how
    many requests got no answer; ``wrong`` holds every answer that leaves a client without knowing what to do.
    """

    def __init__(self, urls, key, *, clients=8, batch=5, padding=0) -> None:
        self.urls = urls if isinstance(urls, list) else [urls]
        self.headers = VERSION | basic(*key)
        self.batch = batch
        self.padding = padding
        self.sent: set[str] = set()
        self.accepted: list[str] = []
        self.answers: Counter[int] = Counter()
        self.broken = 0
        self.wrong: list[tuple[int, str]] = []
        self._lock = Lock()
        self._stopping = Event()
        self._clients = [Thread(target=self._run, args=(number,), daemon=True) for number in range(clients)]

    def __enter__(self) -> Self:
        for client in self._clients:
            client.start()
        return self

    def __exit__(self, *_error) -> None:
        self._stopping.set()
        for client in self._clients:
            client.join(PATIENCE_SECONDS + 10)

    def wait_for(self, condition, seconds: float = PATIENCE_SECONDS) -> None:
        """Until the condition on this load is true."""
        end = time.monotonic() + seconds
        while not condition(self):
            assert time.monotonic() < end, f"accepted {len(self.accepted)}, answers {dict(self.answers)}, wrong {self.wrong[:3]}"
            time.sleep(0.02)

    def wait_for_more(self, count: int) -> None:
        """Until so many more statements are accepted."""
        target = len(self.accepted) + count
        self.wait_for(lambda load: len(load.accepted) >= target)

    def _run(self, number: int) -> None:
        with requests.Session() as session:
            while not self._stopping.is_set():
                batch = [self._statement(number) for _ in range(self.batch)]
                with self._lock:
                    self.sent.update(one["id"] for one in batch)
                self._send_until_accepted(session, self.urls[number % len(self.urls)], batch)

    def _statement(self, number: int):
        extensions = {"https://example.no/fyll": os.urandom(self.padding // 2).hex()}
        result = {"completion": True, **({"extensions": extensions} if self.padding else {})}
        return statement(id=str(uuid4()), actor={"mbox": f"mailto:lis{number}@example.no"}, result=result)

    def _send_until_accepted(self, session, url: str, batch) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            if self._send(session, url, batch):
                return
            if self._stopping.wait(0.05):
                end = min(end, time.monotonic() + 5)  # one that is told to stop still asks for what it has sent

    def _send(self, session, url: str, batch) -> bool:
        try:
            answer = session.post(f"{url}/xapi/statements", json=batch, headers=self.headers, timeout=60)
        except requests.RequestException:
            with self._lock:
                self.broken += 1
            return False
        with self._lock:
            self.answers[answer.status_code] += 1
            if answer.status_code == 200:
                self.accepted += [one["id"] for one in batch]
            elif answer.status_code != 503 or not answer.headers.get("Retry-After", "").isdecimal():
                self.wrong.append((answer.status_code, f"{dict(answer.headers)} {answer.text}"))
        return answer.status_code == 200


def stored_ids(url: str, key) -> list[str]:
    """Every statement that the LRS gives out, in order, page by page."""
    headers, found, more = VERSION | basic(*key), [], "/xapi/statements?ascending=true&limit=500"
    while more:
        answer = requests.get(url + more, headers=headers, timeout=60)
        assert answer.status_code == 200, answer.text
        found += [one["id"] for one in answer.json()["statements"]]
        more = answer.json()["more"]
    return found


def check(load: Load, found: list[str]) -> None:
    """None that was accepted is lost, none doubled, none made up, and every other answer said that one should try again."""
    doubled = [one for one, times in Counter(found).items() if times > 1]
    lost, made_up = set(load.accepted) - set(found), set(found) - load.sent
    assert load.accepted
    assert not doubled, f"doubled: {doubled[:3]}"
    assert not lost, f"{len(lost)} of {len(load.accepted)} lost"
    assert not made_up, f"nobody sent {list(made_up)[:3]}"
    assert not load.wrong, f"{len(load.wrong)} answers that help nobody: {load.wrong[:2]}"
