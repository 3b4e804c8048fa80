"""What well-known verbs are called, in the past tense, in bokmål, nynorsk and English.

Source: ADL's vocabulary, the cmi5, video and SCORM profiles, the Activity Streams schema, and the recipes of Moodle's log store.
A name holds no actor and no object: it stands between the two.
"""

from collections.abc import Iterator
from dataclasses import dataclass

_ADL = "http://adlnet.gov/expapi/verbs/"
_CMI5 = "https://w3id.org/xapi/adl/verbs/"
_VIDEO = "https://w3id.org/xapi/video/verbs/"
_STREAMS = "http://activitystrea.ms/schema/1.0/"
_RECIPES = "http://id.tincanapi.com/verb/"


@dataclass(frozen=True, slots=True)
class VerbName:
    """A verb's name in each of our languages."""

    nb: str
    nn: str
    en: str

    def text(self, language: str) -> str:
        """The name in ``nb``, ``nn`` or ``en``."""
        return {"nb": self.nb, "nn": self.nn}.get(language, self.en)


VERBS: dict[str, VerbName] = {
    _ADL + "answered": VerbName("svarte på", "svarte på", "answered"),
    _ADL + "asked": VerbName("spurte", "spurde", "asked"),
    _ADL + "attempted": VerbName("prøvde", "prøvde", "attempted"),
    _ADL + "attended": VerbName("deltok på", "deltok på", "attended"),
    _ADL + "commented": VerbName("kommenterte", "kommenterte", "commented on"),
    _ADL + "completed": VerbName("fullførte", "fullførte", "completed"),
    _ADL + "exited": VerbName("forlot", "forlét", "exited"),
    _ADL + "experienced": VerbName("var innom", "var innom", "experienced"),
    _ADL + "failed": VerbName("bestod ikke", "bestod ikkje", "failed"),
    _ADL + "imported": VerbName("importerte", "importerte", "imported"),
    _ADL + "initialized": VerbName("begynte på", "byrja på", "began"),
    _ADL + "interacted": VerbName("brukte", "brukte", "interacted with"),
    _ADL + "launched": VerbName("startet", "starta", "launched"),
    _ADL + "mastered": VerbName("mestret", "meistra", "mastered"),
    _ADL + "passed": VerbName("bestod", "bestod", "passed"),
    _ADL + "preferred": VerbName("foretrakk", "føretrekte", "preferred"),
    _ADL + "progressed": VerbName("kom videre i", "kom vidare i", "progressed in"),
    _ADL + "registered": VerbName("meldte seg på", "melde seg på", "registered for"),
    _ADL + "responded": VerbName("svarte på", "svarte på", "responded to"),
    _ADL + "resumed": VerbName("fortsatte på", "heldt fram med", "resumed"),
    _ADL + "scored": VerbName("fikk resultat på", "fekk resultat på", "got a score in"),
    _ADL + "shared": VerbName("delte", "delte", "shared"),
    _ADL + "suspended": VerbName("tok pause i", "tok pause i", "suspended"),
    _ADL + "terminated": VerbName("avsluttet", "avslutta", "ended"),
    _ADL + "voided": VerbName("trakk tilbake", "trekte tilbake", "withdrew"),
    _CMI5 + "abandoned": VerbName("avbrøt", "avbraut", "abandoned"),
    _CMI5 + "logged-in": VerbName("logget inn i", "logga inn i", "logged in to"),
    _CMI5 + "logged-out": VerbName("logget ut av", "logga ut av", "logged out of"),
    _CMI5 + "satisfied": VerbName("oppfylte kravene i", "oppfylte krava i", "satisfied the requirements of"),
    _CMI5 + "waived": VerbName("fikk fritak fra", "fekk fritak frå", "was exempted from"),
    _VIDEO + "played": VerbName("spilte av", "spelte av", "played"),
    _VIDEO + "paused": VerbName("stanset", "stansa", "paused"),
    _VIDEO + "seeked": VerbName("spolte i", "spolte i", "moved about in"),
    _STREAMS + "access": VerbName("åpnet", "opna", "accessed"),
    _STREAMS + "create": VerbName("laget", "laga", "created"),
    _STREAMS + "delete": VerbName("slettet", "sletta", "deleted"),
    _STREAMS + "start": VerbName("begynte på", "byrja på", "started"),
    _STREAMS + "complete": VerbName("fullførte", "fullførte", "completed"),
    _STREAMS + "submit": VerbName("leverte", "leverte", "submitted"),
    _STREAMS + "update": VerbName("endret", "endra", "updated"),
    _RECIPES + "viewed": VerbName("så på", "såg på", "viewed"),
    _RECIPES + "downloaded": VerbName("lastet ned", "lasta ned", "downloaded"),
    _RECIPES + "earned": VerbName("fikk", "fekk", "earned"),
    _RECIPES + "evaluated": VerbName("vurderte", "vurderte", "evaluated"),
    _RECIPES + "rated": VerbName("ga karakter til", "gav karakter til", "rated"),
    _RECIPES + "replied": VerbName("svarte i", "svarte i", "replied in"),
    _RECIPES + "skipped": VerbName("hoppet over", "hoppa over", "skipped"),
}


def iris_of(words: str) -> tuple[str, ...]:
    """The verbs that go by these words, in any of our languages or as an IRI's last part, in the order of the table."""
    wanted = " ".join(words.casefold().split())
    return tuple(iri for iri, name in VERBS.items() if wanted in _words_for(iri, name))


def suggestions(language: str) -> tuple[str, ...]:
    """The names that a reader may search verbs by, each once, in the order of the alphabet."""
    return tuple(sorted({name.text(language) for name in VERBS.values()}))


def last_part(iri: str) -> str:
    """The last part of an IRI as words: what is left to show of a verb that nobody has named."""
    part = iri.rstrip("/#").replace("#", "/").replace(":", "/").rpartition("/")[2]
    return part.replace("-", " ").replace("_", " ").strip() or iri


def _words_for(iri: str, name: VerbName) -> Iterator[str]:
    yield from (name.nb, name.nn, name.en, last_part(iri))
