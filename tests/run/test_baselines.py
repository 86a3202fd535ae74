"""Baselines of a run: trained by one run of each repeat and task, once."""

import pytest
from optuna.storages import InMemoryStorage

from hpsearch.execution import execute
from hpsearch.objectives import MLPObjective
from hpsearch.results.load import load_results
from hpsearch.study.plan import plan
from tests.factor_files import attributes, levels, planned, written
from tests.run.test_running import Killed

LEVELS = levels(SGD={"model": {"optimizer": "sgd"}}, Adam={"model": {"optimizer": "adam"}})
NAMES = ["simple", "linear", "forest"]


@pytest.fixture
def trained(with_baselines, monkeypatch):
    """Train in this process, and count the baselines."""
    names = []
    train = MLPObjective.baseline
    monkeypatch.setattr("hpsearch.execution.site.is_isolated", lambda *_: False)
    monkeypatch.setattr(MLPObjective, "baseline", lambda self, name: names.append(name) or train(self, name))
    return names


def test_the_reference_trains_them_in_each_repeat(tmp_path, trained):
    storage = InMemoryStorage()
    ready = planned(tmp_path, changes=LEVELS | {"search": {"repeats": 2}})
    execute(ready, storage)
    assert trained == NAMES * 2
    for run in ready.runs():
        assert ("baselines" in attributes(storage, run.name)) == (run.variant == "SGD")
    frame = load_results(storage, "small").baselines
    assert frame[["repeat", "name"]].to_numpy().tolist() == [[repeat, name] for repeat in (0, 1) for name in NAMES]
    for row in frame.itertuples():
        judged = MLPObjective("iris").for_repeat(row.repeat).baseline(row.name)
        assert (row.task, row.validation, row.test, row.train_rows, row.train_rows_of) == ("iris", *judged)
    trained.clear()
    execute(planned(tmp_path, changes=LEVELS | {"search": {"repeats": 2, "trials": 4}}), storage)
    assert trained == [], "extending a study trains none again"


def test_in_a_process_of_its_own_they_are_the_same(tmp_path, trained):
    there, here = InMemoryStorage(), InMemoryStorage()
    path = written(tmp_path, changes={"search": {"strategies": ["random", "tpe"]}})
    execute(plan(path), here)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hpsearch.execution.site.is_isolated", lambda *_: True)
        execute(plan(path), there)
    assert trained == NAMES
    assert attributes(there, "small/random/00")["baselines"] == attributes(here, "small/random/00")["baselines"]
    assert "baselines" not in attributes(there, "small/tpe/00")


def test_one_that_fails_is_left_out_with_its_reason(tmp_path, trained, monkeypatch):
    def fail(*_):
        raise ValueError("no")

    monkeypatch.setattr("sklearn.linear_model.LogisticRegression.fit", fail)
    storage = InMemoryStorage()
    execute(planned(tmp_path, changes={"search": {"strategies": ["random"]}}), storage)
    assert attributes(storage, "small/random/00")["baselines"]["linear"] == {"error": "ValueError: no"}
    frame = load_results(storage, "small").baselines.set_index("name")
    assert frame["error"].to_dict() == {"simple": "", "linear": "ValueError: no", "forest": ""}
    assert frame["test"].isna().to_dict() == {"simple": False, "linear": True, "forest": False}


def test_killed_between_two_it_goes_on_with_the_next(tmp_path, trained, monkeypatch):
    def kill(*_):
        raise Killed

    storage = InMemoryStorage()
    ready = planned(tmp_path, changes={"search": {"strategies": ["random"]}})
    with monkeypatch.context() as patch:
        patch.setattr("sklearn.ensemble.RandomForestClassifier.fit", kill)
        with pytest.raises(Killed):
            execute(ready, storage)
    execute(ready, storage)
    execute(ready, storage)
    assert trained == [*NAMES, "forest"]
    assert list(attributes(storage, "small/random/00")["baselines"]) == NAMES


def test_without_a_test_there_are_none(tmp_path, trained):
    storage = InMemoryStorage()
    execute(planned(tmp_path, changes={"search": {"strategies": ["random"], "retrain": 0}}), storage)
    assert trained == []
    assert load_results(storage, "small").baselines.empty
    assert list(load_results(storage, "small").baselines) == [
        "task",
        "repeat",
        "name",
        "validation",
        "test",
        "train_rows",
        "train_rows_of",
        "error",
    ]
