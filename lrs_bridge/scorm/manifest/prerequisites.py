"""Prerequisites of SCORM 1.2: what must be done before an item is open.

SCORM 1.2 CAM 2.3.2.5.2 (``adlcp:prerequisites``, type ``aicc_script``) with the operators of AICC CMI001 5.3.3: ``&`` ``|``
``~`` ``=`` ``<>`` ``( )`` ``{ , }`` and ``n*{…}``. Beyond it, the words AND, OR and NOT that some tools write.
"""

import msgspec


class Prerequisite(msgspec.Struct, frozen=True):
    """A condition, as a tree.

    ``operator`` is ``and``, ``or``, ``not`` (one part), ``at_least`` (``count`` of the parts), or ``status``: the item
    ``item`` is ``status``; where ``status`` is None, it is passed or completed.
    """

    operator: str
    parts: tuple["Prerequisite", ...] = ()
    item: str | None = None
    status: str | None = None
    count: int = 0
