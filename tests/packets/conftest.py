"""Each test of this folder runs over each port, and the tables over sockets and TCP besides;
`-k memory` chooses one."""

import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "system")]

import ports  # noqa: E402
import transports  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line("markers", "every_transport: runs without frames, too")


def pytest_generate_tests(metafunc):
    if "port" in metafunc.fixturenames:
        kinds = list(ports.PORTS)
        if metafunc.definition.get_closest_marker("every_transport"):
            kinds += transports.TRANSPORTS
        metafunc.parametrize("port", kinds, indirect=True, scope="session")


@pytest.fixture(scope="session")
def port(request):
    with transports.ALL[request.param]() as made:
        yield made
