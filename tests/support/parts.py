"""Requests and answers of several parts, for tests: built and taken apart by other means than the service's own."""

import hashlib
import json
from email.parser import BytesParser
from email.policy import HTTP

BOUNDARY = "-------314159265358979323846"
MIXED = f"multipart/mixed; boundary={BOUNDARY}"


def digest(content: bytes, algorithm: str = "sha256") -> str:
    return hashlib.new(algorithm, content).hexdigest()


def attachment(content: bytes, **changes):
    """What a statement says of a content; a member that is None is left out."""
    base = {
        "usageType": "http://example.no/attachments/bevis",
        "display": {"nb": "Kursbevis"},
        "contentType": "text/plain",
        "length": len(content),
        "sha2": digest(content),
    }
    return {name: value for name, value in (base | changes).items() if value is not None}


def part(content: bytes, **headers) -> bytes:
    """An attachment's part; ``X_Experience_API_Hash`` and the like change a header, None leaves it out."""
    base = {
        "Content-Type": "text/plain",
        "Content-Transfer-Encoding": "binary",
        "X-Experience-API-Hash": digest(content),
    }
    wanted = base | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in wanted.items() if value is not None)
    return f"--{BOUNDARY}\r\n{lines}\r\n".encode() + content + b"\r\n"


def body(value, *parts: bytes, content_type: str = "application/json") -> bytes:
    """A whole request body: the statements, then parts."""
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    first = f"--{BOUNDARY}\r\nContent-Type: {content_type}\r\n\r\n".encode() + text + b"\r\n"
    return first + b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def taken_apart(content_type: str, content: bytes) -> list[tuple[dict[str, str], bytes]]:
    """The parts of an answer, as Python's own reader of mail sees them."""
    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + content)
    assert not message.defects
    return [
        ({name.lower(): str(value) for name, value in one.items()}, one.get_payload(decode=True)) for one in message.iter_parts()
    ]
