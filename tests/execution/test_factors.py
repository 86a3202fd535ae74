"""Studies with factors: variants are paired, judged, extended and resumed."""

import time

import optuna
import pytest
from optuna.storages import InMemoryStorage

from hpsearch.errors import UsageError
from hpsearch.execution import execute
from hpsearch.objectives import MLPObjective
from hpsearch.storage import open_storage
from hpsearch.study.plan import plan
from tests.execution.test_study import FORKSERVER, states
from tests.factor_files import RATE, attributes, content, levels, over, planned, written
from tests.run.test_running import Killed

SCALINGS = over("data.scaling", "standard", "none", factor="scaling")["factors"]
TWO_RANGES = {"learning_rate": {"low": 1e-4, "high": 1.0}, "weight_decay": {"low": 0.0, "high": 0.1}}


def optimizers(*names):
    return over("model.optimizer", *names, factor="optimizer")["factors"]


OPTIMIZERS = optimizers("sgd", "adam")


@pytest.fixture
def storage():
    return InMemoryStorage()


def executed(folder, storage, text="", **changes):
    """Execute a small study; return its plan and how many trials were stored before."""
    ready, starts = planned(folder, text, changes), []
    execute(ready, storage, started=starts.append)
    return ready, starts[0].stored


def trials(storage, name):
    return optuna.load_study(study_name=name, storage=storage).trials


# Growth: nothing that is stored changes, and nothing is trained again.

GROWN = {
    "nothing": ({}, 0),
    "a level": ({"factors": optimizers("sgd", "adam", "nesterov")}, 6),
    "a level before": ({"factors": optimizers("nesterov", "adam", "sgd")}, 6),
    "a factor": ({"factors": OPTIMIZERS | SCALINGS}, 12),
    "a factor before": ({"factors": SCALINGS | OPTIMIZERS}, 12),
    "a strategy": ({"search": {"repeats": 2, "strategies": ["random", "tpe"]}}, 12),
    "a repeat": ({"search": {"repeats": 3}}, 6),
    "a trial": ({"search": {"repeats": 2, "trials": 4}}, 4),
    "a key at its default": ({"model": {"activation": "relu"}}, 0),
    "another label of the strategy": (
        {"search": {"repeats": 2, "strategies": ["mine"]}, "strategies": {"mine": {"strategy": "random"}}},
        0,
    ),
    "other labels": (levels(A={"model": {"optimizer": "sgd"}}, B={"model": {"optimizer": "adam"}}), 0),
}  # fmt: skip


@pytest.mark.parametrize("name", GROWN)
def test_what_is_added_leaves_the_stored_trials_as_they_are(name, tmp_path, storage):
    changes, new = GROWN[name]
    first = {"factors": OPTIMIZERS, "search": {"repeats": 2}}
    executed(tmp_path, storage, **first)
    before = content(storage)
    ready, stored = executed(tmp_path, storage, **(first | changes))
    after = content(storage)
    assert stored == 12
    assert {run: found[0][:3] for run, found in after.items() if run in before} == {
        run: found[0] for run, found in before.items()
    }
    assert sum(len(found[0]) for found in after.values()) == 12 + new
    names = [run.name for run in ready.runs()]
    assert len(after) == len(names), "each run is stored once"
    levels_of = [attributes(storage, name)["levels"] for name in after]
    assert sorted(map(str, levels_of)) == sorted(str(run.levels) for run in ready.runs())
    for name in after:
        known = attributes(storage, name)
        assert known["plan"]["factors"] == {factor: list(labels) for factor, labels in ready.factors.items()}
        assert known["variant"] in ready.variants
        assert known["strategy"] == known["levels"]["strategy"]
        assert known["plan"]["repeats"] == ready.repeats


def test_the_extended_study_has_the_trials_of_a_study_from_the_start(tmp_path, storage):
    """Names may differ: a run keeps the one that it was created with."""
    executed(tmp_path, storage, factors=OPTIMIZERS)
    ready, _ = executed(tmp_path, storage, factors=OPTIMIZERS | SCALINGS)
    fresh = InMemoryStorage()
    executed(tmp_path, fresh, factors=OPTIMIZERS | SCALINGS)
    extended, straight = content(storage), content(fresh)
    assert sorted(extended) == ["small/adam, none/00", "small/adam/00", "small/sgd, none/00", "small/sgd/00"]
    by_variant = {attributes(storage, name)["variant"]: found for name, found in extended.items()}
    assert by_variant == {attributes(fresh, name)["variant"]: found for name, found in straight.items()}
    assert set(by_variant) == set(ready.variants)


