"""The composition root: the only place where rooms are wired to each other."""

import os
from collections.abc import Callable, Collection
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any
from uuid import UUID

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from lrs_bridge.clock import SteadyClock
from lrs_bridge.cmi5 import service as cmi5_service
from lrs_bridge.cmi5 import views as cmi5_views
from lrs_bridge.cmi5.administration import views as administration_views
from lrs_bridge.cmi5.door.service import AuSessions
from lrs_bridge.db import Session, open_engine
from lrs_bridge.db.migrations import pending
from lrs_bridge.errors import Unavailable
from lrs_bridge.hosting.attempts import views as attempts_views
from lrs_bridge.hosting.committing.views import QuietCommits
from lrs_bridge.hosting.dispatch import views as dispatch_views
from lrs_bridge.hosting.erasing.service import HostedAttempts
from lrs_bridge.hosting.importing.service import ImportedCourses
from lrs_bridge.hosting.library import views as library_views
from lrs_bridge.hosting.placing import service as placing_service
from lrs_bridge.hosting.placing.service import HostedLaunchables
from lrs_bridge.hosting.playing import views as playing_views
from lrs_bridge.hosting.support import views as support_views
from lrs_bridge.hosting.tincan.service import TincanSessions
from lrs_bridge.lti.launch import service as launch_service
from lrs_bridge.lti.launch import views as launch_views
from lrs_bridge.lti.legacy import views as legacy_views
from lrs_bridge.lti.placement import views as placement_views
from lrs_bridge.lti.platforms import views as platforms_views
from lrs_bridge.lti.platforms.registering import views as registering_views
from lrs_bridge.lti.results import service as results_service
from lrs_bridge.lti.results import views as results_views
from lrs_bridge.lti.roster import views as roster_views
from lrs_bridge.lti.scores import views as scores_views
from lrs_bridge.lti.users import views as users_views
from lrs_bridge.people import service as people_service
from lrs_bridge.people import views as people_views
from lrs_bridge.plans import service as plans_service
from lrs_bridge.plans import views as plans_views
from lrs_bridge.plans.consequences import service as consequences
from lrs_bridge.plans.courses import views as courses_views
from lrs_bridge.plans.holds import service as holds
from lrs_bridge.plans.intake import service as intake
from lrs_bridge.plans.launchables.service import PlanLaunchables
from lrs_bridge.plans.worklist import service as worklist_service
from lrs_bridge.plans.worklist import views as worklist_views
from lrs_bridge.ports import EvidenceSource, Launchable, LaunchableSource, PassIssuer, SessionPass, Standing
from lrs_bridge.scorm import service as scorm_service
from lrs_bridge.scorm.allowance import EXTENSION as ALLOWANCES
from lrs_bridge.settings import Settings
from lrs_bridge.signing import service as signing_service
from lrs_bridge.signing import views as signing_views
from lrs_bridge.signing.badges import views as badges_views
from lrs_bridge.web import frames, kit, limits, metrics, origins
from lrs_bridge.web import views as web_views
from lrs_bridge.web.parts import EXTENSION, Parts
from lrs_bridge.web.turns import Turns
from lrs_bridge.xapi import views as xapi_views
from lrs_bridge.xapi.browser import views as browser_views
from lrs_bridge.xapi.credentials import views as credentials_views
from lrs_bridge.xapi.credentials.oauth import views as oauth_views
from lrs_bridge.xapi.relay import views as relay_views
from lrs_bridge.xapi.statements import service as xapi_service

BLUEPRINTS = (
    web_views.blueprint,
    people_views.blueprint,
    xapi_views.blueprint,
    credentials_views.blueprint,
    oauth_views.blueprint,
    plans_views.blueprint,
    courses_views.blueprint,
    worklist_views.blueprint,
    signing_views.blueprint,
    badges_views.blueprint,
    browser_views.blueprint,
    relay_views.blueprint,
    launch_views.blueprint,
    placement_views.blueprint,
    roster_views.blueprint,
    users_views.blueprint,
    platforms_views.blueprint,
    registering_views.blueprint,
    legacy_views.blueprint,
    scores_views.blueprint,
    results_views.blueprint,
    library_views.blueprint,
    attempts_views.blueprint,
    playing_views.blueprint,
    support_views.blueprint,
    dispatch_views.blueprint,
    cmi5_views.blueprint,
    administration_views.blueprint,
)

FRAMED = (
    "lti.who",
    "lti.who_is_known",
    "lti.start",
    "lti_placement.*",
    "lti_roster.*",
    "plans.own_plan",
    "plans.plan",
    "plans.record",
    "plans.mark_done",
    "plans.send",
    "plans.recall",
    "learn.*",
    "people.choose_language",
    "web.static",
)
"""What may be shown in a learning platform's frame: what is placed there, and what residents do with it. Nobody signs
there, and nobody links a user: a platform's word for who somebody is would be all that stands behind it.
"""


class EvidenceSources:
    """Every source of evidence as one ``ports.EvidenceSource``; each knows its own name."""

    def __init__(self, *sources: EvidenceSource) -> None:
        self._sources = sources

    def evidence_bytes(self, session: Session, tenant: str, source: str, id: str) -> bytes | None:
        """The stored bytes from the source of that name."""
        found = (each.evidence_bytes(session, tenant, source, id) for each in self._sources)
        return next((content for content in found if content is not None), None)


