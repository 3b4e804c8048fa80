"""Languages and dates on pages: bokmål, nynorsk and English, in Norwegian time."""

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from flask import Flask, request
from flask_babel import Babel, get_locale, gettext
from werkzeug.wrappers import Response

from lrs_bridge.settings import Settings
from lrs_bridge.web import frames, languages
from lrs_bridge.web.auth import user_if_readable

COOKIE = "lrs_bridge_language"
TIME_ZONE = "Europe/Oslo"
OSLO = ZoneInfo(TIME_ZONE)
TRANSLATIONS = Path(__file__).parent / "translations"
YEAR = 365 * 24 * 3600


def install(app: Flask, settings: Settings) -> None:
    """Sets the language of each page, and gives templates their date filters."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(TRANSLATIONS)
    app.config["BABEL_DEFAULT_LOCALE"] = settings.default_language

    def language_of_request() -> str:
        user = user_if_readable()
        chosen = (*_of_frame(), request.cookies.get(COOKIE), user.language if user else None)
        return languages.choose(chosen, request.accept_languages.values(), settings.default_language)

    Babel(app, locale_selector=language_of_request, timezone_selector=lambda: TIME_ZONE)
    app.jinja_env.filters["datetime_local"] = datetime_local
    app.jinja_env.filters["date_local"] = date_local
    app.jinja_env.globals["language"] = lambda: str(get_locale())
    app.jinja_env.globals["languages"] = languages.NAMES


def _of_frame() -> tuple[str | None, ...]:
    """What was chosen in the frame at hand, else the learning platform's language."""
    frame = frames.current()
    return (frame.content.get("language"), languages.ours(frame.language)) if frame else ()


def datetime_local(value: datetime) -> str:
    """A date and time as written in the reader's language, in Norwegian time."""
    local, locale = value.astimezone(OSLO), _locale_of_dates()
    day, time = format_date(local, "long", locale), format_time(local, "short", locale=locale)
    return str(gettext("%(date)s at %(time)s", date=day, time=time))


def date_local(value: date) -> str:
    """A date as written in the reader's language; of an instant, the date in Norway."""
    local = value.astimezone(OSLO) if isinstance(value, datetime) else value
    return format_date(local, "long", _locale_of_dates())


def _locale_of_dates() -> str:
    """Day before month and 24 hours in English too: its readers live in Norway."""
    language = str(get_locale())
    return "en_GB" if language == "en" else language


def remember(response: Response, language: str, settings: Settings) -> None:
    """Keeps the reader's choice in the browser."""
    response.set_cookie(COOKIE, language, max_age=YEAR, httponly=True, samesite="Lax", secure=settings.secure_cookies)