def test_more_trials_of_a_run_under_another_label(tmp_path, storage):
    executed(tmp_path, storage, factors=OPTIMIZERS)
    changes = {"factors": OPTIMIZERS | SCALINGS, "search": {"trials": 5}}
    _, stored = executed(tmp_path, storage, **changes)
    assert stored == 6
    assert {name: len(found[0]) for name, found in content(storage).items()} == {
        "small/sgd/00": 5, "small/adam/00": 5, "small/sgd, none/00": 5, "small/adam, none/00": 5,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"factors": levels(sgd={"model": {"optimizer": "momentum"}}, adam={})["factors"]}, "model.optimizer"),
        ({"factors": OPTIMIZERS, "model": {"epochs": 3}}, "model.epochs"),
        ({"factors": OPTIMIZERS, "search": {"strategies": ["tpe"]}}, "strategy.strategy"),
        ({"factors": OPTIMIZERS, "search": {"seed": 1}}, "search.seed"),
        ({"factors": OPTIMIZERS, "search": {"first": "defaults"}, "space": TWO_RANGES}, "search.first"),
        ({"factors": OPTIMIZERS, "search": {"pruner": "median"}}, "search.pruner"),
        ({"factors": OPTIMIZERS, "data": {"scaling": "none"}}, "data.scaling"),
    ],
)  # fmt: skip
def test_another_content_under_the_same_label_is_refused_in_one_line(changes, key, tmp_path, storage):
    executed(tmp_path, storage, factors=OPTIMIZERS)
    before = content(storage)
    with pytest.raises(UsageError) as error:
        executed(tmp_path, storage, **changes)
    assert f"the storage holds trials of 'small' with another {key}" in str(error.value)
    assert "\n" not in str(error.value)
    assert content(storage) == before


def test_studies_with_and_without_factors_are_not_mixed(tmp_path, storage):
    executed(tmp_path, storage, factors=OPTIMIZERS)
    before = content(storage)
    with pytest.raises(UsageError, match=r"holds 'small' with \[factors\], and now it is without; their seeds"):
        executed(tmp_path, storage)
    assert content(storage) == before
    other = InMemoryStorage()
    executed(tmp_path, other, search={"strategies": ["random"]})
    with pytest.raises(UsageError, match=r"holds 'small' without \[factors\], and now it is with; their seeds"):
        executed(tmp_path, other, factors=OPTIMIZERS)
    assert list(content(other)) == ["small/random/00"]


def test_tasks_with_slashes_in_their_names_go_on(tmp_path, storage):
    rows = "\n".join(f"{i % 7},{i % 5},{'yes' if i % 3 else 'no'}" for i in range(60))
    for name in ("a", "b"):
        (tmp_path / f"{name}.csv").write_text(f"u,v,w\n{rows}\n")
    paths = [str(tmp_path / f"{name}.csv") for name in ("a", "b")]
    changes = {"data": {"source": "csv", "path": paths, "target": "w"}, "factors": OPTIMIZERS}
    executed(tmp_path, storage, **changes)
    before = content(storage)
    assert len(before) == 4
    _, stored = executed(tmp_path, storage, **changes)
    assert stored == 12
    assert content(storage) == before
    with pytest.raises(UsageError, match="with several tasks, and now it has one; they can't be compared"):
        executed(tmp_path, storage, **(changes | {"data": changes["data"] | {"path": paths[0]}}))


def test_one_task_and_several_are_not_mixed(tmp_path, storage):
    executed(tmp_path, storage, factors=OPTIMIZERS)
    with pytest.raises(UsageError, match="with one task, and now it has several; they can't be compared"):
        executed(tmp_path, storage, factors=OPTIMIZERS, data={"source": ["iris", "wine"]})


# A part of a study.


def test_a_part_runs_and_leaves_the_rest_as_it_is(tmp_path, storage):
    path = written(tmp_path, changes={"factors": OPTIMIZERS})
    execute(plan(path, only={"optimizer": ["adam"]}), storage)
    assert list(content(storage)) == ["small/adam/00"]
    assert attributes(storage, "small/adam/00")["plan"]["factors"]["optimizer"] == ["sgd", "adam"]
    before = content(storage)
    execute(plan(path, {"trials": 5}, only={"optimizer": ["sgd"]}), storage)
    after = content(storage)
    assert after["small/adam/00"] == before["small/adam/00"]
    assert len(after["small/sgd/00"][0]) == 5
    execute(plan(path, {"trials": 5}), storage)
    straight = InMemoryStorage()
    execute(plan(path, {"trials": 5}), straight)
    assert content(storage) == content(straight)


# Variants that are not tuned.

