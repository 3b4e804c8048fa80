"""What the service's processes hold at most, in MiB, while they do what is large.

    python -m bench.memory [--database postgresql|sqlite] [--statements 1000000] [--attachment-mib 100]

A server takes and gives back an attachment, answers the largest page, and ``statements export`` writes everything to a file.
"""

import argparse
import hashlib
import json
import resource
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import ExitStack

import requests

from bench import lab
from bench.growth import grow

BOUNDARY = "bench-boundary"
CHUNK = bytes(range(256)) * 4096  # a MiB


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    parser.add_argument("--statements", type=int, default=1_000_000)
    parser.add_argument("--attachment-mib", type=int, default=100)
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = stack.enter_context(lab.folder())
        url = stack.enter_context(lab.database(options.database, folder))
        server = lab.Server(url, folder)
        with server.serving():
            print(f"{server.peak_mib():6.0f} MiB  a worker that did nothing yet")
            exchange_attachment(server, options.attachment_mib)
            print(f"{server.peak_mib():6.0f} MiB  after an attachment of {options.attachment_mib} MiB, taken and given back")
        with server.serving():
            grow(server, url, options.statements)
            print(f"{server.peak_mib():6.0f} MiB  after {options.statements} statements came in batches of 200")
        with server.serving():
            ask(server, {"limit": "0"})
            print(f"{server.peak_mib():6.0f} MiB  after the largest page")
        print(f"{export(server, str(folder / 'all.ndjson')):6.0f} MiB  statements export of all of them")


def ask(server: lab.Server, parameters: dict[str, str]) -> bytes:
    """The answer to a GET of statements."""
    headers = {"X-Experience-API-Version": "1.0.3"}
    found = requests.get(
        f"{server.url}/statements", parameters, headers=headers, auth=(server.key, server.secret), stream=True, timeout=600
    )
    found.raise_for_status()
    return b"".join(piece[:1] for piece in found.iter_content(1 << 20))


def exchange_attachment(server: lab.Server, mib: int) -> None:
    """Sends a statement with an attachment of that size, and asks for it."""
    digest = hashlib.sha256()
    for _ in range(mib):
        digest.update(CHUNK)
    statement = {
        "id": str(uuid.uuid4()),
        "actor": {"mbox": "mailto:kari@example.no"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/attached"},
        "object": {"id": "https://kurs.example.no/kurs/1"},
        "attachments": [
            {
                "usageType": "https://example.no/video",
                "display": {"nb": "Video"},
                "contentType": "video/mp4",
                "length": mib << 20,
                "sha2": digest.hexdigest(),
            }
        ],
    }
    headers = {"X-Experience-API-Version": "1.0.3", "Content-Type": f"multipart/mixed; boundary={BOUNDARY}"}
    sent = requests.post(
        f"{server.url}/statements",
        data=_body(statement, digest.hexdigest(), mib),
        headers=headers,
        auth=(server.key, server.secret),
        timeout=600,
    )
    sent.raise_for_status()
    ask(server, {"statementId": str(statement["id"]), "attachments": "true"})


def _body(statement: dict[str, object], sha2: str, mib: int) -> Iterator[bytes]:
    yield f"--{BOUNDARY}\r\nContent-Type: application/json\r\n\r\n{json.dumps(statement)}\r\n".encode()
    head = (
        f"--{BOUNDARY}\r\nContent-Type: video/mp4\r\nContent-Transfer-Encoding: binary\r\nX-Experience-API-Hash: {sha2}\r\n\r\n"
    )
    yield head.encode()
    for _ in range(mib):
        yield CHUNK
    yield f"\r\n--{BOUNDARY}--\r\n".encode()


def export(server: lab.Server, output: str) -> float:
    """The peak of the command that writes every statement to a file, and of those before it, which do less."""
    command = [str(lab.BIN / "lrs-bridge"), "statements", "export", "--tenant", lab.TENANT, "--output", output]
    subprocess.run(command, env=server.environ, check=True, capture_output=True)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


if __name__ == "__main__":
    main()
