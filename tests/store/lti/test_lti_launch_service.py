"""What a verified launch leads to, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from lrs_bridge.app import build_parts
from lrs_bridge.db import audit, read
from lrs_bridge.errors import Conflict, Forbidden, NotFound
from lrs_bridge.identity import LtiUser
from lrs_bridge.lti.advantage.members import Member
from lrs_bridge.lti.launch import service
from lrs_bridge.lti.launch.launch import DeepLinkingSettings, Grades, MessageType, Migration
from lrs_bridge.lti.launch.refusal import LaunchRefused, Step
from lrs_bridge.lti.launch.roles import CONTEXT, LEARNER
from lrs_bridge.lti.placement.place import Place, address_of
from lrs_bridge.lti.platforms import service as platforms
from lrs_bridge.lti.platforms.rebinding import LEGACY_ISSUER
from lrs_bridge.lti.roster import service as roster
from lrs_bridge.lti.roster.roster import learners
from lrs_bridge.lti.scores import service as scores
from lrs_bridge.lti.scores.delivery import State
from lrs_bridge.lti.users import service as users
from lrs_bridge.people import service as people
from lrs_bridge.plans.record import State as RecordState
from lrs_bridge.plans.worklist import service as worklist
from lrs_bridge.plans.worklist.entry import Topic
from tests.support.environment import settings_for
from tests.support.framed import DEPLOYMENT, ISSUER, enter, launch, register
from tests.support.plans import open_ward

SERVICES = Grades(
    "https://lms.example.no/items", "https://lms.example.no/items/1", ("https://purl.imsglobal.org/spec/lti-ags/scope/score",)
)


@pytest.fixture
def ward(engine):
    return open_ward(engine)


@pytest.fixture
def wired(ward, tmp_path):
    url = ward.engine.url.render_as_string(hide_password=False)
    built = build_parts(settings_for(url, tmp_path))
    yield replace(built, clock=lambda: ward.clock)
    built.engine.dispose()


@pytest.fixture
def platform(ward, wired):
    return register(wired, now=ward.clock, tenant=ward.tenant)


def known(ward, subject, person):
    ward.do(
        lambda s: people.link_identifier(s, ward.tenant, service.user_of(ISSUER, subject), person, actor="test", now=ward.clock)
    )


def linking(wired):
    return {"launchables": wired.launchables, "linked": wired.identifier_linked}


def placed(ward, **changes):
    """A launch of the activity that a course completes."""
    target = address_of(Place("activity", str(ward.hygiene)), "http://127.0.0.1:8080")
    return launch(target_link_uri=target, grades=SERVICES, **changes)


def queued(ward, platform):
    return read(ward.engine, lambda s: scores.scores_of(s, ward.tenant, platform.platform_id, list(State)))


def test_lets_a_known_learner_in_to_what_is_placed(ward, wired, platform):
    known(ward, "42", ward.kari)
    entered = enter(wired, platform, placed(ward), now=ward.clock)
    assert entered.path.startswith("/plan/records/")
    found = read(ward.engine, lambda s: service.get_session(s, ward.tenant, entered.session_id))
    assert (found.person_id, found.launch.subject, found.secret_key) == (ward.kari, "42", service.key_of(entered.secret))
    journal = read(ward.engine, lambda s: platforms.visits(s, ward.tenant, platform.platform_id))
    assert [(visit.context_title, visit.link_title, visit.failed) for visit in journal] == [("LIS1", "Planen", False)]


def test_asks_an_unknown_learner_who_they_are_and_never_goes_by_the_address(ward, wired, platform):
    entered = enter(wired, platform, placed(ward, email="kari@example.no"), now=ward.clock)
    assert entered.path == "/lti/who"


def test_lets_each_launch_in_once_only(ward, wired, platform):
    enter(wired, platform, launch(), now=ward.clock, once="the state")
    with pytest.raises(LaunchRefused) as caught:
        enter(wired, platform, launch(), now=ward.clock, once="the state")
    assert caught.value.step is Step.REPLAY


def test_lets_one_in_when_the_same_launch_comes_many_times_at_once(ward, wired, platform):
    def attempt(_number):
        try:
            enter(wired, platform, launch(), now=ward.clock, once="the state")
        except LaunchRefused as refusal:
            return refusal.step
        return None

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(attempt, range(8)))
    assert sorted(outcomes, key=str) == [None] + [Step.REPLAY] * 7


def test_stores_nothing_when_the_launch_is_refused(ward, wired, platform):
    with pytest.raises(LaunchRefused) as caught:
        enter(wired, platform, launch(deployment_id="another"), now=ward.clock, once="the state")
    assert caught.value.step is Step.DEPLOYMENT
    assert enter(wired, platform, launch(), now=ward.clock, once="the state").path == "/lti/who"


def test_adopts_the_first_deployment_when_none_was_named_and_no_other_after_it(ward, wired):
    platform = register(wired, now=ward.clock, tenant=ward.tenant, deployment_id="")
    enter(wired, platform, launch(deployment_id="first"), now=ward.clock)
    with pytest.raises(LaunchRefused):
        enter(wired, platform, launch(deployment_id="second"), now=ward.clock)
    deployed = read(ward.engine, lambda s: platforms.find_deployments(s, ward.tenant, platform.platform_id))
    assert [each.deployment_id for each in deployed] == ["first"]


def test_refuses_what_is_placed_no_more(ward, wired, platform):
    with pytest.raises(LaunchRefused) as caught:
        enter(wired, platform, launch(custom={"lrs_bridge_placed": "activity:gone"}), now=ward.clock)
    assert caught.value.step is Step.PLACEMENT


def test_refuses_a_person_who_is_blocked(ward, wired, platform):
    known(ward, "42", ward.kari)
    ward.do(lambda s: people.block_person(s, ward.tenant, ward.kari, actor="test", now=ward.clock))
    with pytest.raises(Forbidden):
        enter(wired, platform, launch(), now=ward.clock)


def test_tells_the_platform_at_the_launch_what_was_done_elsewhere_before(ward, wired, platform):
    known(ward, "42", ward.kari)
    ward.receive(ward.completion())
    enter(wired, platform, placed(ward), now=ward.clock)
    enter(wired, platform, placed(ward), now=ward.clock)
    assert [(one.score.grade.grading_progress, one.score.grade.given) for one in queued(ward, platform)] == [
        ("FullyGraded", 100.0)
    ]


def test_tells_the_platform_nothing_at_a_launch_before_anything_is_done(ward, wired, platform):
    known(ward, "42", ward.kari)
    enter(wired, platform, placed(ward), now=ward.clock)
    assert queued(ward, platform) == []


def test_tells_the_platform_when_the_course_is_completed_after_the_launch(ward, wired, platform):
    known(ward, "42", ward.kari)
    enter(wired, platform, placed(ward), now=ward.clock)
    ward.receive(ward.completion())
    assert "FullyGraded" in {one.score.grade.grading_progress for one in queued(ward, platform)}


def test_tells_the_platform_of_a_user_who_links_themselves(ward, wired, platform):
    ward.receive(ward.completion())
    entered = enter(wired, platform, placed(ward), now=ward.clock)
    ward.do(
        lambda s: service.link_user(s, ward.tenant, entered.session_id, ward.kari, actor="test", **linking(wired), now=ward.clock)
    )
    assert [one.score.grade.given for one in queued(ward, platform)] == [100.0]
    found = read(ward.engine, lambda s: service.get_session(s, ward.tenant, entered.session_id))
    assert found.person_id == ward.kari
    assert read(ward.engine, lambda s: service.path_now(s, found, launchables=wired.launchables)).startswith("/plan/records/")


def test_refuses_to_make_a_user_two_persons(ward, wired, platform):
    entered = enter(wired, platform, launch(), now=ward.clock)
    known(ward, "42", ward.ola)
    with pytest.raises(Conflict):
        ward.do(
            lambda s: service.link_user(
                s, ward.tenant, entered.session_id, ward.kari, actor="test", **linking(wired), now=ward.clock
            )
        )


def test_links_nobody_when_the_platform_does_not_say_who_it_is(ward, wired, platform):
    entered = enter(wired, platform, launch(subject=None), now=ward.clock)
    with pytest.raises(Conflict):
        ward.do(
            lambda s: service.link_user(
                s, ward.tenant, entered.session_id, ward.kari, actor="test", **linking(wired), now=ward.clock
            )
        )


def test_does_not_find_another_tenants_session(ward, wired, platform):
    entered = enter(wired, platform, launch(), now=ward.clock)
    with pytest.raises(NotFound):
        read(ward.engine, lambda s: service.get_session(s, "elsewhere", entered.session_id))


@pytest.mark.parametrize(("proven", "path"), [(True, "/plan"), (False, "/lti/who")])
def test_recognises_a_user_of_lti_1p1_only_when_the_platform_proves_it(ward, wired, platform, proven, path):
    former = service.user_of(LEGACY_ISSUER + "old key", "7")
    ward.do(lambda s: people.link_identifier(s, ward.tenant, former, ward.kari, actor="test", now=ward.clock))
    said = launch(migration=Migration("old key", "7", None, proven=proven))
    assert enter(wired, platform, said, now=ward.clock).path == path
    waiting = read(ward.engine, lambda s: platforms.rebindings(s, ward.tenant, platform.platform_id))
    assert [(one.subject, one.former_subject) for one in waiting] == ([] if proven else [("42", "7")])


def test_knows_nobody_when_the_user_of_lti_1p1_is_unknown_too(ward, wired, platform):
    said = launch(migration=Migration("old key", None, None, proven=True))
    assert enter(wired, platform, said, now=ward.clock).path == "/lti/who"
    assert read(ward.engine, lambda s: platforms.rebindings(s, ward.tenant, platform.platform_id)) == []


def test_keeps_no_link_for_a_deep_linking_request(ward, wired, platform):
    settings = DeepLinkingSettings("https://lms.example.no/back", (), (), accept_multiple=True, accept_lineitem=True)
    said = launch(roles=("Instructor",), message_type=MessageType.DEEP_LINKING, deep_linking=settings)
    entered = enter(wired, platform, said, now=ward.clock)
    assert entered.path == "/lti/place"
    assert read(ward.engine, lambda s: service.get_session(s, ward.tenant, entered.session_id)).link_id is None


def test_sweeps_out_sessions_after_a_working_day(ward, wired, platform):
    entered = enter(wired, platform, launch(), now=ward.clock)
    sweeping = next(secret for secret in map(str, range(10_000)) if int(service.key_of(secret)[:8], 16) % 64 == 0)
    enter(wired, platform, launch(), now=ward.clock + timedelta(hours=7), secret=sweeping)
    assert read(ward.engine, lambda s: service.get_session(s, ward.tenant, entered.session_id)).launch.subject == "42"
    enter(wired, platform, launch(), now=ward.clock + timedelta(hours=9), secret=sweeping)
    with pytest.raises(NotFound):
        read(ward.engine, lambda s: service.get_session(s, ward.tenant, entered.session_id))


def test_keeps_what_a_link_is_for_now_and_services_that_one_launch_left_out(ward, wired, platform):
    enter(wired, platform, placed(ward), now=ward.clock)
    enter(wired, platform, launch(memberships_url="https://lms.example.no/members"), now=ward.clock + timedelta(seconds=5))
    launched, at = teach(ward, wired, platform)
    assert (at.place, at.memberships_url) == (Place("activity", str(ward.hygiene)), "https://lms.example.no/members")
    assert launched.link_id == at.link_id


# What waited for who they are


def graded(ward, subject="42"):
    """What the platform said of somebody before anybody here knew who it is."""
    ward.receive(ward.completion(who=LtiUser(ISSUER, subject)))
    assert ward.record(ward.hygiene).state is RecordState.PLANNED


def known_person(ward, session_id):
    return read(ward.engine, lambda s: service.get_session(s, ward.tenant, session_id)).person_id


def test_counts_what_was_graded_before_a_user_linked_themselves(ward, wired, platform):
    graded(ward)
    entered = enter(wired, platform, placed(ward), now=ward.clock)
    given = {"actor": "test", "now": ward.clock} | linking(wired)
    ward.do(lambda s: service.link_user(s, ward.tenant, entered.session_id, ward.kari, **given))
    assert ward.record(ward.hygiene).state is RecordState.SIGNED
    assert [one.score.grade.given for one in queued(ward, platform)] == [100.0]


def test_counts_what_was_graded_before_an_administrator_linked_the_user(ward, wired, platform):
    graded(ward)
    enter(wired, platform, placed(ward), now=ward.clock)
    given = {"actor_id": ward.admin, "now": ward.clock} | linking(wired)
    ward.do(lambda s: users.link_unknown(s, ward.tenant, ISSUER, "42", ward.kari, **given))
    assert ward.record(ward.hygiene).state is RecordState.SIGNED


def test_counts_what_was_graded_before_the_platform_proved_who_the_user_was_under_lti_1p1(ward, wired, platform):
    graded(ward)
    before = enter(wired, platform, placed(ward), now=ward.clock)
    former = service.user_of(LEGACY_ISSUER + "old key", "7")
    ward.do(lambda s: people.link_identifier(s, ward.tenant, former, ward.kari, actor="test", now=ward.clock))
    enter(wired, platform, launch(migration=Migration("old key", "7", None, proven=True)), now=ward.clock)
    assert ward.record(ward.hygiene).state is RecordState.SIGNED
    assert known_person(ward, before.session_id) == ward.kari


def test_counts_what_was_graded_before_an_administrator_said_who_the_user_was_under_lti_1p1(ward, wired, platform):
    graded(ward)
    former = service.user_of(LEGACY_ISSUER + "old key", "7")
    ward.do(lambda s: people.link_identifier(s, ward.tenant, former, ward.kari, actor="test", now=ward.clock))
    enter(wired, platform, launch(migration=Migration("old key", "7", None, proven=False)), now=ward.clock)
    asked = (ward.tenant, platform.platform_id, "42", "old key")
    ward.do(lambda s: platforms.approve_rebinding(s, *asked, linked=wired.identifier_linked, by="test", now=ward.clock))
    assert ward.record(ward.hygiene).state is RecordState.SIGNED


def test_knows_the_user_in_what_they_have_open_when_the_work_list_links_them(ward, wired, platform):
    graded(ward)
    entered = enter(wired, platform, placed(ward), now=ward.clock)
    editor = ward.editor()
    key = ward.do(lambda s: worklist.work_list(s, ward.tenant, Topic.PERSON)).entries[0].key
    ward.do(lambda s: worklist.link_person(s, ward.tenant, key, ward.kari, editor=editor, launchables=wired.launchables))
    assert known_person(ward, entered.session_id) == ward.kari
    assert read(ward.engine, lambda s: users.unknown_users(s, ward.tenant)) == []
    assert [one.score.grade.given for one in queued(ward, platform)] == [100.0]


# The roster


def teach(ward, wired, platform):
    """A teacher's session, and what is placed."""
    entered = enter(wired, platform, placed(ward, subject="t", roles=("Instructor",)), now=ward.clock)
    launched = read(ward.engine, lambda s: service.get_session(s, ward.tenant, entered.session_id))
    return launched, read(ward.engine, lambda s: roster.placed_at(s, ward.tenant, launched.link_id))


