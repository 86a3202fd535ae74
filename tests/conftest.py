"""One thread of BLAS a process: pytest-xdist runs one on each core, and their threads would wait for each other."""

import gc
import os

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.pop("HPSEARCH_STORAGE", None)  # where the user's own trials are


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Collect the tests without the garbage collector, and let it skip them afterwards: they are never garbage."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """Start one worker more than there are cores, since many tests wait for processes, threads or clocks."""
    return None if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ else (os.cpu_count() or 1) + 1


SHARING = {"integration", "report"}
"""Folders whose tests share a server or figures."""


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items):
    """Mark what starts servers as long. Begin with tests that share something, so that one worker runs them.

    A worker gets a contiguous part of the tests, and steals from the end of another's part when it has none left.
    """
    for item in items:
        if "integration" in item.path.parts:
            item.add_marker("long")
    result = yield
    items.sort(key=lambda item: not SHARING & set(item.path.parts))
    return result


@pytest.fixture
def with_baselines():
    """Let runs of this test train their baselines."""


@pytest.fixture(autouse=True)
def _no_baselines(request, monkeypatch):
    """Spare runs in this process a random forest each; what the command line starts trains them."""
    if "with_baselines" not in request.fixturenames:
        monkeypatch.setattr("hpsearch.objectives.supervised.SupervisedObjective.baselines", ())