class Launchables:
    """Every room's launchables as one ``ports.LaunchableSource``; each knows its own kinds."""

    def __init__(self, *sources: LaunchableSource) -> None:
        self._sources = sources
        self.kinds = frozenset(kind for source in sources for kind in source.kinds)

    def search(self, session: Session, tenant: str, words: str, limit: int) -> list[Launchable]:
        """From each source in turn."""
        found = (one for source in self._sources for one in source.search(session, tenant, words, limit))
        return list(islice(found, limit))

    def find(self, session: Session, tenant: str, kind: str, id: str) -> Launchable | None:
        """From the source of that kind."""
        found = (source.find(session, tenant, kind, id) for source in self._sources if kind in source.kinds)
        return next(found, None)

    def standings(self, session: Session, tenant: str, kind: str, id: str, person_ids: Collection[UUID]) -> dict[UUID, Standing]:
        """From the source of that kind."""
        found = (source.standings(session, tenant, kind, id, person_ids) for source in self._sources if kind in source.kinds)
        return next(found, {})


class LaunchedContent:
    """Whoever launches content as one ``ports.PassIssuer``; each knows its own keys."""

    def __init__(self, *issuers: PassIssuer) -> None:
        self._issuers = issuers

    def find_pass(self, session: Session, key: str, secret: str, now: datetime) -> SessionPass | None:
        """From whoever issued it."""
        found = (issuer.find_pass(session, key, secret, now) for issuer in self._issuers)
        return next((each for each in found if each is not None), None)


class Application(Flask):
    """Flask, told that none of our handlers is a coroutine, which it would otherwise ask of each for every request."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself."""
        return func


now = SteadyClock()
"""The service's clock."""


def build_parts(settings: Settings) -> Parts:
    """Everything that a request or a command works with, wired."""
    signer = signing_service.SystemSigner(settings.master_key, settings.public_url)
    attestations = signing_service.RecordAttestations()
    sink = intake.PlanSink(signer)
    hold = holds.RecordHold(sink)
    news = placing_service.AttemptFollower()
    outlets = cmi5_service.Outlets(settings.public_url, sink, news)
    engine = open_engine(settings.database_url)
    return Parts(
        settings=settings,
        engine=engine,
        clock=now,
        completion_sink=sink,
        evidence_hold=hold,
        kept_attempts=HostedAttempts(hold),
        system_signer=signer,
        evidence_source=EvidenceSources(
            xapi_service.StatementEvidence(),
            plans_service.NoteEvidence(),
            results_service.ResultEvidence(),
            scorm_service.AttemptEvidence(),
            cmi5_service.SatisfiedEvidence(),
        ),
        attestation_index=attestations,
        consequences=consequences.PlanConsequences(attestations),
        course_directory=consequences.RegisteredCourses(),
        course_player=placing_service.PlayedCourses(),
        course_host=ImportedCourses(engine, settings, outlets, signer),
        frames=launch_service.LaunchSessions(),
        launchables=Launchables(PlanLaunchables(), HostedLaunchables()),
        launched_content=LaunchedContent(AuSessions(outlets), TincanSessions(settings, sink, news)),
        attempt_news=news,
        identifier_linked=worklist_service.WaitingCompletions(signer),
        load_user=people_service.load_user,
    )


def create_app(settings: Settings) -> Application:
    """The WSGI application for one configuration."""
    app = Application("lrs_bridge", static_folder=None)
    app.extensions[EXTENSION] = build_parts(settings)
    kit.install(app, settings, readiness={"migrations": _check_migrations, "keys": partial(_check_keys, settings)})
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    frames.allow(app, FRAMED)
    limits.allow_bodies(app, administration_views.PACKAGES)
    limits.allow_uploads(app, library_views.UPLOADING, library_views.HOSTS)
    origins.allow(app, playing_views.ENDPOINTS)
    metrics.add_source(app, partial(relay_views.gauges, app.extensions[EXTENSION]))
    metrics.add_source(app, partial(scores_views.gauges, app.extensions[EXTENSION]))
    allowances = app.extensions[ALLOWANCES]
    app.wsgi_app = Turns(app.wsgi_app)  # type: ignore[method-assign]
    app.wsgi_app = QuietCommits(app.wsgi_app, lambda: app.extensions[EXTENSION], allowances)  # type: ignore[method-assign]
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops, x_prefix=hops)  # type: ignore[method-assign]
    return app


def create_app_from_environ() -> Application:
    """What each worker process of ``lrs-bridge serve`` runs."""
    app = create_app(Settings.from_environ(os.environ))
    credentials_views.keep_journal(app)
    return app


def _check_migrations(session: Session) -> None:
    missing = pending(session)
    if missing:
        raise Unavailable(f"the database lacks {len(missing)} migrations; run: lrs-bridge db upgrade")


def _check_keys(settings: Settings, session: Session) -> None:
    for tenant in people_service.tenants(session):
        signing_service.check_keys(session, tenant.tenant, master_key=settings.master_key)
