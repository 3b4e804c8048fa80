"""Course structures and what else the tests of cmi5 are made of."""

NAMESPACE = "https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd"
IDS = "https://example.org/ids"
FILES = {"index.html": 10, "kurs/Innføring.html": 10, "a b.html": 10, "deep/er/x.html": 10}


def texts(name="Kurs") -> str:
    """A title and a description."""
    return (
        f'<title><langstring lang="nb">{name}</langstring></title>'
        f'<description><langstring lang="nb">Om {name}</langstring></description>'
    )


def au(name="au", *, url="index.html", attributes="", objectives="", more="") -> str:
    """An AU whose id ends in that name."""
    return f'<au id="{IDS}/{name}" {attributes}>{texts(name)}{objectives}<url>{url}</url>{more}</au>'


def block(name="block", *content: str, objectives="") -> str:
    """A block of this content, an AU if there is none."""
    return f'<block id="{IDS}/{name}">{texts(name)}{objectives}{"".join(content) or au(f"{name}/au")}</block>'


def course(*content: str, objectives="", head=None, more="") -> bytes:
    """A course structure of this content, an AU if there is none."""
    head = f'<course id="{IDS}/course">{texts()}</course>' if head is None else head
    body = f"{head}{objectives}{''.join(content) or au()}{more}"
    return f'<?xml version="1.0" encoding="utf-8"?>\n<courseStructure xmlns="{NAMESPACE}">\n{body}\n</courseStructure>'.encode()


def objective(name="objective") -> str:
    """The definition of an objective."""
    return f'<objective id="{IDS}/{name}">{texts(name)}</objective>'
