"""A statement as one readable line in the reader's language.

Source: xAPI 1.0.3, Data 2.4 (all kinds of actors and objects, results), 4.2 (language maps). Well-known verbs go by our own names
(``verbs``), others by their display, others by the end of their IRI; nothing that a valid statement holds is unreadable. Text in
another language than the reader's keeps its language tag, so that it can be marked. Left out: everything in the context.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from lrs_bridge.xapi.browser import wording
from lrs_bridge.xapi.browser.verbs import VERBS, last_part
from lrs_bridge.xapi.model.formats import parse_duration
from lrs_bridge.xapi.model.presentation import pick_language
from lrs_bridge.xapi.model.references import agent_key

LANGUAGES = ("nb", "nn", "en")
LONGEST_NAME = 120
LONGEST_RESPONSE = 80
MEMBERS_NAMED = 3

_ADL = "http://adlnet.gov/expapi/verbs/"
_CMI5_PROGRESS = "https://w3id.org/xapi/cmi5/result/extensions/progress"
_VIDEO_PROGRESS = "https://w3id.org/xapi/video/extensions/progress"
_PREFERRED = {"nb": ("nb", "no", "nn", "en"), "nn": ("nn", "nb", "no", "en"), "en": ("en", "nb", "no", "nn")}
_PHRASES = {
    "with": {"nb": "med", "nn": "med", "en": "with"},
    "open": {"nb": "«", "nn": "«", "en": "“"},
    "close": {"nb": "»", "nn": "»", "en": "”"},
    "the statement": {"nb": "meldingen", "nn": "meldinga", "en": "the statement"},
    "somebody": {"nb": "noen", "nn": "nokon", "en": "somebody"},
    "hashed": {
        "nb": "noen med skjult e-postadresse",
        "nn": "nokon med skjult e-postadresse",
        "en": "somebody with a hidden address",
    },
    "at": {"nb": "hos", "nn": "hos", "en": "at"},
    "and": {"nb": "og", "nn": "og", "en": "and"},
    "more": {"nb": "til", "nn": "til", "en": "more"},
    "a group": {"nb": "en gruppe", "nn": "ei gruppe", "en": "a group"},
    "answer": {"nb": "svar", "nn": "svar", "en": "answer"},
    "progress": {"nb": "framdrift", "nn": "framdrift", "en": "progress"},
    "passed": {"nb": "bestått", "nn": "bestått", "en": "passed"},
    "not passed": {"nb": "ikke bestått", "nn": "ikkje bestått", "en": "not passed"},
    "right": {"nb": "riktig", "nn": "rett", "en": "right"},
    "wrong": {"nb": "galt", "nn": "feil", "en": "wrong"},
    "completed": {"nb": "fullført", "nn": "fullført", "en": "completed"},
    "not completed": {"nb": "ikke fullført", "nn": "ikkje fullført", "en": "not completed"},
}
_SINGLE = ("‘", "’")
_SAID_BY_VERB = {
    _ADL + "passed": {("success", True)},
    _ADL + "failed": {("success", False)},
    _ADL + "completed": {("completion", True)},
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the sentence, spaces included. ``lang`` is the language tag of text that is not in the reader's language.

    ``kind`` is ``actor``, ``verb``, ``object`` or empty for what joins them.
    """

    text: str
    kind: str = ""
    lang: str | None = None


Sentence = tuple[Piece, ...]


def text_of(sentence: Sentence) -> str:
    """The sentence without any marks."""
    return "".join(piece.text for piece in sentence)


def sentence_of(
    value: dict[str, Any],
    language: str,
    *,
    names: Mapping[str, str] | None = None,
    target: dict[str, Any] | None = None,
) -> Sentence:
    """The line for a valid statement or SubStatement.

    ``names`` are those by which we know agents, by agent key (references.agent_key); they come before those that the statement
    uses. ``target`` is the statement that the object points at, where that is known.
    """
    return tuple(_Teller(language, names or {}).statement(value, target))


def name_of_agent(agent: dict[str, Any], language: str, names: Mapping[str, str] | None = None) -> str:
    """What to call an Agent or a Group."""
    return _Teller(language, names or {}).agent(agent)


def piece_of(texts: dict[str, str], language: str) -> Piece | None:
    """The text of a language map that suits the reader best; None when it holds none."""
    return _Teller(language, {}).from_map(texts, "")