def show(ward, wired, launched, at, members):
    now = ward.now()
    work = lambda s: roster.roster_of(s, launched, at, members, launchables=wired.launchables, now=now)  # noqa: E731
    return ward.do(work)


def test_shows_how_far_each_learner_of_the_platform_has_come(ward, wired, platform):
    known(ward, "42", ward.kari)
    ward.receive(ward.completion())
    launched, at = teach(ward, wired, platform)
    listed = [
        Member("42", (LEARNER,), is_active=True, name="Kari"),
        Member("43", (LEARNER,), is_active=True, name="Anna"),
        Member("44", (LEARNER,), is_active=False, name="Gone"),
        Member("t", (CONTEXT + "Instructor",), is_active=True),
    ]
    found = show(ward, wired, launched, at, learners(listed))
    assert [(line.name, line.standing.reached if line.standing else None) for line in found.lines] == [
        ("Anna", None),
        ("Kari", "signed"),
    ]
    assert [(one.score.subject, one.score.grade.given) for one in queued(ward, platform)] == [("42", 100.0)]
    assert sorted(each.name for each in read(ward.engine, lambda s: roster.known_learners(s, ward.tenant, at))) == [
        "Anna",
        "Kari",
    ]
    show(ward, wired, launched, at, learners(listed))
    assert len(queued(ward, platform)) == 1
    seen = read(ward.engine, lambda s: audit.find(s, ward.tenant, subject=f"lti_link:{at.link_id}"))
    assert [(event.action, event.detail["learners"]) for event in seen] == [("roster.view", 2)] * 2


