"""Runs spread over the workers of a Dask cluster are the runs of one process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import joblib
import optuna
import pandas as pd
import pytest

import hpsearch
from hpsearch.storage import open_storage

distributed = pytest.importorskip("distributed", reason="distributed (Dask) is not installed")

STRATEGIES = ["random", "narrowing", "tpe"]


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """A cluster of two processes on this machine, and the client that joblib finds by itself."""
    cluster = distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0")
    with cluster, distributed.Client(cluster) as client:
        yield client


def _compare(jobs: int, storage: str | None) -> pd.DataFrame:
    # A lambda is sent by value, so that the workers need not find this file.
    found = hpsearch.compare(
        lambda trial: (trial.suggest_float("x", -5, 5) - 1) ** 2 + trial.suggest_float("rate", 1e-6, 1, log=True),
        strategies=STRATEGIES,
        trials=8,
        repeats=2,
        jobs=jobs,
        storage=storage,
    )
    return found.trials.drop(columns="seconds")


@pytest.fixture(scope="module")
def expected() -> pd.DataFrame:
    """The trials of the comparison in this process alone."""
    return _compare(1, None)


@pytest.mark.parametrize("form", ["journal:///{}/trials.log", None])
def test_comparison_is_that_of_one_process(
    client: Any, expected: pd.DataFrame, tmp_path: Path, form: str | None
) -> None:
    assert len(expected) == len(STRATEGIES) * 2 * 8
    with joblib.parallel_config(backend="dask"):
        found = _compare(2, form and form.format(tmp_path))
    pd.testing.assert_frame_equal(found, expected, check_exact=True)


def test_workers_do_the_work(client: Any, tmp_path: Path) -> None:
    storage = f"journal:///{tmp_path}/trials.log"

    def objective(trial: optuna.Trial) -> float:
        trial.set_user_attr("process", os.getppid())  # trainings have children of the workers
        return trial.suggest_float("x", 0, 1)

    with joblib.parallel_config(backend="dask"):
        hpsearch.compare(objective, strategies=STRATEGIES, trials=2, repeats=2, jobs=2, storage=storage)
    opened = open_storage(storage)
    trials = [trial for study in opened.get_all_studies() for trial in opened.get_all_trials(study._study_id)]
    assert len(trials) == len(STRATEGIES) * 2 * 2
    assert {trial.user_attrs["process"] for trial in trials} <= set(client.run(os.getpid).values())
