"""A small browser that walks a launch step by step, so that a test can look at each step and change one.

It follows redirects and forms that send themselves, and treats cookies as a browser does: by host whatever the port, ``SameSite``
by whose site asks, ``Partitioned`` by the site at the top, ``Secure`` also on loopback addresses, and, where wanted, none of
third parties. Scripts do not run: a form sends itself when its page says ``submit()``, and what our own pages' scripts do is done
here in few words; whether they really do it is for a real browser to show.
"""

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from urllib.parse import urljoin, urlsplit

import requests

STEPS = 12
SECONDS = 20


@dataclass(frozen=True)
class Step:
    """One request as it was sent, and its answer."""

    method: str
    url: str
    fields: dict[str, str]
    cookies: dict[str, str]
    answer: requests.Response = field(repr=False)

    @property
    def path(self) -> str:
        return urlsplit(self.url).path


@dataclass(frozen=True)
class Request:
    """What the browser is about to send."""

    method: str
    url: str
    fields: dict[str, str]


@dataclass(frozen=True)
class Form:
    """A form of a page: where it goes and what it holds."""

    method: str
    action: str
    fields: dict[str, str]
    id: str | None = None


class _Forms(HTMLParser):
    def __init__(self, base: str) -> None:
        super().__init__()
        self.base, self.found, self.open = base, [], None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = dict(attributes)
        if tag == "form":
            action = urljoin(self.base, named.get("action") or self.base)
            self.open = Form((named.get("method") or "get").upper(), action, {}, named.get("id"))
            self.found.append(self.open)
        elif self.open and tag in {"input", "button"} and named.get("name") and not _is_left_out(tag, named):
            self.open.fields[named["name"]] = named.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.open = None


def _is_left_out(tag: str, named: dict[str, str | None]) -> bool:
    kind = named.get("type")
    unchecked = kind in {"checkbox", "radio"} and "checked" not in named
    return unchecked or kind in {"submit", "reset", "image"} or (tag == "button") or "disabled" in named


def forms(answer: requests.Response) -> list[Form]:
    """The forms of a page."""
    found = _Forms(answer.url)
    found.feed(answer.text)
    return found.found


def site(url: str) -> str:
    """The site of an address, as cookies know it: here hosts without a registrable domain, so the host itself."""
    return urlsplit(url).hostname or ""


@dataclass
class Cookie:
    value: str
    path: str
    same_site: str
    partition: str | None


