"""What an AU is launched with: its address, and the launch data that it finds as a state.

Source: AICC cmi5 "Quartz", 1st edition: 8.1 (launch URL, merged with the AU's own query), 9.6.3.4 (launchURL), 10.2 (launch
data), 11 (learner preferences).
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urljoin
from uuid import UUID

import orjson

from lrs_bridge.cmi5.course import AssignableUnit
from lrs_bridge.cmi5.rules import context_template
from lrs_bridge.cmi5.structure import query_of
from lrs_bridge.cmi5.vocabulary import LaunchMethod, LaunchMode
from lrs_bridge.errors import Invalid
from lrs_bridge.identity import Account
from lrs_bridge.xapi.model.formats import is_language_tag

_SAFE_IN_URL = "%/?#[]@!$&'()*+,;=:~"
"""What stays as it is: URLs of course structures are encoded, or nearly so."""


@dataclass(frozen=True, slots=True)
class Launch:
    """A launch that is ready: where to send the browser, in what window, and the session that it began."""

    url: str
    method: LaunchMethod
    session_id: UUID
    activity_id: str


def actor_of(learner: Account) -> dict[str, Any]:
    """The learner as an actor (9.2): an account and nothing else, since what is in addresses ends up in logs (8.1.3)."""
    return {"objectType": "Agent", "account": {"homePage": learner.home_page, "name": learner.name}}


def whole_url(unit: AssignableUnit, files_url: str | None) -> str:
    """The AU's URL with its own query, encoded; ``files_url`` is where the package's root is, with a slash at its end.

    Raises Invalid when the URL is relative and nobody says to what.
    """
    url = urljoin(files_url or "", quote(unit.url, safe=_SAFE_IN_URL))
    if "://" not in url:
        raise Invalid("the AU's URL is relative; say where the package's files are", field="files_url", rule="cmi5 14.1")
    head, mark, fragment = url.partition("#")
    address, _, query = head.partition("?")
    return address + (f"?{query_of(head)}" if query else "") + mark + fragment


def launch_url(whole: str, *, endpoint: str, fetch: str, learner: Account, registration: UUID, activity_id: str) -> str:
    """The URL to open: the AU's whole URL with the launch parameters in its query (8.1)."""
    parameters = {
        "endpoint": endpoint,
        "fetch": fetch,
        "actor": orjson.dumps(actor_of(learner)).decode(),
        "registration": str(registration),
        "activityId": activity_id,
    }
    head, mark, fragment = whole.partition("#")
    joint = "&" if "?" in head else "?"
    return f"{head}{joint}{urlencode(parameters, quote_via=quote, safe='')}{mark}{fragment}"


def launch_data(unit: AssignableUnit, session_id: UUID, mode: LaunchMode, return_url: str | None) -> dict[str, Any]:
    """The document LMS.LaunchData (10.2)."""
    found: dict[str, Any] = {
        "contextTemplate": context_template(session_id, unit.id),
        "launchMode": mode,
        "moveOn": unit.move_on,
    }
    if unit.launch_parameters is not None:
        found["launchParameters"] = unit.launch_parameters
    if unit.mastery_score is not None:
        found["masteryScore"] = unit.mastery_score
    if return_url is not None:
        found["returnURL"] = return_url
    if unit.entitlement_key is not None:
        found["entitlementKey"] = {"courseStructure": unit.entitlement_key}
    return found


def first_preferences(language: str) -> dict[str, str]:
    """A learner's preferences while nobody has said any (11). Raises Invalid unless ``language`` is a language tag."""
    if not is_language_tag(language):
        raise Invalid(f"{language} is no language tag", field="language", rule="cmi5 11.1")
    return {"languagePreference": language, "audioPreference": "on"}
