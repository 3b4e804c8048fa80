"""Random statements and queries about few enough things that they meet."""

import json
from datetime import timedelta
from uuid import UUID

from hypothesis import strategies as st

from tests.support.naive_lrs import VOIDED, instant

IDS = [str(UUID(int=(0x5F2F2A0E << 96) | (0x4C55 << 64) | (0x9AD1 << 48) | number)) for number in range(16)]
VERBS = ["http://adlnet.gov/expapi/verbs/completed", "http://adlnet.gov/expapi/verbs/passed", VOIDED]
ACTIVITIES = [
    "https://kurs.example.no/smittevern",
    "https://kurs.example.no/smittevern/",
    "https://kurs.example.no/blåtur?a=1&b=ø",
]
REGISTRATIONS = ["5f2f2a0e-8f0a-4c55-9ad1-0f6f3f1f00aa", "5f2f2a0e-8f0a-4c55-9ad1-0f6f3f1f00ab"]
PEOPLE = [
    {"mbox": "mailto:kari@example.no"},
    {"mbox_sha1sum": "2c1f3bf1ac1a25c4a7a0ff1a1ff6c6bb4dd36b2a"},
    {"openid": "https://id.example.no/ola"},
    {"account": {"homePage": "https://idp.example.no", "name": "hpr-1"}},
    {"account": {"homePage": "https://idp.example.no", "name": "hpr-2 «æøå»"}},
    {"account": {"homePage": "https://andre.example.no", "name": "hpr-1"}},
    {"mbox": "mailto:siri@example.no"},
    {"openid": "https://id.example.no/siri"},
    {"mbox": "mailto:per@example.no"},
]
ROLES = ["https://kurs.example.no/roller/veileder"]

agents = st.sampled_from(PEOPLE).flatmap(lambda one: st.sampled_from([one, one | {"objectType": "Agent", "name": "Navn"}]))
anonymous_groups = st.lists(agents, min_size=1, max_size=2).map(lambda some: {"objectType": "Group", "member": some})
identified_groups = st.tuples(st.sampled_from(PEOPLE), st.lists(agents, max_size=2)).map(
    lambda both: both[0] | {"objectType": "Group"} | ({"member": both[1]} if both[1] else {})
)
groups = anonymous_groups | identified_groups
actors = agents | groups
activities = st.sampled_from(ACTIVITIES).flatmap(
    lambda iri: st.sampled_from([{"id": iri}, {"objectType": "Activity", "id": iri}])
)


def _typed(agent):
    return agent | {"objectType": agent.get("objectType", "Agent")}


def _references(targets):
    return st.sampled_from(targets).map(lambda target: {"objectType": "StatementRef", "id": target})


_roles = {"relevantTypes": st.just(ROLES)}
_context_agents = st.lists(
    st.fixed_dictionaries({"objectType": st.just("contextAgent"), "agent": agents.map(_typed)}, optional=_roles),
    min_size=1,
    max_size=2,
)
_context_groups = st.lists(
    st.fixed_dictionaries({"objectType": st.just("contextGroup"), "group": groups}, optional=_roles), min_size=1, max_size=2
)


def _context_activities(version):
    several = st.lists(activities, min_size=1, max_size=2)
    some = several if version == "2.0.0" else several | activities
    return st.dictionaries(st.sampled_from(["parent", "grouping", "category", "other"]), some, min_size=1, max_size=2)


def _contexts(version):
    members = {
        "registration": st.sampled_from(REGISTRATIONS),
        "instructor": actors,
        "team": groups,
        "contextActivities": _context_activities(version),
        "statement": _references(IDS),
    }
    if version == "2.0.0":
        members |= {"contextAgents": _context_agents, "contextGroups": _context_groups}
    return st.fixed_dictionaries({}, optional=members)


def _events(version, objects, contexts=None):
    """Actor, verb, object and context; only what voids has the verb for it."""
    event = {"actor": actors, "verb": st.sampled_from(VERBS[:2]).map(lambda iri: {"id": iri}), "object": objects}
    if contexts is not None:
        return st.fixed_dictionaries(event | {"context": contexts})
    return st.fixed_dictionaries(event, optional={"context": _contexts(version)})


def statements(version, targets):
    """Statements without an id; those that point at others point at one of the targets."""
    references = _references(targets)
    within = _events(version, activities | actors.map(_typed) | references)
    kinds = [
        _events(version, activities | actors.map(_typed)),
        _events(version, references),
        _events(version, references),
        within.map(lambda event: event | {"objectType": "SubStatement"}).flatmap(lambda inner: _events(version, st.just(inner))),
        _events(version, references).map(lambda event: event | {"verb": {"id": VOIDED}}),
    ]
    if version == "2.0.0":
        kinds.append(_events(version, activities, st.fixed_dictionaries({"contextAgents": _context_agents})))
        kinds.append(_events(version, activities, st.fixed_dictionaries({"contextGroups": _context_groups})))
    return st.one_of(kinds)


@st.composite
def batches(draw, versions=("1.0.3", "2.0.0"), ids=IDS):
    """``(version, statements)`` to be sent one after the other; the ids are used in order, each once, and most point nearby."""
    wanted, found = list(ids[: draw(st.sampled_from([len(ids) // 2, len(ids)]))]), []
    while wanted:
        version = draw(st.sampled_from(versions))
        batch = []
        for one in wanted[: draw(st.integers(1, 4))]:
            at = IDS.index(one)
            targets = draw(st.sampled_from([IDS[max(at - 2, 0) : at + 2], IDS[max(at - 2, 0) : at + 2], IDS]))
            batch.append(draw(statements(version, targets)) | {"id": one})
        found.append((version, batch))
        wanted = wanted[len(batch) :]
    return found


FILTERS = {
    "agent": st.sampled_from(PEOPLE).flatmap(lambda one: st.sampled_from([one, one | {"objectType": "Group"}]).map(json.dumps)),
    "verb": st.sampled_from(VERBS),
    "activity": st.sampled_from([*ACTIVITIES, "https://kurs.example.no/smitte"]),
    "registration": st.sampled_from([*REGISTRATIONS, REGISTRATIONS[0].upper()]),
}


@st.composite
def queries(draw, stored):
    """Parameters of a query, mostly with one filter, as several seldom leave anything; ``stored`` are times that it may name."""
    names = draw(st.lists(st.sampled_from(["agent", "agent", "activity", "activity", "verb", "registration"]), max_size=2))
    found = {name: draw(FILTERS[name]) for name in names}
    for name in ("related_agents", "related_activities", "ascending"):
        said = draw(st.sampled_from(["true", "true", "false", None]))
        found |= {} if said is None else {name: said}
    for name in ("since", "until"):
        if stored and draw(st.integers(0, 3)) == 3:
            found[name] = draw(st.sampled_from([_beside(one, step) for one in stored for step in (-1, 0, 1)]))
    limit = draw(st.sampled_from([None, "0", "1", "3", "20"]))
    return found | ({} if limit is None else {"limit": limit})


def _beside(text, step):
    """The instant so many microseconds after one, written with an offset."""
    at = instant(text) + timedelta(microseconds=step)
    return at.isoformat(timespec="microseconds")