class Walker:
    """A browser with its own cookies. ``top`` is the site that it is in a frame of, None for a window of its own."""

    def __init__(
        self,
        *,
        top: str | None = None,
        third_party_cookies: bool = True,
        partitioned_cookies: bool = True,
        keeps_storage: bool = False,
        language: str = "nb",
    ) -> None:
        self.top = site(top) if top else None
        self.third_party_cookies, self.partitioned_cookies = third_party_cookies, partitioned_cookies
        self.headers = {"Accept-Language": language, "Accept": "text/html,*/*;q=0.8", "User-Agent": "walking"}
        self.jar: dict[tuple[str, str, str, str | None], Cookie] = {}
        self.storage: dict[str, str] | None = {} if keeps_storage else None

    def walk(self, url: str, *, change: Callable[[Request], Request | None] | None = None) -> list[Step]:
        """Goes to the address and on as long as pages lead on by themselves; each step.

        ``change`` sees each request before it is sent, and answers with it, another one, or None to stop before it.
        """
        return list(self.steps(Request("GET", url, {}), None, change))

    def send(self, form: Form, *, change: Callable[[Request], Request | None] | None = None, **fields: str) -> list[Step]:
        """Sends a form with these fields changed, as somebody who presses its button; each step from there."""
        page = form.action
        return list(self.steps(Request(form.method, form.action, form.fields | fields), page, change))

    def steps(self, request: Request, page: str | None, change: Callable[[Request], Request | None] | None) -> Iterator[Step]:
        """``page`` is where the request comes from, None when it was typed in."""
        for _count in range(STEPS):
            wanted = change(request) if change else request
            if wanted is None:
                return
            step = self._sent(wanted, page)
            yield step
            page = step.url if not step.answer.is_redirect else page
            following = self._following(step)
            if following is None:
                return
            request = following
        raise AssertionError(f"this leads in circles: {request.url}")

    def open(self, method: str, url: str, *, page: str | None = None, **fields: str) -> Step:
        """One request, without following where it leads."""
        return self._sent(Request(method, url, fields), page)

    def cookies(self, url: str) -> dict[str, str]:
        """The cookies that a request to this address would carry when it comes from its own site."""
        return self._carried(Request("GET", url, {}), url)

    def _following(self, step: Step) -> Request | None:  # noqa: PLR0911  one for each way that pages lead on
        """Where a page leads by itself: a redirect, a frame with the tool, a form that sends itself, our own pages' scripts."""
        answer = step.answer
        if answer.is_redirect:
            url = urljoin(answer.url, answer.headers["Location"])
            keeps = answer.status_code in {307, 308}
            return Request(step.method if keeps else "GET", url, step.fields if keeps else {})
        if "html" not in answer.headers.get("Content-Type", ""):
            return None
        framed = re.search(r'<iframe[^>]* class="ltiLaunchFrame"[^>]* src="([^"]+)"', answer.text)
        if framed:
            return Request("GET", urljoin(answer.url, html.unescape(framed[1])), {})
        if 'data-lti="login"' in answer.text:
            return self._scripted_login(answer)
        found = forms(answer)
        if 'data-lti="storage"' in answer.text and self.storage:
            (key,) = re.findall(r'data-key="([^"]+)"', answer.text)
            return Request("POST", found[0].action, found[0].fields | {"lti_proof": self.storage.get(key, "")})
        if found and re.search(r'\.submit\(\)|data-lti="send"', answer.text):
            return Request(found[0].method, found[0].action, found[0].fields)
        return None

    def _scripted_login(self, answer: requests.Response) -> Request | None:
        """What the script of our login page does in a frame; whether scripts really do it is for a real browser to show."""
        page = {name: html.unescape(value) for name, value in re.findall(r'data-(\w+)="([^"]*)"', answer.text)}
        if self.open("GET", urljoin(answer.url, page["kept"]), page=answer.url).answer.json()["kept"]:
            return Request("GET", page["url"], {})
        if page.get("storage") and self.storage is not None:
            self.storage[page["key"]] = page["proof"]
            return Request("GET", page["url"], {})
        return None

    def _sent(self, wanted: Request, page: str | None) -> Step:
        cookies = self._carried(wanted, page)
        headers = dict(self.headers)
        if cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        crossed = "none" if page is None else "same-origin" if _origin(page) == _origin(wanted.url) else "cross-site"
        headers |= {
            "Sec-Fetch-Dest": "iframe" if self.top else "document",
            "Sec-Fetch-Mode": "navigate",
            "Sec-Fetch-Site": crossed,
        }
        if page:
            headers["Referer"] = _origin(page) + "/"
            if wanted.method == "POST":
                headers["Origin"] = _origin(page)
        parts = {"params": wanted.fields or None} if wanted.method == "GET" else {"data": wanted.fields}
        answer = requests.request(wanted.method, wanted.url, headers=headers, allow_redirects=False, timeout=SECONDS, **parts)
        self._keep(answer)
        return Step(wanted.method, answer.url, wanted.fields, cookies, answer)

    def _carried(self, wanted: Request, page: str | None) -> dict[str, str]:
        here = site(wanted.url)
        crosses = page is not None and site(page) != here
        framed_elsewhere = self.top is not None and self.top != here
        found = {}
        for (host, name, _path, _partition), cookie in self.jar.items():
            if host != here or not (urlsplit(wanted.url).path or "/").startswith(cookie.path):
                continue
            if cookie.partition != (self.top or here) and cookie.partition is not None:
                continue
            if framed_elsewhere and cookie.partition is None and not self.third_party_cookies:
                continue
            lax_ok = not framed_elsewhere and (not crosses or wanted.method == "GET")
            if cookie.same_site == "none" or (cookie.same_site == "lax" and lax_ok) or (lax_ok and not crosses):
                found[name] = cookie.value
        return found

    def _keep(self, answer: requests.Response) -> None:
        here = site(answer.url)
        framed_elsewhere = self.top is not None and self.top != here
        for written in answer.raw.headers.getlist("Set-Cookie"):
            name, cookie = self._read(written, here)
            is_blocked = framed_elsewhere and (
                cookie.same_site != "none"
                or (cookie.partition is None and not self.third_party_cookies)
                or (cookie.partition is not None and not self.partitioned_cookies)
            )
            if is_blocked:
                continue
            place = (here, name, cookie.path, cookie.partition)
            if re.search(r";\s*(max-age=0|expires=thu, 01 jan 1970)", written, re.IGNORECASE):
                self.jar.pop(place, None)
            else:
                self.jar[place] = cookie

    def _read(self, written: str, here: str) -> tuple[str, Cookie]:
        plain = re.sub(r";\s*partitioned", "", written, flags=re.IGNORECASE)  # not every Python's cookies know it
        ((name, morsel),) = SimpleCookie(plain).items()
        partition = (self.top or here) if plain != written else None
        same_site = (morsel["samesite"] or "lax").lower()
        if same_site == "none" and not morsel["secure"]:
            same_site = "strict"  # browsers refuse it; a test that needs it must fail
        return name, Cookie(morsel.value, morsel["path"] or "/", same_site, partition)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def changing(path: str, **fields: str | None) -> Callable[[Request], Request]:
    """A change for ``walk``: what goes to that path has these fields instead; None leaves one out."""

    def change(request: Request) -> Request:
        if urlsplit(request.url).path != path:
            return request
        kept = {name: value for name, value in (request.fields | fields).items() if value is not None}
        return Request(request.method, request.url, kept)

    return change


def before(path: str) -> Callable[[Request], Request | None]:
    """A change for ``walk``: stops before that path is asked for."""
    return lambda request: None if urlsplit(request.url).path == path else request
