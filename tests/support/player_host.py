"""A small host for the SCORM player that speaks its wire protocol and keeps all in memory: for tests of the browser's side alone.

The application is at 127.0.0.1, the content of each attempt at a host name of its own below localhost, both on one port. Its
attributes are its switches. ``PAGE`` is also the example of what an application's page needs around the player (see
static/player/shell.js).
"""

import io
import json
import secrets
import threading
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from mimetypes import guess_type
from pathlib import Path
from urllib.parse import unquote
from uuid import uuid4

import msgspec
from flask import Flask, Response, abort, render_template, render_template_string, request
from jinja2 import ChoiceLoader, FileSystemLoader

import lrs_bridge
from lrs_bridge.scorm.manifest.parsing import parse_manifest
from tests.support.lti.foreign.serving import Serving

PACKAGE = Path(lrs_bridge.__file__).parent
STATIC = PACKAGE / "web" / "static"
CSRF = "the-token-of-the-forms"

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>{{ title }}</title>
  <link rel="stylesheet" href="/static/vendor/designsystemet/1.22.0/theme.css">
  <link rel="stylesheet" href="/static/app.css">
  <link rel="stylesheet" href="/static/player/player.css">
  <script src="/static/player/shell.js" type="module"></script>
</head>
<body>
<main class="player" data-player data-attempt="{{ attempt }}" data-session="{{ session }}" data-frame-origin="{{ content }}"
      data-token-url="/attempts/{{ attempt }}/token" data-csrf="{{ csrf }}" data-exit-url="{{ exit_url }}">
  <header class="player__bar">
    <button type="button" class="ds-button" data-variant="tertiary" data-player-contents-button aria-expanded="false"
            aria-controls="player-contents" hidden>Contents</button>
    <h1 class="player__title" data-player-title>{{ title }}</h1>
    <div class="player__facts">
      <progress data-player-progress max="1" value="0" aria-label="Progress"></progress>
      <span data-player-result role="status"></span>
      <span data-player-status role="status"></span>
    </div>
  </header>
  <p class="player__notice" data-player-notice role="alert" hidden></p>
  <nav class="player__contents" id="player-contents" data-player-contents aria-label="Contents" hidden>
    <ol class="player__rows" data-player-rows></ol>
  </nav>
  <iframe class="player__frame" data-player-frame title="{{ title }}" src="{{ content }}/play/{{ token }}"
          sandbox="allow-scripts allow-same-origin allow-forms allow-popups allow-downloads allow-modals"
          allow="autoplay; fullscreen; clipboard-write; encrypted-media; picture-in-picture; unload"></iframe>
  <footer class="player__ways">
    <button type="button" class="ds-button" data-variant="secondary" data-player-request="exit" hidden>Save and leave</button>
    <span>
      <button type="button" class="ds-button" data-variant="secondary" data-player-request="previous" hidden>Previous</button>
      <button type="button" class="ds-button" data-player-request="continue" hidden>Next</button>
    </span>
  </footer>
  <template data-player-row><li><button type="button" class="player__row"><span data-player-row-title></span>
    <span class="player__row-state" data-player-row-state></span></button></li></template>
  {% for key, text in texts.items() %}<template data-player-text="{{ key }}">{{ text }}</template>
  {% endfor %}
</main>
</body>
</html>
"""

TEXTS = {
    "status-saved": "Saved",
    "status-saving": "Saving …",
    "status-offline": "Offline: kept on this device until there is a network",
    "state-not-attempted": "Not begun",
    "state-incomplete": "Begun",
    "state-unknown": "Begun",
    "state-completed": "Completed",
    "state-passed": "Passed",
    "state-failed": "Not passed",
    "state-current": "Here",
    "score": "{score} %",
    "superseded": "The course continues in another window.",
    "choose": "Choose where to go on.",
    "finished": "You have come to the end of the course and may leave.",
    "refused": "That is not open yet.",
    "logged-out": "Log in again in another window to have the rest saved.",
    "failed": "The course could not be started. Reload the page.",
    "unsaved": "Not everything is saved yet. Keep this window open while there is no network.",
    "left": "Saved. You may close this window.",
}


def state_policy(shell: str) -> str:
    """The Content-Security-Policy that the play page needs."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-src 'self' https:; base-uri 'none'; "
        f"form-action 'none'; frame-ancestors {shell}"
    )


