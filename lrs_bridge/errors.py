"""The error kinds every room raises: one family, each with an HTTP status and a stable code.

A parser or verifier that raises anything outside this family has a bug. How an error looks on the wire is decided in
``web.errors`` alone, once per dialect.
"""

from http import HTTPStatus
from typing import ClassVar


class LrsBridgeError(Exception):
    """Something that the caller is told about: what is wrong, in which field, by which rule.

    ``field`` is a path into what the caller sent (``actor.mbox``, ``[3].verb.id``, a header or parameter name);
    ``rule`` names the clause of the specification, or the rule of the service, that was broken. ``retry_after`` is in how many
    seconds the same request may succeed, where waiting can help.
    """

    status: ClassVar[HTTPStatus] = HTTPStatus.INTERNAL_SERVER_ERROR
    code: ClassVar[str] = "error"
    retry_after: int | None = None

    def __init__(self, message: str, *, field: str | None = None, rule: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.rule = rule


class Invalid(LrsBridgeError):
    """The input breaks a rule; sending it again unchanged can't help."""

    status = HTTPStatus.BAD_REQUEST
    code = "invalid"


class Unauthenticated(LrsBridgeError):
    """Nobody known is asking."""

    status = HTTPStatus.UNAUTHORIZED
    code = "unauthenticated"


class Forbidden(LrsBridgeError):
    """Known, but not allowed to do this."""

    status = HTTPStatus.FORBIDDEN
    code = "forbidden"


class NotFound(LrsBridgeError):
    """There is no such thing, or the asker may not know of it."""

    status = HTTPStatus.NOT_FOUND
    code = "not_found"


class MethodNotAllowed(LrsBridgeError):
    """The resource exists, this method does not."""

    status = HTTPStatus.METHOD_NOT_ALLOWED
    code = "method_not_allowed"


class Conflict(LrsBridgeError):
    """The request contradicts what is stored, or is illegal in the present state."""

    status = HTTPStatus.CONFLICT
    code = "conflict"


class PreconditionFailed(LrsBridgeError):
    """If-Match or If-None-Match does not hold."""

    status = HTTPStatus.PRECONDITION_FAILED
    code = "precondition_failed"


class TooLarge(LrsBridgeError):
    """The body is larger than the service takes."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "too_large"


class UnsupportedMedia(LrsBridgeError):
    """The content type is not one that this resource reads."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    code = "unsupported_media"


class TooManyRequests(LrsBridgeError):
    """Asked too often; try later."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "too_many_requests"


class UpstreamFailed(LrsBridgeError):
    """Another system that we depend on for this request failed."""

    status = HTTPStatus.BAD_GATEWAY
    code = "upstream_failed"


class Unavailable(LrsBridgeError):
    """The service can't answer right now; the same request may succeed later."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "unavailable"
    retry_after = 2
