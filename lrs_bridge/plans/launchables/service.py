"""Plans and learning activities as things that learning platforms place; and the news of them that platforms wait for."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from lrs_bridge.db import Session
from lrs_bridge.lti.scores import service as scores
from lrs_bridge.plans import store
from lrs_bridge.plans.launchables.reach import NOT_THEIRS, plan_standing, standing_of
from lrs_bridge.plans.objective import Activity
from lrs_bridge.plans.record import Head
from lrs_bridge.ports import Launchable, Standing

PLAN, ACTIVITY = "plan", "activity"
OWN_PLAN = Launchable(PLAN, "", "My learning plan", "Each learner's own plan, with objectives and activities", is_graded=False)


class PlanLaunchables:
    """A user's own plan, and single learning activities; implements ``ports.LaunchableSource``."""

    kinds = frozenset({PLAN, ACTIVITY})

    def search(self, session: Session, tenant: str, words: str, limit: int) -> list[Launchable]:
        """The plan first, then activities, of those whose title holds the words."""
        wanted = words.strip()
        plan = [OWN_PLAN] if wanted.casefold() in OWN_PLAN.title.casefold() else []
        activities = store.search_activities(session, tenant, wanted, limit)
        return [*plan, *(_launchable(activity) for activity in activities)][:limit]

    def find(self, session: Session, tenant: str, kind: str, id: str) -> Launchable | None:
        """The plan, or the activity with that id; None for what is not there."""
        if kind == PLAN:
            return OWN_PLAN if not id else None
        activity = _activity(session, tenant, id) if kind == ACTIVITY else None
        return None if activity is None else _launchable(activity)

    def standings(self, session: Session, tenant: str, kind: str, id: str, person_ids: Collection[UUID]) -> dict[UUID, Standing]:
        """How far each of these persons has come with it: NOT_THEIRS where it is not in their plans. Empty for what is gone."""
        if kind == PLAN and not id:
            counts = store.count_states(session, tenant, person_ids)
            return {person_id: plan_standing(counts.get(person_id, [])) for person_id in person_ids}
        activity = _activity(session, tenant, id) if kind == ACTIVITY else None
        if activity is None:
            return {}
        heads = store.find_current_heads(session, tenant, person_ids, [activity.activity_id])
        found = _standings(session, tenant, activity, heads)
        return {person_id: found.get(person_id, NOT_THEIRS) for person_id in person_ids}


def _launchable(activity: Activity) -> Launchable:
    return Launchable(ACTIVITY, str(activity.activity_id), activity.title, "", is_graded=True)


def _activity(session: Session, tenant: str, id: str) -> Activity | None:
    try:
        activity_id = UUID(id)
    except ValueError:
        return None
    return store.find_activities(session, tenant, [activity_id]).get(activity_id)


def _standings(session: Session, tenant: str, activity: Activity, heads: Collection[Head]) -> dict[UUID, Standing]:
    evidence = store.find_evidence(session, tenant, [head.record_id for head in heads])
    return {head.person_id: standing_of(head, activity.rule, evidence.get(head.record_id, ())) for head in heads}


def tell_platforms(session: Session, tenant: str, heads: Iterable[Head], *, now: datetime) -> None:
    """Hands on how these records stand, where their activities are placed. One query when none of them is."""
    persons: dict[UUID, set[UUID]] = defaultdict(set)
    for head in heads:
        persons[head.activity_id].add(head.person_id)
    placed = scores.links_of(session, tenant, ACTIVITY, [str(activity_id) for activity_id in persons]) if persons else set()
    activities = store.find_activities(session, tenant, [UUID(activity_id) for activity_id in placed]) if placed else {}
    for activity_id, activity in sorted(activities.items()):
        current = store.find_current_heads(session, tenant, persons[activity_id], [activity_id])
        standings = _standings(session, tenant, activity, current)
        scores.note_standings(session, tenant, ACTIVITY, str(activity_id), standings, now=now)