def shell_policy(content: str) -> str:
    """The Content-Security-Policy that the page around it needs."""
    return (
        "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; "
        f"frame-src {content}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


@dataclass
class Attempt:
    """One learner's go at the course, with all that the player has sent. ``journal`` has each commit once, as it arrived."""

    id: str = field(default_factory=lambda: str(uuid4()))
    sessions: int = 0
    newest: int = 0
    journal: list[dict] = field(default_factory=list)
    scos: dict[str, dict[str, str]] = field(default_factory=dict)
    applied: dict[str, tuple[int, int]] = field(default_factory=dict)
    sequencing: object = None
    globals: object = None
    current: str | None = None

    def keep(self, commit: dict) -> int:
        """Journals and applies it; the status of the answer."""
        number = (commit["session"], commit["sequence"])
        if any((each["session"], each["sequence"]) == number for each in self.journal):
            return 200
        self.journal.append(commit)
        if commit["session"] < self.newest:
            return 409
        self.newest = commit["session"]
        if self.applied.get(commit["sco"], (0, 0)) < number:
            self.applied[commit["sco"]] = number
            self.scos.setdefault(commit["sco"], {}).update(commit["cmi"])
            for name in ("sequencing", "globals", "current"):
                if name in commit:
                    setattr(self, name, commit[name])
        return 200

    def calls(self, function: str | None = None) -> list[list]:
        """All calls of content, in the order of time."""
        calls = sorted((call for commit in self.journal for call in commit["calls"]), key=lambda call: call[0])
        return [call for call in calls if function is None or call[1] == function]

    def value(self, key: str, sco: str | None = None) -> str | None:
        """What is kept of a SCO's data model; of the only SCO if none is named."""
        return self.scos.get(sco or next(iter(self.scos), ""), {}).get(key)


class PlayerHost:
    """Serves one package to any number of attempts. Switches: ``status`` answers every commit with it (503); ``expired`` are
    tokens that have expired; ``refreshes`` says whether a new token can be had; ``mode``, ``credit``, ``learner``: the state's.
    """

    def __init__(
        self, files: Mapping[str, bytes], *, organization: dict | None = None, version: str = "1.2", edition: str | None = None
    ) -> None:
        self.files = dict(files)
        if organization is None:
            manifest = parse_manifest(
                self.files["imsmanifest.xml"], files={name: len(content) for name, content in self.files.items()}
            )
            organization = json.loads(msgspec.json.encode(manifest.organization))
            version, edition = str(manifest.version), manifest.edition
        self.organization, self.version, self.edition = organization, version, edition
        self.attempts: dict[str, Attempt] = {}
        self.tokens: dict[str, tuple[Attempt, int]] = {}
        self.expired: set[str] = set()
        self.status: int | None = None
        self.refreshes = True
        self.mode, self.credit, self.learner = "normal", "credit", {"id": "k-nordmann", "name": "Nordmann, Kari"}
        self.exit_url = "/left"
        self.autosave_ms = 300
        self.requests: list[tuple[str, str]] = []
        self.lock = threading.Lock()
        self.serving: Serving | None = None
        self.port = 0

    @classmethod
    def of_zip(cls, path: Path) -> "PlayerHost":
        with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as package:
            return cls({name: package.read(name) for name in package.namelist() if not name.endswith("/")})

    def start(self) -> "PlayerHost":
        self.serving = Serving(self._application(), self.port)
        self.port = self.serving.port
        return self

    def stop(self) -> None:
        if self.serving:
            self.serving.stop()
            self.serving = None

    __enter__ = start

    def __exit__(self, *_raised: object) -> None:
        self.stop()

    def attempt(self) -> Attempt:
        attempt = Attempt()
        self.attempts[attempt.id] = attempt
        return attempt

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def page(self, attempt: Attempt) -> str:
        """Where the attempt is played; each visit is a new sitting."""
        return f"{self.url}/attempts/{attempt.id}"

    def content(self, attempt: Attempt) -> str:
        return f"http://a{attempt.id[:8]}.localhost:{self.port}"

    def expire_tokens(self) -> None:
        self.expired |= self.tokens.keys()

    def _token(self, attempt: Attempt, session: int) -> str:
        token = secrets.token_urlsafe(12)
        self.tokens[token] = (attempt, session)
        return token

    def _application(self) -> Flask:
        app = Flask("player_host", static_folder=str(STATIC), static_url_path="/static")
        app.jinja_loader = ChoiceLoader([FileSystemLoader(PACKAGE / "hosting" / "templates")])
        app.jinja_env.globals["static"] = lambda name: f"/static/{name}"
        app.before_request(lambda: self.requests.append((request.method, request.path)))
        app.after_request(_headers)
        app.add_url_rule("/attempts/<attempt_id>", view_func=self._shell)
        app.add_url_rule("/attempts/<attempt_id>/token", view_func=self._refresh, methods=["POST"])
        app.add_url_rule("/left", endpoint="left", view_func=lambda: "<!DOCTYPE html><title>Left</title><p>You left.</p>")
        app.add_url_rule("/play/<token>", view_func=self._frame)
        app.add_url_rule("/play/<token>/state", view_func=self._state)
        app.add_url_rule("/play/<token>/commit", view_func=self._commit, methods=["POST"])
        app.add_url_rule("/files/<_content_token>/<path:path>", view_func=self._file)
        return app

    def _shell(self, attempt_id: str) -> Response:
        attempt = self.attempts[attempt_id]
        with self.lock:
            attempt.sessions += 1
            token = self._token(attempt, attempt.sessions)
        content = self.content(attempt)
        page = render_template_string(
            PAGE,
            title=self.organization["title"],
            content=content,
            attempt=attempt_id,
            token=token,
            session=attempt.sessions,
            csrf=CSRF,
            exit_url=self.exit_url,
            texts=TEXTS,
        )
        return Response(page, headers={"Content-Security-Policy": shell_policy(content)})

    def _refresh(self, attempt_id: str) -> Response:
        if request.headers.get("X-CSRFToken") != CSRF or not self.refreshes:
            abort(403)
        attempt = self.attempts[attempt_id]
        return Response(json.dumps({"play_token": self._token(attempt, attempt.sessions)}), mimetype="application/json")

    def _frame(self, token: str) -> Response:
        attempt, session = self.tokens[token]
        title = self.organization["title"]
        page = render_template(
            "hosting/frame.html", play=token, attempt=attempt.id, session=session, shell=self.url, language="nb", title=title
        )
        return Response(page, headers={"Content-Security-Policy": state_policy(self.url), "Referrer-Policy": "no-referrer"})

    def _state(self, token: str) -> Response:
        if token in self.expired:
            return _told({"result": "false", "errorCode": 101, "reason": "token"}, 401)
        attempt, session = self.tokens[token]
        with self.lock:
            state = {
                "attempt": attempt.id,
                "session": session,
                "sequence": max((each["sequence"] for each in attempt.journal if each["session"] == session), default=0),
                "version": self.version,
                "edition": self.edition,
                "learner": self.learner,
                "mode": self.mode,
                "credit": self.credit,
                "organization": self.organization,
                "files": f"{self.content(attempt)}/files/{attempt.id[:8]}/",
                "scos": {sco: {"cmi": dict(cmi)} for sco, cmi in attempt.scos.items()},
                "sequencing": attempt.sequencing,
                "globals": attempt.globals,
                "current": attempt.current,
                "autosave_ms": self.autosave_ms,
            }
        return _told(state)

    def _commit(self, token: str) -> Response:
        if self.status:
            return Response(status=self.status)
        if token in self.expired:
            return _told({"result": "false", "errorCode": 101, "reason": "token"}, 401)
        attempt, _session = self.tokens[token]
        commit = json.loads(request.get_data())
        with self.lock:
            status = attempt.keep(commit)
        reason = {"reason": "superseded"} if status == 409 else {}
        return _told({"result": str(status == 200).lower(), "errorCode": 0, "sequence": commit["sequence"], **reason}, status)

    def _file(self, _content_token: str, path: str) -> Response:
        content = self.files.get(unquote(path))
        if content is None:
            abort(404)
        return Response(content, mimetype=guess_type(path)[0] or "application/octet-stream")


def _told(answer: object, status: int = 200) -> Response:
    return Response(json.dumps(answer), status, mimetype="application/json")


def _headers(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-cache"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
