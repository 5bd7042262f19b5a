"""Each test of this folder runs over each port; `-k memory` chooses one."""

import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "system")]

import live  # noqa: E402, F401 - adds its ports
import ports  # noqa: E402


@pytest.fixture(scope="session", params=list(ports.PORTS))
def port(request):
    with ports.PORTS[request.param]() as made:
        yield made
