"""Who is asking: the person behind the browser session, read anew from the database at each request."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from flask import g, session

from lrs_bridge.db import read
from lrs_bridge.errors import Forbidden, LrsBridgeError, Unauthenticated
from lrs_bridge.ports import Frame
from lrs_bridge.web import frames
from lrs_bridge.web.parts import parts
from lrs_bridge.web.request import at_hand
from lrs_bridge.web.user import SESSION_LIFETIME, User

_KEYS = ("tenant", "person", "id", "provider", "signed_in_at")


def current_user() -> User:
    """The signed-in person. Raises Unauthenticated, which becomes a redirect to the login on pages."""
    user = known_user()
    if user is None:
        raise Unauthenticated("log in to see this page")
    return user


def known_user() -> User | None:
    """The signed-in person, or None."""
    if "user" not in g:
        g.user = _load()
    user: User | None = g.user
    return user


def user_if_readable() -> User | None:
    """The signed-in person, or None, also when the database does not answer: for what surrounds a page, errors included."""
    try:
        return known_user()
    except LrsBridgeError:
        return None


def require_role(*roles: str) -> User:
    """The signed-in person, who has one of these roles (see ``web.user``). Raises Unauthenticated or Forbidden."""
    user = current_user()
    if user.roles.isdisjoint(roles):
        raise Forbidden("you do not have the role that this page is for", rule=f"role {' or '.join(roles)}")
    return user


def sign_in(tenant: str, person_id: UUID, provider: str, assurance: str | None, *, session_id: UUID) -> None:
    """Starts the browser session ``session_id``, opened in the database just before; nothing of an earlier one remains."""
    session.clear()
    session["tenant"] = tenant
    session["person"] = str(person_id)
    session["id"] = str(session_id)
    session["provider"] = provider
    session["assurance"] = assurance
    session["signed_in_at"] = parts().clock().isoformat()
    g.pop("user", None)


def sign_out() -> None:
    """Forgets the browser session. Ending it in the database is the caller's."""
    session.clear()
    g.pop("user", None)


def current_session_id() -> tuple[str, UUID] | None:
    """Tenant and id of the browser session that the cookie names, whether or not it is still open."""
    if any(key not in session for key in _KEYS):
        return None
    return session["tenant"], UUID(session["id"])


def _load() -> User | None:
    frame = frames.current()
    if frame is not None:
        return _of_frame(frame)
    named = current_session_id()
    if named is None:
        return None
    now = parts().clock()
    if now - datetime.fromisoformat(session["signed_in_at"]) > SESSION_LIFETIME:
        return None
    tenant, session_id = named
    user = read(parts().engine, lambda database: parts().load_user(database, tenant, session["person"], now))
    if user is None or session_id not in user.session_ids:
        return None
    at_hand().tenant = tenant
    return replace(user, provider=session["provider"], assurance=session["assurance"])


def _of_frame(frame: Frame) -> User | None:
    """Whoever a learning platform says is looking, if that is known: nobody who logged in here."""
    at_hand().tenant = frame.tenant
    if frame.person_id is None:
        return None
    person, now = str(frame.person_id), parts().clock()
    user = read(parts().engine, lambda database: parts().load_user(database, frame.tenant, person, now))
    return user and replace(user, provider=frame.came_from)
