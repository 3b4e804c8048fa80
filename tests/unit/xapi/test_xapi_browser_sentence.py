"""Statements as sentences in three languages."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.xapi.browser import wording
from lrs_bridge.xapi.browser.sentence import (
    LANGUAGES,
    Piece,
    name_of_agent,
    sentence_of,
    text_of,
)
from lrs_bridge.xapi.browser.verbs import VERBS, iris_of, last_part, suggestions
from tests.support.statements import (
    COURSE,
    KARI,
    OLA,
    OTHER_ID,
    full_statement,
    interaction,
    statement,
    sub_statement,
    voiding,
)

ADL = "http://adlnet.gov/expapi/verbs/"
RESULT = {"score": {"scaled": 0.92}, "success": True, "duration": "PT34M"}
LIS = {"objectType": "Group", "name": "LIS1"}
OWN_VERB = {"id": "https://example.no/verbs/did_well"}
UNNAMED = {"id": COURSE}


def told(value, language="nb", **more):
    return text_of(sentence_of(value, language, **more)).replace(wording.NBSP, " ")


def verb(name, display=None):
    return {"id": ADL + name} | ({"display": display} if display else {})


LINES = {
    "a result": (
        statement(result=RESULT),
        "Kari Nordmann fullførte «Smittevern» med 92 % – bestått, 34 minutter",
        "Kari Nordmann fullførte «Smittevern» med 92 % – bestått, 34 minutt",
        "Kari Nordmann completed “Infection control” with 92% – passed, 34 minutes",
    ),
    "what the verb says already": (
        statement(verb=verb("failed"), result={"success": False, "score": {"raw": 4.5, "max": 10}}),
        "Kari Nordmann bestod ikke «Smittevern» med 4,5 av 10",
        "Kari Nordmann bestod ikkje «Smittevern» med 4,5 av 10",
        "Kari Nordmann failed “Infection control” with 4.5 out of 10",
    ),
    "what contradicts the verb": (
        statement(result={"completion": False, "success": False, "score": {"raw": 7}}),
        "Kari Nordmann fullførte «Smittevern» med 7 poeng – ikke fullført, ikke bestått",
        "Kari Nordmann fullførte «Smittevern» med 7 poeng – ikkje fullført, ikkje bestått",
        "Kari Nordmann completed “Infection control” with 7 points – not completed, not passed",
    ),
    "an answer": (
        statement(verb=verb("answered"), object=interaction("choice"), result={"response": "a[,]b", "success": True}),
        f"Kari Nordmann svarte på {COURSE} – svar «a[,]b», riktig",
        f"Kari Nordmann svarte på {COURSE} – svar «a[,]b», rett",
        f"Kari Nordmann answered {COURSE} – answer “a[,]b”, right",
    ),
    "a wrong answer": (
        statement(verb=verb("answered"), object=interaction("choice"), result={"success": False}),
        f"Kari Nordmann svarte på {COURSE} – galt",
        f"Kari Nordmann svarte på {COURSE} – feil",
        f"Kari Nordmann answered {COURSE} – wrong",
    ),
    "a voiding": (
        voiding(OTHER_ID),
        f"Kari Nordmann trakk tilbake meldingen {OTHER_ID}",
        f"Kari Nordmann trekte tilbake meldinga {OTHER_ID}",
        f"Kari Nordmann withdrew the statement {OTHER_ID}",
    ),
    "a plan": (
        statement(
            verb={"id": "https://example.no/verbs/planned", "display": {"nb": "planla", "en": "planned"}}, object=sub_statement()
        ),
        "Kari Nordmann planla «Kari Nordmann fullførte ‘Smittevern’»",
        "Kari Nordmann planla «Kari Nordmann fullførte ‘Smittevern’»",
        "Kari Nordmann planned “Kari Nordmann completed ‘Infection control’”",
    ),
    "about a person": (
        statement(verb=verb("asked"), object=OLA | {"objectType": "Agent"}),
        "Kari Nordmann spurte hpr-7654321 hos idp.example.no",
        "Kari Nordmann spurde hpr-7654321 hos idp.example.no",
        "Kari Nordmann asked hpr-7654321 at idp.example.no",
    ),
    "an unknown verb": (
        statement(verb=OWN_VERB, object=UNNAMED),
        f"Kari Nordmann did well {COURSE}",
        f"Kari Nordmann did well {COURSE}",
        f"Kari Nordmann did well {COURSE}",
    ),
    "cmi5 progress": (
        statement(verb=verb("progressed"), result={"extensions": {"https://w3id.org/xapi/cmi5/result/extensions/progress": 60}}),
        "Kari Nordmann kom videre i «Smittevern» – framdrift 60 %",
        "Kari Nordmann kom vidare i «Smittevern» – framdrift 60 %",
        "Kari Nordmann progressed in “Infection control” – progress 60%",
    ),
    "video progress": (
        statement(
            verb={"id": "https://w3id.org/xapi/video/verbs/paused"},
            result={"extensions": {"https://w3id.org/xapi/video/extensions/progress": 0.255}},
        ),
        "Kari Nordmann stanset «Smittevern» – framdrift 25,5 %",
        "Kari Nordmann stansa «Smittevern» – framdrift 25,5 %",
        "Kari Nordmann paused “Infection control” – progress 25.5%",
    ),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", LINES)
def test_tells_a_statement_on_one_line(name, language):
    value, *lines = LINES[name]
    assert told(value, language) == lines[LANGUAGES.index(language)]


@pytest.mark.parametrize(
    ("actor", "name"),
    [
        (KARI, "Kari Nordmann"),
        ({"mbox": "mailto:kari@example.no"}, "kari@example.no"),
        ({"mbox_sha1sum": "0" * 40}, "noen med skjult e-postadresse"),
        ({"openid": "https://id.example.no/kari"}, "https://id.example.no/kari"),
        ({"account": {"homePage": "urn:lms", "name": "7"}}, "7 hos urn:lms"),
        ({"account": {"homePage": "http://[x", "name": "7"}}, "7 hos http://[x"),
        ({"name": " \0 ", "mbox": "mailto:kari@example.no"}, "kari@example.no"),
        ({"name": "Kari\n Nordmann", "mbox": "mailto:kari@example.no"}, "Kari Nordmann"),
        ({"name": "K" * 500, "mbox": "mailto:kari@example.no"}, "K" * 119 + "…"),
        (LIS | {"mbox": "mailto:lis@example.no"}, "LIS1"),
        (LIS | {"member": [KARI, OLA]}, "LIS1 (Kari Nordmann og hpr-7654321 hos idp.example.no)"),
        ({"objectType": "Group", "member": [KARI]}, "Kari Nordmann"),
        ({"objectType": "Group", "member": [KARI] * 5}, "Kari Nordmann, Kari Nordmann, Kari Nordmann og 2 til"),
        ({"objectType": "Group", "mbox": "mailto:lis@example.no"}, "en gruppe"),
    ],
)
def test_calls_an_agent_by_what_is_known(actor, name):
    assert name_of_agent(actor, "nb") == name
    assert told(statement(actor=actor)).startswith(f"{name} fullførte")


def test_prefers_the_name_that_we_know_a_person_by():
    names = {"mbox mailto:kari@example.no": "Kari Hansen"}
    assert told(statement(), names=names).startswith("Kari Hansen fullførte")
    assert name_of_agent(LIS | {"member": [KARI]}, "nb", names) == "LIS1 (Kari Hansen)"


def test_quotes_the_statement_that_it_points_at_when_that_is_known():
    line = "Kari Nordmann trakk tilbake meldingen «Kari Nordmann fullførte ‘Smittevern’»"
    assert told(voiding(OTHER_ID), target=statement()) == line


@pytest.mark.parametrize(
    ("names", "language", "text", "tag"),
    [
        ({"nb-NO": "Smittevern", "en": "Infection"}, "nb", "Smittevern", None),
        ({"nb-NO": "Smittevern", "en": "Infection"}, "en", "Infection", None),
        ({"no": "Smittevern", "en": "Infection"}, "nn", "Smittevern", "no"),
        ({"nb": "Smittevern"}, "en", "Smittevern", "nb"),
        ({"de": "Hygiene"}, "nb", "Hygiene", "de"),
        ({"nb": " ", "en": "Infection"}, "nb", "Infection", "en"),
        ({"nb": ""}, "nb", COURSE, None),
        ({}, "nb", COURSE, None),
    ],
)
def test_marks_a_name_in_another_language_than_the_readers(names, language, text, tag):
    value = statement(object={"id": COURSE, "definition": {"name": names}})
    assert Piece(text, "object", tag) in sentence_of(value, language)


def test_marks_a_verb_in_another_language():
    value = statement(verb=OWN_VERB | {"display": {"en-US": "did well in"}})
    assert Piece("did well in", "verb", "en-US") in sentence_of(value, "nb")


def test_speaks_english_when_the_language_is_not_ours():
    assert told(statement(), "de") == "Kari Nordmann completed “Infection control”"


@pytest.mark.parametrize("progress", [True, "60", -1, 101, None, [], {}])
def test_says_nothing_of_progress_that_is_none(progress):
    value = statement(result={"extensions": {"https://w3id.org/xapi/cmi5/result/extensions/progress": progress}})
    assert told(value) == "Kari Nordmann fullførte «Smittevern»"


@given(st.text(), st.text(), st.text(), st.sampled_from([*LANGUAGES, "de"]))
def test_stays_on_one_line_whatever_a_statement_holds(name, title, response, language):
    value = full_statement()
    value["actor"]["name"], value["object"]["definition"]["name"], value["result"]["response"] = name, {"nb": title}, response
    line = told(value, language)
    assert line.splitlines() == [line]
    assert "\0" not in line


# Verbs


def test_knows_each_verb_in_every_language():
    for name in VERBS.values():
        assert all(name.text(language).strip() for language in LANGUAGES)


@pytest.mark.parametrize(
    ("words", "iris"),
    [
        ("fullførte", {ADL + "completed", "http://activitystrea.ms/schema/1.0/complete"}),
        ("  Bestod   IKKJE ", {ADL + "failed"}),
        ("logged in", {"https://w3id.org/xapi/adl/verbs/logged-in"}),
        ("logged in to", {"https://w3id.org/xapi/adl/verbs/logged-in"}),
        ("danced", set()),
    ],
)
def test_finds_verbs_by_what_they_are_called(words, iris):
    assert set(iris_of(words)) == iris


def test_suggests_each_name_once():
    names = suggestions("nb")
    assert len(names) == len(set(names))
    assert "fullførte" in names


@pytest.mark.parametrize(
    ("iri", "words"),
    [
        ("https://example.no/verbs/did_well", "did well"),
        ("https://example.no/v#signed-off", "signed off"),
        ("urn:verbs:danced", "danced"),
        ("https://example.no/verbs/", "verbs"),
        ("x:-", "x:-"),
    ],
)
def test_reads_the_end_of_an_iri(iri, words):
    assert last_part(iri) == words


# Numbers


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, ""),
        (0.4, ""),
        (1, "1 sekund"),
        (125, "2 minutter 5 sekunder"),
        (600, "10 minutter"),
        (34 * 60 + 12, "34 minutter"),
        (3600, "1 time"),
        (5400, "1 time 30 minutter"),
        (86_400 + 7200 + 60, "1 dag 2 timer"),
        (3 * 86_400, "3 dager"),
    ],
)
def test_tells_a_duration_in_its_two_largest_units(seconds, text):
    assert wording.duration(timedelta(seconds=seconds), "nb").replace(wording.NBSP, " ") == text


@pytest.mark.parametrize(
    ("share", "nb", "en"), [(0.925, "92,5 %", "92.5%"), (1, "100 %", "100%"), (-0.0001, "0 %", "0%"), (0.3333, "33,3 %", "33.3%")]
)
def test_tells_a_share_as_per_cent(share, nb, en):
    assert wording.percent(share, "nb").replace(wording.NBSP, " ") == nb
    assert wording.percent(share, "en") == en


def test_tells_no_score_when_there_is_only_a_range():
    assert wording.score({"min": 0, "max": 10}, "nb") == ""
