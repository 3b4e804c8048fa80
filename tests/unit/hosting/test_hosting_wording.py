"""The words in which owners are told what was found."""

from lrs_bridge.errors import Conflict, Invalid
from lrs_bridge.hosting.faults import Fault
from lrs_bridge.hosting.wording import FAULTS, NOTICES, REFUSALS, Detail, Told, told, told_of
from lrs_bridge.packages.notice import Code, Notice, Refused

TITLE = Notice(Code.MISSING_TITLE, "the item i1 has no title", "imsmanifest.xml", 3, "SCORM 1.2 CAM 2.3 <title>")
OTHER = Notice(Code.MISSING_TITLE, "the item i2 has no title", "imsmanifest.xml", 5, "SCORM 1.2 CAM 2.3 <title>")
FLASH = Notice(Code.FLASH, "i1 starts a.swf")


def test_has_words_for_everything_that_can_be_found():
    assert set(NOTICES) == set(Code)
    assert set(FAULTS) == set(Fault)
    assert all(words.says and words.advice for words in (*NOTICES.values(), *FAULTS.values(), *REFUSALS.values()))


def test_says_nothing_twice():
    said = [words.says for words in (*NOTICES.values(), *FAULTS.values(), *REFUSALS.values())]
    assert len(set(said)) == len(said)


def test_tells_each_kind_once_with_all_its_places():
    assert told([TITLE, FLASH, OTHER]) == (
        Told(
            NOTICES[Code.MISSING_TITLE],
            (
                Detail("the item i1 has no title", "imsmanifest.xml:3", "SCORM 1.2 CAM 2.3 <title>"),
                Detail("the item i2 has no title", "imsmanifest.xml:5", "SCORM 1.2 CAM 2.3 <title>"),
            ),
        ),
        Told(NOTICES[Code.FLASH], (Detail("i1 starts a.swf", None, None),)),
    )


def test_tells_of_a_refusal_by_its_problems():
    assert told_of(Refused((FLASH,), (TITLE,))) == told([FLASH])


def test_tells_of_other_errors_by_their_kind():
    (same,) = told_of(Conflict("this very file is the newest version already"))
    (missing,) = told_of(Invalid("choose a file", field="package", rule="a rule"))
    assert same.words.says == "This very file is the newest version already."
    assert missing == Told(missing.words, (Detail("choose a file", None, "a rule"),))
    assert missing.words.says == "There is no file that can be taken."
