"""Which kind of course a package is, from the names of its files.

SCORM 1.2 CAM 2.3.1 and SCORM 2004 CAM 3.3.1: ``imsmanifest.xml`` at the root; cmi5 14.1: ``cmi5.xml`` at the root, or sent
alone (14.2); Tin Can packages of authoring tools: ``tincan.xml`` at the root. AICC (``.au``, ``.crs``, ``.cst``, ``.des``) and
plain web sites are named and refused.
"""

from enum import StrEnum


class Kind(StrEnum):
    """What a package is, by the specification that its structure follows."""

    SCORM = "scorm"
    CMI5 = "cmi5"
    TINCAN = "tincan"
