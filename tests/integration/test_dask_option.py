"""Trainings on a Dask cluster, asked for and written by this process, are those of this process alone."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from optuna.storages import InMemoryStorage

from hpsearch.errors import RunError, UsageError
from hpsearch.execution import State, execute
from hpsearch.execution.cluster import Cluster
from hpsearch.study.runs import Plan
from tests.factor_files import content, levels, planned

distributed = pytest.importorskip("distributed", reason="distributed (Dask) is not installed")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A scheduler and two workers, each a process with a nanny that replaces it."""
    arguments = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": ":0"}
    with distributed.LocalCluster(**arguments) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def address(cluster: Any) -> str:
    return str(cluster.scheduler_address)


def _alone(ready: Plan) -> dict[str, Any]:
    storage = InMemoryStorage()
    assert execute(ready, storage)
    return content(storage)


def _on_cluster(ready: Plan, folder: Path, address: str, **arguments: Any) -> dict[str, Any]:
    url = f"sqlite:///{folder}/trials.db"
    assert execute(ready, url, jobs=-1, dask=address, **arguments)
    return content(url)


SEARCH = {"strategies": ["random", "narrowing", "tpe"], "trials": 12, "repeats": 1}


@pytest.mark.parametrize(
    "changes",
    [
        {"search": SEARCH},
        {"search": SEARCH | {"pruner": "median", "trials": 8}, "model": {"epochs": 6}},
        {"search": {"strategies": ["tpe"], "trials": 13, "batch": 2}},
        levels(
            SGD={"model": {"optimizer": "sgd"}},
            Adam={"model": {"optimizer": "adam", "learning_rate": 0.01}, "space": {}},
        ),
    ],
    ids=["strategies", "pruned", "batch", "untuned variant"],
)
def test_trials_are_those_of_one_process(tmp_path: Path, address: str, changes: dict[str, Any]) -> None:
    ready = planned(tmp_path, changes=changes)
    assert _on_cluster(ready, tmp_path, address) == _alone(ready)


def test_a_killed_worker_loses_nothing(tmp_path: Path, cluster: Any, address: str) -> None:
    ready = planned(tmp_path, changes={"search": SEARCH, "model": {"epochs": 60}})
    killed: list[int] = []

    def kill(state: State) -> None:
        if state.done and not killed:
            with distributed.Client(address, set_as_default=False) as client:
                killed.append(min(client.run(os.getpid).values()))
            os.kill(killed[0], signal.SIGKILL)

    found = _on_cluster(ready, tmp_path, address, progress=kill)
    assert killed
    assert found == _alone(ready)
    cluster.wait_for_workers(2)


class _OwnError(Exception):
    """An error of a user's own."""


def test_an_error_keeps_its_type(tmp_path: Path, address: str) -> None:
    [objective, *_] = planned(tmp_path).objectives.values()
    cluster = Cluster(address)
    try:
        for kind in (ValueError, TimeoutError, _OwnError):
            raises = _raising(kind)
            with pytest.raises(kind, match="no such thing"):
                cluster.call(raises, objective)
    finally:
        cluster.close()


def _raising(kind: type[Exception]) -> Any:
    def fail(_objective: object) -> None:
        raise kind("no such thing")

    return fail


@pytest.mark.parametrize("wrong", ["", "nonsense", "tcp://", "tcp://127.0.0.1", "tcp://127.0.0.1:99999"])
def test_a_wrong_address_is_one_line(wrong: str) -> None:
    with pytest.raises(UsageError, match=r"^a Dask scheduler is given as tcp://HOST:8786, got "):
        Cluster(wrong)


def test_a_cluster_without_workers_is_one_line(tmp_path: Path) -> None:
    with (
        distributed.LocalCluster(n_workers=0, processes=True, dashboard_address=":0") as empty,
        pytest.raises(RunError, match="has no workers: start some"),
    ):
        execute(planned(tmp_path), InMemoryStorage(), jobs=-1, dask=empty.scheduler_address)
