"""Course structures: what is read, what is refused and by which clause, as CATAPULT numbers the requirements."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from lrs_bridge.cmi5.course import AssignableUnit, Block, Objective
from lrs_bridge.cmi5.structure import parse_course_structure, query_of
from lrs_bridge.cmi5.vocabulary import LaunchMethod, MoveOn
from lrs_bridge.errors import Invalid
from lrs_bridge.packages.notice import Code, Refused
from tests.support.cmi5 import FILES, IDS, NAMESPACE, au, block, course, objective, texts


def parse(content, files=FILES):
    return parse_course_structure(content, files=files)


def only_unit(content, files=FILES):
    return parse(content, files).structure.units()[0]


def test_reads_a_course_with_all_that_it_may_have():
    xml = course(
        block(
            "outer",
            au(
                "exam",
                url="<![CDATA[\n  index.html?a=1&b=2 \n]]>",
                attributes=f'moveOn="CompletedAndPassed" masteryScore="0.85" launchMethod="OwnWindow" activityType="{IDS}/type"',
                objectives=f'<objectives><objective idref="{IDS}/o1"/></objectives>',
                more="<launchParameters> Start=1 </launchParameters><entitlementKey>\n xyz\n</entitlementKey>",
            ),
            block("inner", au("intro")),
            objectives=f'<objectives><objective idref=" {IDS}/o2 "/></objectives>',
        ),
        au("last", url="http://example.org/kurs.html"),
        objectives=f"<objectives>{objective('o1')}{objective('o2')}</objectives>",
    )
    found = parse(xml)
    names = lambda name: ({"nb": name}, {"nb": f"Om {name}"})  # noqa: E731
    exam = AssignableUnit(
        f"{IDS}/exam",
        *names("exam"),
        url="index.html?a=1&b=2",
        move_on=MoveOn.COMPLETED_AND_PASSED,
        mastery_score=0.85,
        launch_method=LaunchMethod.OWN_WINDOW,
        launch_parameters="Start=1",
        entitlement_key="xyz",
        activity_type=f"{IDS}/type",
        objectives=(f"{IDS}/o1",),
    )
    intro = AssignableUnit(f"{IDS}/intro", *names("intro"), url="index.html")
    last = AssignableUnit(f"{IDS}/last", *names("last"), url="http://example.org/kurs.html")
    inner = Block(f"{IDS}/inner", *names("inner"), children=(intro,))
    outer = Block(f"{IDS}/outer", *names("outer"), children=(exam, inner), objectives=(f"{IDS}/o2",))
    structure = found.structure
    assert (structure.id, structure.title, structure.description) == (f"{IDS}/course", *names("Kurs"))
    assert structure.objectives == tuple(Objective(f"{IDS}/{name}", *names(name)) for name in ("o1", "o2"))
    assert structure.children == (outer, last)
    assert structure.units() == (exam, intro, last)
    assert structure.blocks() == (outer, inner)
    assert found.notices == ()


def test_knows_the_defaults_when_an_au_says_nothing():
    unit = only_unit(course(au()))
    assert (unit.move_on, unit.launch_method, unit.mastery_score) == (MoveOn.NOT_APPLICABLE, LaunchMethod.ANY_WINDOW, None)
    assert (unit.launch_parameters, unit.entitlement_key, unit.activity_type, unit.objectives) == (None, None, None, ())


def test_reads_more_than_a_thousand_aus():  # 6.1.0.0-2
    structure = parse(course(*(au(f"au/{number}", url="http://example.org/") for number in range(1500))), None).structure
    assert len(structure.units()) == 1500


def test_keeps_the_first_text_of_each_language_and_und_for_none():
    title = (
        '<title><langstring lang="nb">En</langstring><langstring>Two</langstring><langstring lang="nb">Tre</langstring></title>'
    )
    head = f'<course id="{IDS}/course">{title}<description><langstring/></description></course>'
    structure = parse(course(head=head)).structure
    assert (structure.title, structure.description) == ({"nb": "En", "und": "Two"}, {"und": ""})


def test_removes_white_space_around_every_value():  # 13.1.0.0-1
    xml = course(
        f'<au id=" {IDS}/au " moveOn=" Passed " masteryScore=" 0.5 " launchMethod=" OwnWindow ">'
        f'<title><langstring lang=" en ">\n A \n</langstring></title><description><langstring lang="en"> B </langstring>'
        "</description><url> index.html </url></au>"
    )
    unit = only_unit(xml)
    assert (unit.id, unit.title, unit.description, unit.url) == (f"{IDS}/au", {"en": "A"}, {"en": "B"}, "index.html")
    assert (unit.move_on, unit.mastery_score, unit.launch_method) == (MoveOn.PASSED, 0.5, LaunchMethod.OWN_WINDOW)


def test_reads_over_what_is_of_other_namespaces():  # 13.1.5
    vendor = '<v:extra xmlns:v="urn:vendor"><v:x>text</v:x></v:extra>'
    xml = course(au(attributes='xmlns:v="urn:vendor" v:colour="red"', more=vendor), more=vendor)
    location = f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="{NAMESPACE} CourseStructure.xsd"'
    xml = xml.replace(b"<courseStructure ", f"<courseStructure {location} ".encode()).replace(
        b"<url>", b"<url xmlns='%s'>" % NAMESPACE.encode()
    )
    assert only_unit(xml).url == "index.html"


def test_takes_an_objective_whose_description_comes_first():  # xs:all
    swapped = f'<objective id="{IDS}/o"><description><langstring/></description><title><langstring/></title></objective>'
    assert [each.id for each in parse(course(objectives=f"<objectives>{swapped}</objectives>")).structure.objectives] == [
        f"{IDS}/o"
    ]


TAKEN_URLS = {
    "query": "index.html?paramA=1&amp;paramB=2",
    "fragment": "index.html#start?actor=1",
    "encoded name": "kurs/Innf%C3%B8ring.html",
    "dots": "./kurs/../index.html",
    "deep": "deep/er/x.html",
    "elsewhere": "https://example.org:8443/kurs/index.html?a=%20",
    "another application": "player://example.org/kurs",
    "beyond ASCII": "https://example.org/kurs/innføring.html",
    "IPv6": "http://[::1]:8080/",
    "similar names": "index.html?Endpoint=1&amp;actors=2",
}


@pytest.mark.parametrize("url", TAKEN_URLS.values(), ids=TAKEN_URLS.keys())
def test_takes_a_url(url):
    found = parse(course(au(url=url)))
    assert (found.structure.units()[0].url, found.notices) == (url.replace("&amp;", "&"), ())


NOTICES = {
    "space in a name": (au(url="a b.html"), "cmi5.unencoded_url"),
    "long mastery score": (au(attributes='masteryScore="0.66667"'), "cmi5.long_mastery_score"),
    "unknown objective": (au(objectives=f'<objectives><objective idref="{IDS}/o"/></objectives>'), "cmi5.objective_unknown"),
    "unnamed objective": (au(objectives="<objectives><objective/></objectives>"), "cmi5.objective_unnamed"),
}


@pytest.mark.parametrize(("xml", "code"), NOTICES.values(), ids=NOTICES.keys())
def test_tells_the_owner_when_something_is_odd_but_can_be_played(xml, code):
    notices = parse(course(xml)).notices
    assert [(notice.code, notice.file, notice.line) for notice in notices] == [(code, "cmi5.xml", 3)]


XSD = "cmi5 14.0 (CourseStructure.xsd)"
URL = "cmi5 13.1.4 (RFC 1738)"
BARE = "w3id.org/ids"
NO_NAMES = "<title/><description/>"
REFUSED = {
    "3.0.0.0-1 course": (course(head=f'<course id="{BARE}">{texts()}</course>'), "cmi5 3.0", "id is 'w3id.org/ids'"),
    "3.0.0.0-1 block": (course(block().replace(f'"{IDS}/block"', f'"{BARE}"')), "cmi5 3.0", "whole IRI"),
    "3.0.0.0-1 au": (course(au().replace(f'"{IDS}/au"', '"/au"')), "cmi5 3.0", "whole IRI"),
    "3.0.0.0-1 objective": (
        course(objectives=f'<objectives><objective id="o">{texts()}</objective></objectives>'),
        "cmi5 3.0",
        "whole IRI",
    ),
    "3.0.0.0-1 reference": (
        course(au(objectives='<objectives><objective idref="o"/></objectives>')),
        "cmi5 3.0",
        "idref is 'o'",
    ),
    "3.0.0.0-1 activity type": (course(au(attributes='activityType="media"')), "cmi5 3.0", "activityType is 'media'"),
    "8.1.0.0-6": (course(au(url="index.html?a=1&amp;actor=2&amp;fetch")), "cmi5 8.1", "has fetch and actor"),
    "8.1.0.0-6 escaped twice": (course(au(url="index.html?a=1&amp;amp;endpoint=2")), "cmi5 8.1", "has endpoint"),
    "13.1.2.0-1": (course(block("b"), block("b", au("x"))), "cmi5 13.1.2", "also that of the block in line 3"),
    "13.1.3.0-1": (course(objectives=f"<objectives>{objective()}{objective()}</objectives>"), "cmi5 13.1.3", "also that of"),
    "13.1.4.0-1": (course(au(), au()), "cmi5 13.1.4", f"the id {IDS}/au is also that of the au in line 3"),
    "13.1.4.0-1 with a block": (course(block("b", au("b"))), "cmi5 13.1.4", "also that of the block in line 3"),
    "13.1.4.0-2 space": (course(au(url="http://example.com index.html")), URL, "is no URL"),
    "13.1.4.0-2 no host": (course(au(url="http:///index.html")), URL, "is no URL"),
    "13.1.4.0-2 no slashes": (course(au(url="mailto:kari@example.org")), URL, "is no URL"),
    "13.1.4.0-2 half an escape": (course(au(url="http://example.com/%2")), URL, "is no URL"),
    "13.1.4.0-2 port": (course(au(url="http://example.com:x/")), URL, "is no URL"),
    "13.1.4.0-2 user alone": (course(au(url="http://user@:80/")), URL, "is no URL"),
    "13.1.4.0-2 half an IPv6 address": (course(au(url="http://[::1/")), URL, "is no URL"),
    "script": (course(au(url="javascript://x/%0aalert(1)")), "the service's safety", "are not opened"),
    "14.1.0.0-4": (course(au(url="other.html")), "cmi5 14.1", "names no file of the package;"),
    "14.1.0.0-4 case": (course(au(url="Index.html")), "cmi5 14.1", "there is index.html, and case matters"),
    "14.1.0.0-4 from the root": (course(au(url="/index.html")), "cmi5 14.1", "names no file"),
    "14.1.0.0-4 out of it": (course(au(url="../index.html")), "cmi5 14.1", "names no file"),
    "14.1.0.0-4 out of it, encoded": (course(au(url="%2e%2e/index.html")), "cmi5 14.1", "names no file"),
    "14.1.0.0-4 query alone": (course(au(url="?a=1")), "cmi5 14.1", "names no file"),
    "masteryScore too high": (course(au(attributes='masteryScore="1.1"')), "cmi5 13.1.4", "decimal from 0 to 1"),
    "masteryScore no decimal": (course(au(attributes='masteryScore="NaN"')), "cmi5 13.1.4", "decimal from 0 to 1"),
    "moveOn unknown": (course(au(attributes='moveOn="passed"')), "cmi5 13.1.4", "it must be Passed, Completed, "),
    "launchMethod unknown": (course(au(attributes='launchMethod="Window"')), "cmi5 13.1.4", "AnyWindow or OwnWindow"),
    "13.2.0.0-1 root": (b"<manifest/>", XSD, "the root is <manifest>"),
    "13.2.0.0-1 namespace": (course().replace(NAMESPACE.encode(), b"urn:other"), XSD, "in the namespace"),
    "13.2.0.0-1 order": (
        course(f'<au id="{IDS}/au"><url>index.html</url>{texts()}</au>'),
        XSD,
        "<au> has <url>, where title is expected",
    ),
    "13.2.0.0-1 no course": (course(head=""), XSD, "has <au>, where course is expected"),
    "13.2.0.0-1 no AU": (course(more="", head=None).replace(au().encode(), b""), XSD, "lacks au or block"),
    "13.2.0.0-1 empty block": (course(f'<block id="{IDS}/b">{texts()}</block>'), XSD, "<block> lacks au or block"),
    "13.2.0.0-1 no title": (course(f'<au id="{IDS}/au"><url>index.html</url></au>'), XSD, "where title is expected"),
    "13.2.0.0-1 no description": (course(au().replace("description>", "x>")), XSD, "where description is expected"),
    "13.2.0.0-1 no langstring": (course(au().replace(texts("au"), NO_NAMES)), XSD, "<title> lacks langstring"),
    "13.2.0.0-1 bad language": (course(au().replace('lang="nb"', 'lang="norsk bokmål"')), XSD, "must be a language tag"),
    "13.2.0.0-1 no url": (course(f'<au id="{IDS}/au">{texts()}</au>'), XSD, "<au> lacks url"),
    "13.2.0.0-1 empty url": (course(au(url=" ")), XSD, "the url of an AU is empty"),
    "13.2.0.0-1 element in the url": (course(au(url="<b/>")), XSD, "<url> has <b>, where text is expected"),
    "13.2.0.0-1 second url": (course(au(more="<url>index.html</url>")), XSD, "<au> has <url>, where it may not be"),
    "13.2.0.0-1 no namespace": (course(au(more='<x xmlns=""/>')), XSD, "<au> has <x>, where it may not be"),
    "13.2.0.0-1 no id": (course(f"<au>{texts()}<url>index.html</url></au>"), XSD, "<au> needs the attribute id"),
    "13.2.0.0-1 unknown attribute": (course(au(attributes='colour="red"')), XSD, "<au> has no attribute colour"),
    "13.2.0.0-1 own attribute": (
        course(au(attributes=f'xmlns:c="{NAMESPACE}" c:x="1"')),
        XSD,
        "<au> has no attribute {",
    ),
    "13.2.0.0-1 attribute of a url": (course(au().replace("<url>", '<url xml:lang="nb">')), XSD, "<url> has no attribute"),
    "13.2.0.0-1 text": (course("Hei" + au()), XSD, "has the text 'Hei'"),
    "13.2.0.0-1 vendor in an objective": (
        course(
            objectives="<objectives>" + objective().replace("</objective>", "<v:x xmlns:v='urn:v'/></objective></objectives>")
        ),
        XSD,
        "<objective> has <x>, where it may not be",
    ),
    "13.2.0.0-1 content of a reference": (
        course(au(objectives=f'<objectives><objective idref="{IDS}/o"><x/></objective></objectives>')),
        XSD,
        "where it may not be",
    ),
    "13.2.0.0-1 no title of an objective": (
        course(
            objectives=f'<objectives><objective id="{IDS}/o"><description><langstring/></description></objective></objectives>'
        ),
        XSD,
        "<objective> lacks title",
    ),
    "DTD": (b"<!DOCTYPE x>" + course().partition(b"?>")[2].strip(), "XML 1.0 2.8", "DOCTYPE"),
}


@pytest.mark.parametrize(("xml", "rule", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses_a_structure_and_says_where_and_why(xml, rule, message):
    with pytest.raises(Invalid) as refused:
        parse(xml)
    assert message in refused.value.message
    assert (refused.value.rule, refused.value.field.startswith("cmi5.xml:")) == (rule, True)


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (b"<manifest/>", Code.BAD_STRUCTURE),
        (b"<manifest>", Code.NOT_XML),
        (course("Hei" + au()), Code.BAD_STRUCTURE),
        (course(f'<au id="{IDS}/au">{texts()}</au>'), Code.BAD_STRUCTURE),
        (course(au(attributes='colour="red"')), Code.BAD_STRUCTURE),
        (course(f"<au>{texts()}<url>index.html</url></au>"), Code.BAD_STRUCTURE),
        (course(au(attributes='moveOn="passed"')), Code.BAD_VALUE),
        (course(au(attributes='masteryScore="1.1"')), Code.BAD_VALUE),
        (course(au().replace('lang="nb"', 'lang="norsk bokmål"')), Code.BAD_VALUE),
        (course(au(attributes='activityType="media"')), Code.BAD_ID),
        (course(au(), au()), Code.DUPLICATE_IDENTIFIER),
        (course(au(url=" ")), Code.BAD_URL),
        (course(au(url="http:///index.html")), Code.BAD_URL),
        (course(au(url="javascript://x/%0aalert(1)")), Code.UNSAFE_URL),
        (course(au(url="other.html")), Code.MISSING_LAUNCH_FILE),
        (course(au(url="index.html?endpoint=x")), Code.TAKEN_PARAMETER),
    ],
)
def test_says_by_a_code_why_it_refuses(xml, code):
    with pytest.raises(Refused) as refused:
        parse(xml)
    assert [each.code for each in refused.value.problems] == [code]


@pytest.mark.parametrize("url", ["index.html", "./index.html", "path/1/index.html?abc=def", "/index.html", "//example.org/x"])
def test_refuses_a_relative_url_when_the_structure_came_alone(url):  # 14.2.0.0-1
    with pytest.raises(Refused) as refused:
        parse(course(au(url=url)), None)
    assert (refused.value.rule, refused.value.field) == ("cmi5 14.2", "cmi5.xml:3")
    assert refused.value.problems[0].code is Code.RELATIVE_URL


def test_shortens_what_it_quotes():
    with pytest.raises(Invalid) as refused:
        parse(course(au(url="x" * 5000)))
    assert len(refused.value.message) < 400


def test_reads_the_query_of_a_url():
    assert [query_of(url) for url in ("a?b=1&c", "a#x?b", "a", "a?b=1&amp;c=2#d")] == ["b=1&c", "", "", "b=1&c=2"]


PIECES = some.sampled_from(
    [
        "<au>",
        "</au>",
        "<block>",
        "</block>",
        "<url>",
        "</url>",
        "<x:y>",
        "title",
        "id=''",
        texts(),
        au(),
        block(),
        objective(),
        "&amp;",
        "<!--",
        "å",
    ]
)


def read_or_refused(content):
    """The AUs of a structure, or the rule that it breaks."""
    try:
        return parse(content).structure.units()
    except Invalid as refused:
        return refused.rule


@given(some.lists(PIECES, max_size=8))
def test_reads_or_refuses_whatever_comes(pieces):
    assert read_or_refused(course("".join(pieces)))


@given(some.text(alphabet="ahtp:/?#[]@%.&;=0 \\ø", max_size=20))
def test_reads_or_refuses_whatever_url(url):
    found = read_or_refused(course(au(url=url.replace("&", "&amp;"))))
    assert isinstance(found, str) or found[0].url == url.strip()
