"""One thread of BLAS a process: pytest-xdist runs one on each core, and their threads would wait for each other."""

import gc
import os
from itertools import chain, islice

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


SHARING = ("integration", "report")
"""Folders whose tests share a server or figures."""

SLOW = ("execution", "cli", "run", "api", "tables", "narrowing", "readme", "rebuilding", "conventions", "conformance")
"""Folders and files, ``test_`` left out, with tests of seconds."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Mark what starts servers as long. Let each worker begin with tests of seconds, so that all end together.

    A worker gets a contiguous part of the tests, and steals from the end of another's part when it has none left. Tests
    that share something are in one part.
    """
    files = {}
    for item in items:
        files.setdefault(item.nodeid.partition("::")[0], []).append(item)
    names = {file: {name.removeprefix("test_").removesuffix(".py") for name in file.split("/")} for file in files}
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    parts = [[] for _ in range(workers)]
    for file in [file for file in files if names[file] & set(SHARING)]:
        parts[0].extend(files.pop(file))
    for turn, file in enumerate([file for file in files if names[file] & set(SLOW)]):
        parts[turn % (workers - 1) + 1 if workers > 1 else 0].extend(files.pop(file))
    rest = iter([item for each in files.values() for item in each])
    for part in parts:
        part.extend(islice(rest, max(-(-len(items) // workers) - len(part), 0)))
    items[:] = [*chain.from_iterable(parts), *rest]
    for item in items:
        if "integration" in item.path.parts:
            item.add_marker("long")


@pytest.fixture
def with_baselines():
    """Let runs of this test train their baselines."""


@pytest.fixture(autouse=True)
def _no_baselines(request, monkeypatch):
    """Spare runs in this process a random forest each; what the command line starts trains them."""
    if "with_baselines" not in request.fixturenames:
        monkeypatch.setattr("hpsearch.objectives.supervised.SupervisedObjective.baselines", ())