class _Teller:
    """Tells statements in one language."""

    def __init__(self, language: str, names: Mapping[str, str]) -> None:
        self._language = language if language in LANGUAGES else "en"
        self._names = names

    def statement(self, value: dict[str, Any], target: dict[str, Any] | None = None) -> Iterator[Piece]:
        result = value.get("result", {})
        yield Piece(self.agent(value["actor"]), "actor")
        yield Piece(" ")
        yield self._verb(value["verb"])
        yield Piece(" ")
        yield from self._object(value["object"], target)
        score = wording.score(result.get("score", {}), self._language)
        if score:
            yield Piece(f" {self._say('with')} {score}")
        details = [detail for detail in self._details(value, result) if detail]
        if details:
            yield Piece(f" – {', '.join(details)}")

    def agent(self, agent: dict[str, Any]) -> str:
        known = self._names.get(agent_key(agent) or "")
        name = wording.shortened(known or agent.get("name", ""), LONGEST_NAME)
        if agent.get("objectType") == "Group":
            return self._group(name, agent.get("member", []))
        return name or wording.shortened(self._identifier(agent), LONGEST_NAME)

    def _activity(self, activity: dict[str, Any]) -> Piece:
        names = activity.get("definition", {}).get("name", {})
        return self.from_map(names, "object") or Piece(wording.shortened(activity["id"], LONGEST_NAME), "object")

    def _say(self, phrase: str) -> str:
        return _PHRASES[phrase][self._language]

    def from_map(self, texts: dict[str, str], kind: str) -> Piece | None:
        """The text that suits the reader best, marked with its language when that is another one."""
        filled = {tag: text for tag, text in texts.items() if wording.shortened(text, LONGEST_NAME)}
        tag = pick_language(filled, _PREFERRED[self._language])
        if tag is None:
            return None
        is_own = tag.lower().split("-")[0] == self._language
        return Piece(wording.shortened(filled[tag], LONGEST_NAME), kind, None if is_own else tag)

    def _verb(self, verb: dict[str, Any]) -> Piece:
        if verb["id"] in VERBS:
            return Piece(VERBS[verb["id"]].text(self._language), "verb")
        named = self.from_map(verb.get("display", {}), "verb")
        return named or Piece(wording.shortened(last_part(verb["id"]), LONGEST_NAME), "verb")

    def _object(self, object_: dict[str, Any], target: dict[str, Any] | None) -> Iterator[Piece]:
        match object_.get("objectType", "Activity"):
            case "Agent" | "Group":
                yield Piece(self.agent(object_), "object")
            case "StatementRef":
                yield from self._reference(object_["id"], target)
            case "SubStatement":
                yield from self._quoted(tuple(self.statement(object_)))
            case _:
                named = self._activity(object_)
                yield from (named,) if named.text == object_["id"] else self._quoted((named,))

    def _reference(self, statement_id: str, target: dict[str, Any] | None) -> Iterator[Piece]:
        yield Piece(self._say("the statement") + " ")
        if target is None:
            yield Piece(statement_id, "object")
        else:
            yield from self._quoted(tuple(self.statement(target)))

    def _quoted(self, pieces: Sentence) -> Sentence:
        """The pieces between quotation marks; what is quoted within them gets single ones."""
        outer = (self._say("open"), self._say("close"))
        inner = (Piece(_SINGLE[outer.index(piece.text)]) if piece.text in outer else piece for piece in pieces)
        return (Piece(outer[0]), *inner, Piece(outer[1]))

    def _group(self, name: str, members: list[dict[str, Any]]) -> str:
        named = [self.agent(member) for member in members[:MEMBERS_NAMED]]
        if len(members) > MEMBERS_NAMED:
            named.append(f"{len(members) - MEMBERS_NAMED} {self._say('more')}")
        listed = f" {self._say('and')} ".join(part for part in (", ".join(named[:-1]), *named[-1:]) if part)
        if not listed:
            return name or self._say("a group")
        return f"{name} ({listed})" if name else listed

    def _identifier(self, agent: dict[str, Any]) -> str:
        match agent:
            case {"mbox": mbox}:
                return str(mbox).removeprefix("mailto:")
            case {"account": account}:
                return f"{account['name']} {self._say('at')} {_host(account['homePage'])}"
            case {"openid": openid}:
                return str(openid)
        return self._say("hashed")

    def _details(self, value: dict[str, Any], result: dict[str, Any]) -> Iterator[str]:
        """What the result says beyond the verb."""
        said = _SAID_BY_VERB.get(value["verb"]["id"], set())
        if result.get("response"):
            answer = wording.shortened(result["response"], LONGEST_RESPONSE)
            yield f"{self._say('answer')} {self._say('open')}{answer}{self._say('close')}"
        if "completion" in result and ("completion", result["completion"]) not in said:
            yield self._say("completed" if result["completion"] else "not completed")
        if "success" in result and ("success", result["success"]) not in said:
            right, wrong = ("right", "wrong") if _is_question(value["object"]) else ("passed", "not passed")
            yield self._say(right if result["success"] else wrong)
        yield self._progress(result.get("extensions", {}))
        length = parse_duration(result.get("duration", ""))
        yield wording.duration(length, self._language) if length is not None else ""

    def _progress(self, extensions: dict[str, Any]) -> str:
        """How far the learner has come, where the cmi5 or the video profile says it."""
        for iri, whole in ((_CMI5_PROGRESS, 100), (_VIDEO_PROGRESS, 1)):
            share = extensions.get(iri)
            if isinstance(share, int | float) and type(share) is not bool and 0 <= share <= whole:
                return f"{self._say('progress')} {wording.percent(share / whole, self._language)}"
        return ""


def _host(iri: str) -> str:
    """The host of an IRI, or all of it when it has none."""
    try:
        return urlsplit(iri).hostname or iri
    except ValueError:  # what urlsplit takes for a broken IPv6 address
        return iri


def _is_question(object_: dict[str, Any]) -> bool:
    return "interactionType" in object_.get("definition", {})
