"""What the system tests share: appliances that many tests only ask."""

import os
import pathlib
import signal
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import appliance as harness  # noqa: E402
from zone_truth import REAL_ZONES, ZoneTruth  # noqa: E402

# What a shell starts in the background ignores Ctrl-C, and so would all that is started here.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items):
    """Says in one place that nothing is built, not in a hundred."""
    if not (harness.BUILD / "bowlined").exists():
        raise pytest.UsageError(
            f"{harness.BUILD}/bowlined is not there: build first (./run --build-only), or set "
            "BOWLINE_BUILD")


@pytest.fixture(scope="session")
def samples():
    """The sample zones, and nothing else: what is outside them is REFUSED."""
    with harness.Appliance(harness.SAMPLE_ZONES) as running:
        yield running.start()


@pytest.fixture(scope="session")
def shared_data():
    data = harness.SHARED / "data"
    if not data.exists():
        pytest.skip(f"{data} is not there")
    return data


@pytest.fixture(scope="session")
def zone_files(shared_data):
    """The real zones and the samples."""
    files = {origin: shared_data / "zones" / name for origin, name in REAL_ZONES.items()}
    files.update({name + ".": path for name, path in harness.SAMPLE_ZONES.items()})
    return files


@pytest.fixture(scope="session")
def truths(zone_files):
    return {origin: ZoneTruth(origin, path) for origin, path in zone_files.items()}


@pytest.fixture(scope="module")
def urgent():
    """What the tests of a file measure is theirs, not what else runs on the machine: their
    processes go first."""
    if os.geteuid() != 0:
        yield
        return
    usual = os.getpriority(os.PRIO_PROCESS, 0)
    os.setpriority(os.PRIO_PROCESS, 0, -15)
    yield
    os.setpriority(os.PRIO_PROCESS, 0, usual)
