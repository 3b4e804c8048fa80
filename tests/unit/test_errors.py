import pytest

from lrs_bridge import errors


def kinds():
    return [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.LrsBridgeError)]


def test_gives_every_kind_a_code_of_its_own():
    assert len({kind.code for kind in kinds()}) == len(kinds())


@pytest.mark.parametrize("kind", [k for k in kinds() if k is not errors.LrsBridgeError], ids=lambda k: k.code)
def test_carries_message_field_and_rule(kind):
    error = kind("no", field="actor.mbox", rule="Data 2.4.2.3")
    assert (str(error), error.field, error.rule) == ("no", "actor.mbox", "Data 2.4.2.3")
    assert 400 <= error.status < 600
