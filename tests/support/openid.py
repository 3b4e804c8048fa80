"""A real OpenID provider (npm oidc-provider) as a process of its own, and a browser that logs in at it."""

import fcntl
import html
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urljoin

import requests

from tests.support.postgres import free_port, install

HERE = Path(__file__).parent / "oidc"
INSTALLED = Path(__file__).parents[2] / ".cache" / "oidc"
CLIENT_SECRET = "a secret of the tests"
START_SECONDS = 30


def installed() -> Path:
    """The directory with the provider's modules, brought in by npm the first time."""
    install(["nodejs", "npm"], lambda: shutil.which("node") and shutil.which("npm"))
    INSTALLED.mkdir(parents=True, exist_ok=True)
    with (INSTALLED / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test processes may come at once
        wanted = (HERE / "package.json").read_text()
        done = INSTALLED / "done.json"
        if not done.is_file() or done.read_text() != wanted:
            (INSTALLED / "package.json").write_text(wanted)
            line = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--silent", "--ignore-scripts"]
            subprocess.run(line, cwd=INSTALLED, check=True, timeout=300)
            done.write_text(wanted)
    return INSTALLED


class OpenIDProvider:
    """Start it with the public URL of the service that is its client; ``toml`` configures the service for it."""

    def __init__(self, service_url: str, *, pushed: bool = False, private_key: dict | None = None) -> None:
        self.port = free_port()
        self.issuer = f"http://127.0.0.1:{self.port}"
        self.client_id = "lrs-bridge"
        self.redirect_uri = f"{service_url}/login/oidc/test/callback"
        client = {
            "client_id": self.client_id,
            "redirect_uris": [self.redirect_uri],
            "post_logout_redirect_uris": [f"{service_url}/logged-out"],
        }
        if private_key:
            public = {name: value for name, value in private_key.items() if name != "d"}
            client |= {
                "token_endpoint_auth_method": "private_key_jwt",
                "token_endpoint_auth_signing_alg": "ES256",
                "jwks": {"keys": [public]},
            }
        else:
            client["client_secret"] = CLIENT_SECRET
        self.configuration = {
            "issuer": self.issuer,
            "port": self.port,
            "modules": str(installed()),
            "pushed": pushed,
            "clients": [client],
        }
        self.running: subprocess.Popen[str] | None = None

    def start(self) -> "OpenIDProvider":
        environ = {**os.environ, "OIDC_TEST": json.dumps(self.configuration)}
        line = [shutil.which("node"), str(HERE / "server.mjs")]
        self.running = subprocess.Popen(line, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        first = self.running.stdout.readline()
        if '"listening"' not in first:
            self.stop()
            raise RuntimeError(f"the OpenID provider did not start; run it by hand: node {HERE / 'server.mjs'}")
        return self

    def stop(self) -> None:
        self.running.terminate()
        self.running.wait(START_SECONDS)
        self.running.stdout.close()

    def toml(self, **changes: str) -> str:
        """The provider's table in the service's providers file."""
        keys = {
            "id": '"test"',
            "tenant": '"north"',
            "name": '"Test-ID"',
            "issuer": f'"{self.issuer}"',
            "client_id": f'"{self.client_id}"',
            "client_secret": f'"{CLIENT_SECRET}"',
            "scopes": '["openid", "profile", "hpr", "email"]',
            "acr_values": '["high"]',
            "hpr_claim": '"hpr_number"',
        } | changes
        return "[[provider]]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items() if value)


def log_in(authorization_url: str, login: str, until: str) -> str:
    """Logs in at the provider as a person with a browser would, and gives the address that it sends the browser to."""
    with requests.Session() as browser:
        answer = browser.get(authorization_url, allow_redirects=False, timeout=20)
        for _step in range(12):
            while answer.is_redirect:
                target = urljoin(answer.url, answer.headers["Location"])
                if target.startswith(until):
                    return target
                answer = browser.get(target, allow_redirects=False, timeout=20)
            action, fields = _form(answer)
            if "login" in fields:
                fields |= {"login": login, "password": "any"}
            answer = browser.post(urljoin(answer.url, action), data=fields, allow_redirects=False, timeout=20)
        raise AssertionError(f"the login led nowhere: {answer.url}")


def _form(answer) -> tuple[str, dict[str, str]]:
    found = re.search(r'<form[^>]*action="([^"]+)"[^>]*>(.*?)</form>', answer.text, re.DOTALL)
    assert found, answer.text[:2000]
    inputs = re.findall(r"<input[^>]*>", found[2])
    fields = {}
    for each in inputs:
        name, value = re.search(r'name="([^"]+)"', each), re.search(r'value="([^"]*)"', each)
        if name:
            fields[name[1]] = html.unescape(value[1]) if value else ""
    return html.unescape(found[1]), fields