UNTUNED = levels(
    tuned={"space": {"learning_rate": RATE}},
    fixed={"model": {"learning_rate": 0.05}, "space": {}},
    other={"model": {"learning_rate": 0.01}, "space": {}},
)["factors"]


def test_an_untuned_variant_is_trained_once_a_repeat_and_that_training_is_judged(tmp_path, storage):
    ready, _ = executed(tmp_path, storage, factors=UNTUNED, search={"repeats": 2, "retrain": 3, "trials": 4})
    found = content(storage)
    assert {name: len(run[0]) for name, run in found.items()} == {
        f"small/{variant}/0{repeat}": 4 if variant == "tuned" else 1
        for variant in ("tuned", "fixed", "other")
        for repeat in (0, 1)
    }
    for run in ready.runs():
        test = attributes(storage, run.name)["test"]
        if run.untuned:
            objective = ready.objective_of(run)
            training = objective.retrain({}, objective.seeds(0))
            values = {"values": [training.outcome().value], "validation_values": [training.validation]}
            assert test == {"incumbent": 0, "retrain": 1, **values}
            assert trials(storage, run.name)[0].value == training.validation
        else:
            assert len(test["values"]) == 3


def test_without_retrainings_an_untuned_variant_is_judged_and_a_tuned_one_is_not(tmp_path, storage):
    executed(tmp_path, storage, factors=UNTUNED, search={"retrain": 0})
    assert "test" not in attributes(storage, "small/tuned/00")
    assert len(attributes(storage, "small/fixed/00")["test"]["values"]) == 1


def test_an_untuned_variant_is_trained_no_second_time_for_its_test(tmp_path, storage, monkeypatch):
    trainings, train = [], MLPObjective.train
    monkeypatch.setattr("hpsearch.execution.site.is_isolated", lambda *_: False)  # so that they are counted here
    monkeypatch.setattr(MLPObjective, "train", lambda *arguments: trainings.append(1) or train(*arguments))
    path = written(tmp_path, changes={"factors": UNTUNED, "search": {"retrain": 3}})
    execute(plan(path, only={"optimizer": ["fixed", "other"]}), storage)
    assert len(trainings) == 2
    assert all("test" in attributes(storage, name) for name in content(storage))


@pytest.mark.parametrize(("variant", "retrain"), [("fixed", 0), ("other", 1)])
def test_killed_before_its_test_an_untuned_variant_has_the_same(variant, retrain, tmp_path, storage, monkeypatch):
    path = written(tmp_path, changes={"factors": UNTUNED, "search": {"retrain": retrain}})
    ready = plan(path, only={"optimizer": [variant]})
    execute(ready, storage)
    killed = InMemoryStorage()

    def kill(*_):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("hpsearch.run.testing._store", kill)
        with pytest.raises(Killed):
            execute(ready, killed)
    (name,) = content(killed)
    assert [trial.state.name for trial in trials(killed, name)] == ["COMPLETE"]
    assert "test" not in attributes(killed, name)
    execute(ready, killed)
    assert content(killed) == content(storage)


# Interruption.

RUN = "from hpsearch.execution import execute\nfrom hpsearch.study.plan import plan\nexecute(plan(study), url)"


@pytest.mark.long  # as test_study kills strategies
def test_killed_and_started_again_it_stores_the_same_trials(tmp_path, storage):
    changes = {"factors": UNTUNED | SCALINGS, "search": {"repeats": 2, "trials": 6}, "model": {"epochs": 20}}
    path, url = written(tmp_path, changes=changes), f"sqlite:///{tmp_path / 'a.db'}"
    execute(plan(path), storage)
    killed = 0
    for wanted in (2, 9, 30):
        process = FORKSERVER.Process(target=exec, args=(RUN, {"study": path, "url": url}))
        process.start()
        deadline = time.monotonic() + 60
        while process.is_alive() and len(states(url)) < wanted and time.monotonic() < deadline:
            time.sleep(0.005)
        killed += process.is_alive()
        process.kill()
        process.join()
    assert killed >= 2
    execute(plan(path), url)
    assert content(url) == content(storage)


@pytest.mark.long
@pytest.mark.parametrize("jobs", [1, 2])
def test_processes_store_the_same_trials(jobs, tmp_path, storage):
    path = written(tmp_path, changes={"factors": UNTUNED | SCALINGS})
    execute(plan(path), storage)
    url = f"sqlite:///{tmp_path / 'a.db'}"
    execute(plan(path), url, jobs=jobs)
    assert content(url) == content(storage)
    assert len(optuna.get_all_study_names(open_storage(url))) == 6
