import pytest

from tests.support.lti.own_platform import OwnPlatform
from tests.support.lti.tool import Tool


@pytest.fixture(scope="module")
def tool(tmp_path_factory, sqlite_demo_template):
    """The service, live, with the demo in it."""
    with Tool(tmp_path_factory.mktemp("tool"), sqlite_demo_template) as tool:
        yield tool


@pytest.fixture(scope="module")
def own_running(tool):
    with OwnPlatform() as platform:
        tool.register(platform)
        tool.link(platform, "student", "teacher")
        yield platform
    assert platform.faults == []


@pytest.fixture
def own(own_running):
    """The tests' own platform, registered, with its switches as they are at the start."""
    yield own_running
    own_running.behave()