def test_opens_records_to_teachers_only_whom_they_follow_here(ward, wired, platform):
    known(ward, "t", ward.sigrid)
    launched, _ = teach(ward, wired, platform)
    both = {ward.kari, ward.owner}
    assert read(ward.engine, lambda s: roster.sees_records(s, launched, both, ward.clock)) == {ward.kari}
    nobody = replace(launched, person_id=None)
    assert read(ward.engine, lambda s: roster.sees_records(s, nobody, both, ward.clock)) == set()


def test_finds_what_is_to_be_reviewed_where_it_was_launched(ward, wired, platform):
    known(ward, "42", ward.kari)
    enter(wired, platform, placed(ward), now=ward.clock)
    said = placed(ward, subject="t", roles=("Instructor",), message_type=MessageType.SUBMISSION_REVIEW, for_subject="42")
    entered = enter(wired, platform, said, now=ward.clock)
    assert entered.path == "/lti/review"
    launched = read(ward.engine, lambda s: service.get_session(s, ward.tenant, entered.session_id))
    assert read(ward.engine, lambda s: roster.reviewed_at(s, launched)).place == Place("activity", str(ward.hygiene))


def test_finds_nothing_to_review_when_nobody_has_opened_it(ward, wired, platform):
    said = placed(ward, subject="t", roles=("Instructor",), message_type=MessageType.SUBMISSION_REVIEW, for_subject="42")
    entered = enter(wired, platform, said, now=ward.clock)
    launched = read(ward.engine, lambda s: service.get_session(s, ward.tenant, entered.session_id))
    with pytest.raises(NotFound):
        read(ward.engine, lambda s: roster.reviewed_at(s, launched))


# Users to link


def test_lists_users_who_are_nobody_here_until_they_are_linked(ward, wired, platform):
    enter(wired, platform, placed(ward), now=ward.clock)
    enter(wired, platform, launch(), now=ward.clock)
    enter(wired, platform, launch(subject="t", roles=("Instructor",)), now=ward.clock)
    waiting = read(ward.engine, lambda s: users.unknown_users(s, ward.tenant))
    assert [(one.subject, one.name, one.course_title) for one in waiting] == [("42", "Kari fra kurset", "LIS1")]

    def link(person):
        given = {"actor_id": ward.admin, "now": ward.clock} | linking(wired)
        return ward.do(lambda s: users.link_unknown(s, ward.tenant, ISSUER, "42", person, **given))

    with pytest.raises(Forbidden):
        link(ward.admin)
    link(ward.kari)
    assert read(ward.engine, lambda s: users.unknown_users(s, ward.tenant)) == []
    with pytest.raises(NotFound):
        link(ward.kari)
    assert enter(wired, platform, launch(deployment_id=DEPLOYMENT), now=ward.clock).path == "/plan"
