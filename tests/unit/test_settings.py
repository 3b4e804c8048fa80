import base64
import stat
from pathlib import Path

import pytest

from lrs_bridge.settings import FIELDS, InvalidSettings, Secret, Settings, make_master_key

KEY = bytes(range(32))


def read(**variables):
    return Settings.from_environ({f"LRS_BRIDGE_{name}": value for name, value in variables.items()})


def test_uses_sqlite_in_the_data_directory_when_nothing_is_set(tmp_path):
    settings = read(DATA_DIR=str(tmp_path))
    assert settings.database_url == f"sqlite:///{tmp_path}/lrs_bridge.sqlite3"
    assert not settings.master_key
    assert not settings.secure_cookies


def test_ignores_other_programs_variables():
    assert Settings.from_environ({"HOME": "/root", "LRS_BRIDGED": "1"}).default_language == "nb"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PUBLIC_URL", "lrs.example.no"),
        ("PUBLIC_URL", "ftp://lrs.example.no"),
        ("DEFAULT_LANGUAGE", "no"),
        ("MASTER_KEY", "not base64!"),
        ("MASTER_KEY", base64.b64encode(KEY[:31]).decode()),
        ("MAX_STATEMENT_BYTES", "0"),
        ("MAX_BODY_BYTES", "many"),
        ("MAX_PACKAGE_BYTES", "0"),
        ("MAX_PACKAGE_BYTES", "2 GiB"),
        ("MAX_ATTEMPT_BYTES", "0"),
        ("DATABASE_URL", "mysql://host/name"),
        ("LOG_LEVEL", "loud"),
        ("TRUSTED_PROXIES", "x"),
        ("OIDC_PROVIDERS_FILE", "/nowhere.toml"),
        ("DATABASE", "sqlite://"),
    ],
)
def test_names_the_variable_when_it_is_wrong_or_unknown(name, value):
    with pytest.raises(InvalidSettings) as error:
        read(**{name: value})
    assert error.value.field == f"LRS_BRIDGE_{name}"
    assert f"LRS_BRIDGE_{name}" in str(error.value)


def test_reads_the_master_key_from_the_environment_before_any_file(tmp_path):
    (tmp_path / "master.key").write_text(base64.b64encode(bytes(32)).decode())
    settings = read(DATA_DIR=str(tmp_path), MASTER_KEY=base64.b64encode(KEY).decode())
    assert settings.master_key == Secret(KEY)


def test_reads_the_master_key_from_the_file_that_is_named(tmp_path):
    (tmp_path / "elsewhere").write_text(base64.b64encode(KEY).decode() + "\n")
    assert read(DATA_DIR=str(tmp_path), MASTER_KEY_FILE=str(tmp_path / "elsewhere")).master_key == Secret(KEY)


def test_refuses_a_named_key_file_that_is_not_there(tmp_path):
    with pytest.raises(InvalidSettings) as error:
        read(DATA_DIR=str(tmp_path), MASTER_KEY_FILE=str(tmp_path / "elsewhere"))
    assert error.value.field == "LRS_BRIDGE_MASTER_KEY_FILE"


def test_makes_a_master_key_once_for_its_owner_only(tmp_path):
    made = make_master_key(read(DATA_DIR=str(tmp_path / "new")))
    assert len(made.master_key.value) == 32
    assert stat.S_IMODE((tmp_path / "new" / "master.key").stat().st_mode) == 0o600
    again = read(DATA_DIR=str(tmp_path / "new"))
    assert again.master_key == made.master_key
    assert make_master_key(again) is again


def test_shows_no_secret_when_printed(tmp_path):
    settings = read(DATA_DIR=str(tmp_path), MASTER_KEY=base64.b64encode(KEY).decode(), DATABASE_URL="postgresql://u:hemmelig@h/d")
    assert "hemmelig" not in repr(settings)
    assert repr(KEY) not in repr(settings)


def test_marks_cookies_secure_when_users_come_by_https():
    settings = read(PUBLIC_URL="https://lrs.example.no/")
    assert settings.secure_cookies
    assert settings.public_url == "https://lrs.example.no"


@pytest.mark.parametrize(
    ("public_url", "content_url"),
    [
        ("http://127.0.0.1:8080", "http://*.localhost:8080"),
        ("http://127.0.0.1", "http://*.localhost"),
        ("http://localhost:5000/", "http://*.localhost:5000"),
        ("https://[::1]:8443", "https://*.localhost:8443"),
        ("https://lrs.example.no", ""),
    ],
)
def test_runs_courses_beside_itself_on_this_machine_and_nowhere_else_unless_told(public_url, content_url):
    assert read(PUBLIC_URL=public_url).content_url == content_url


@pytest.mark.parametrize(
    ("text", "content_url"),
    [
        ("https://*.courses.example", "https://*.courses.example"),
        ("https://*.courses.example:8443/", "https://*.courses.example:8443"),
        ("https://courses.example", "https://courses.example"),
        ("http://*.localhost:8080", "http://*.localhost:8080"),
        ("HTTPS://*.Courses.example", "https://*.courses.example"),
    ],
)
def test_runs_courses_where_it_is_told(text, content_url):
    assert read(PUBLIC_URL="https://lrs.example.no", CONTENT_URL=text).content_url == content_url


@pytest.mark.parametrize(
    "text",
    [
        "courses.example",
        "ftp://*.courses.example",
        "https://",
        "https://*",
        "https://*.*.courses.example",
        "https://courses.*.example",
        "https://x-*.courses.example",
        "https://*courses.example",
        "https://courses.example/files",
        "https://courses.example/*",
        "https://courses.example?*",
        "https://courses.example:*",
        "https://*@courses.example",
        "https://courses.example?x=1",
        "https://courses.example#x",
        "https://user:secret@*.courses.example",
        "https://courses.example:port",
        "https://lrs.example.no",
        "https://lrs.example.no:8443",
        "https://LRS.example.no",
        "https://lrs.example.no.",
    ],
)
def test_refuses_to_run_courses_where_they_could_reach_the_application_or_nowhere(text):
    with pytest.raises(InvalidSettings) as error:
        read(PUBLIC_URL="https://lrs.example.no", CONTENT_URL=text)
    assert error.value.field == "LRS_BRIDGE_CONTENT_URL"


def test_refuses_courses_on_the_application_s_host_at_another_port_of_this_machine():
    with pytest.raises(InvalidSettings) as error:
        read(PUBLIC_URL="http://127.0.0.1:8080", CONTENT_URL="http://127.0.0.1:8081")
    assert error.value.field == "LRS_BRIDGE_CONTENT_URL"


def test_is_documented_setting_by_setting():
    text = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
    assert [f.name for f in FIELDS if f"`LRS_BRIDGE_{f.name}`" not in text] == []
