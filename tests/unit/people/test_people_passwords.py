import pytest
from argon2 import PasswordHasher

from lrs_bridge.errors import Invalid
from lrs_bridge.people.passwords import NOBODYS_HASH, check_new_password, hash_password, is_outdated, matches

pytestmark = pytest.mark.usefixtures("real_passwords")

SALT = bytes(range(16))
PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def kept(real_passwords) -> str:
    return hash_password(PASSWORD, SALT)


def test_hash_follows_from_password_and_salt(kept):
    assert kept == hash_password(PASSWORD, SALT) != hash_password(PASSWORD, SALT[::-1])
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_matches_the_right_password_only(kept):
    assert matches(PASSWORD, kept)
    assert not matches(PASSWORD + " ", kept)


@pytest.mark.parametrize(
    ("password", "password_hash"),
    [
        pytest.param("nobody", None, id="unknown user"),
        pytest.param("x" * 1025, None, id="longer than any password"),
        pytest.param(PASSWORD, "not a hash", id="a broken hash"),
    ],
)
def test_nothing_matches_when_there_is_nothing_to_match(password, password_hash):
    assert not matches(password, password_hash)


def test_nobodys_hash_costs_what_a_real_one_costs(kept):
    assert not is_outdated(NOBODYS_HASH)
    assert not is_outdated(kept)


def test_hash_is_outdated_when_made_with_other_parameters():
    assert is_outdated(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD))


@pytest.mark.parametrize("password", ["eleven char", "ø" * 513], ids=["too short", "too many bytes"])
def test_new_password_is_refused_when_its_length_is_wrong(password):
    with pytest.raises(Invalid) as refused:
        check_new_password(password)
    assert refused.value.field == "password"


@pytest.mark.parametrize("password", ["twelve chars", "ø" * 512])
def test_new_password_is_accepted_at_the_limits(password):
    check_new_password(password)
