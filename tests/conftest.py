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


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark what starts servers as long. Run first what shares a server or figures, on one worker.

    Others steal from the end of a worker's queue.
    """
    for item in items:
        if "integration" in item.path.parts:
            item.add_marker("long")
    items.sort(key=lambda item: [folder not in item.path.parts for folder in ("integration", "report")])


@pytest.fixture
def with_baselines():
    """Let runs of this test train their baselines."""


@pytest.fixture(autouse=True)
def _no_baselines(request, monkeypatch):
    """Spare runs in this process a random forest each; what the command line starts trains them."""
    if "with_baselines" not in request.fixturenames:
        monkeypatch.setattr("hpsearch.objectives.supervised.SupervisedObjective.baselines", ())
