"""Conditional parameters: suggested where their conditions hold, with every strategy, interrupted or not."""

from contextlib import suppress

import optuna
import pytest
from optuna.storages import InMemoryStorage

from hpsearch.errors import DamagedStorageError, UsageError
from hpsearch.execution import execute
from hpsearch.objectives import MLPObjective
from hpsearch.run import read_runs
from hpsearch.storage.optuna_log import quiet_optuna
from tests.combinations import some
from tests.factor_files import RATE, attributes, content, over, planned
from tests.run.test_running import Killed, die_at, undo
from tests.strategies.test_conformance import those

pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")

SPACE = {
    "momentum": {"low": 0.1, "high": 0.9, "when": {"optimizer": ["momentum"]}},
    "decay_epochs": {"low": 1.0, "high": 4.0, "when": {"schedule": ["step"], "optimizer": ["momentum", "sgd"]}},
    "schedule": {"choices": ["constant", "step"]},
    "optimizer": {"choices": ["sgd", "momentum", "adam"]},
    "learning_rate": RATE,
    "pieces": {"low": 2, "high": 4, "when": {"patience": [1, 2]}},
    "patience": {"low": 1, "high": 3},
}

MOMENTUM = {"low": 0.1, "high": 0.9}
OPTIMIZER = {"choices": ["sgd", "momentum"]}


def expected(params):
    names = {"schedule", "optimizer", "learning_rate", "patience"}
    if params["optimizer"] == "momentum":
        names.add("momentum")
    if params["schedule"] == "step" and params["optimizer"] != "adam":
        names.add("decay_epochs")
    if params["patience"] < 3:
        names.add("pieces")
    return names


def of(folder, strategy, **changes):
    search = {"strategies": [strategy], "trials": 16, "confirm": 1, "pruner": "median"}
    return planned(folder, changes={"space": SPACE, "search": search} | changes)


@pytest.mark.parametrize("strategy", those())
def test_inactive_parameters_are_absent_with_every_strategy(strategy, tmp_path):
    ready, storage = of(tmp_path, strategy), InMemoryStorage()
    execute(ready, storage)
    study = optuna.load_study(study_name=f"small/{strategy}/00", storage=storage)
    assert len(study.trials) >= 16
    for trial in study.trials:
        assert set(trial.params) == expected(trial.params)
    assert len({tuple(sorted(trial.params)) for trial in study.trials}) > 2
    assert study.user_attrs["when"] == {
        "momentum": {"optimizer": ["momentum"]},
        "decay_epochs": {"schedule": ["step"], "optimizer": ["momentum", "sgd"]},
        "pieces": {"patience": [1, 2]},
    }
    assert len(study.user_attrs["test"]["values"]) == 1
    before = content(storage)
    execute(ready, storage)
    assert content(storage) == before
    with quiet_optuna():
        assert len(read_runs(storage, lambda name: True)) == 1, "not damaged"


@pytest.mark.parametrize("strategy", some(those(), "random", "tpe"))
def test_stopped_at_some_writes_it_ends_the_same(strategy, tmp_path, request):
    if strategy != "narrowing":  # the one whose trainings are in a process of their own, as by default
        request.getfixturevalue("in_process")
    ready, straight = of(tmp_path, strategy), InMemoryStorage()
    execute(ready, straight)
    stopped = InMemoryStorage()
    for stop in (4, 9, 30, 71, 23):
        die_at(stopped, stop)
        with suppress(Killed):
            execute(ready, stopped)
        undo(stopped)
    execute(ready, stopped)
    assert content(stopped) == content(straight)


def test_a_missing_active_parameter_is_damage_and_an_inactive_one_is_not(tmp_path):
    space = {"momentum": SPACE["momentum"], "optimizer": OPTIMIZER}
    storage = InMemoryStorage()
    execute(planned(tmp_path, changes={"space": space, "search": {"strategies": ["random"], "trials": 12}}), storage)
    runs = read_runs(storage, lambda name: True)
    assert {tuple(sorted(trial.params)) for trial in runs[0].trials} == {("momentum", "optimizer"), ("optimizer",)}
    trial = next(trial for trial in runs[0].trials if "momentum" in trial.params)
    (study,) = storage._studies.values()
    del study.trials[trial.number].params["momentum"], study.trials[trial.number].distributions["momentum"]
    with pytest.raises(DamagedStorageError, match=rf"the trial {trial.number} .* lacks its parameter 'momentum'"):
        read_runs(storage, lambda name: True)


@pytest.mark.parametrize("value", [{"momentum": 3}, {"momentum": {"optimizer": 3}}, {"momentum": ["optimizer"]}])
def test_damaged_conditions_are_damage(value, tmp_path):
    space = {key: SPACE[key] for key in ("momentum", "optimizer")}
    storage = InMemoryStorage()
    execute(planned(tmp_path, changes={"space": space, "search": {"strategies": ["random"]}}), storage)
    optuna.load_study(study_name="small/random/00", storage=storage).set_user_attr("when", value)
    with pytest.raises(DamagedStorageError, match="the attribute 'when' of the run 'small/random/00' is"):
        read_runs(storage, lambda name: True)


def searched(model=None, **space):
    return MLPObjective("iris", model=model or {}, space=space)


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ([], "when must be a table such as { kernel = [\"rbf\"] }, got []"),
        ({}, "when must be a table such as { kernel = [\"rbf\"] }, got {}"),
        ("", "when must be a table such as { kernel = [\"rbf\"] }, got ''"),
        (False, "when must be a table such as { kernel = [\"rbf\"] }, got False"),
        ("sgd", "when must be a table such as { kernel = [\"rbf\"] }, got 'sgd'"),
        ({"optimiser": ["sgd"]}, "unknown key 'optimiser' (did you mean 'optimizer'?)"),
        ({"optimizer": ["sgdd"]}, "when: unknown optimizer 'sgdd' (did you mean 'sgd'?)"),
        ({"optimizer": ["sgd", "mom"]}, "when: unknown optimizer 'mom'"),
        ({"optimizer": ["adam"]}, "when optimizer = 'adam' never holds: it is 'sgd' or 'momentum'"),
        ({"optimizer": []}, "when optimizer must list at least one value"),
        ({"optimizer": {"a": 1}}, "when: unknown optimizer {'a': 1}"),
        ({"optimizer": [["sgd"]]}, "when: unknown optimizer ['sgd']"),
        ({"momentum": [0.5]}, "when must name another key, got 'momentum'"),
        ({"learning_rate": [0.1]}, "when can depend on choices and integers, and learning_rate is a range of numbers"),
        ({"batch_size": [9]}, "when batch_size = 9 never holds: it is from 64 to 66"),
        ({"batch_size": [64.5]}, "when: batch_size must be a whole number >= 1, got 64.5"),
        ({"activation": ["tanh"]}, "when activation = 'tanh' never holds: it is 'relu'"),
        ({"hidden_layer_sizes": [[7]]}, "when hidden_layer_sizes = [7] never holds: it is (100,)"),
    ],
)  # fmt: skip
def test_wrong_conditions_are_refused_in_one_line(when, words):
    with pytest.raises(UsageError) as error:
        searched(
            momentum=MOMENTUM | {"when": when},
            optimizer=OPTIMIZER,
            learning_rate=RATE,
            batch_size={"low": 64, "high": 66},
        )
    assert "[space] momentum" in str(error.value)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_conditions_in_a_circle_are_refused():
    with pytest.raises(UsageError, match=r"\[space\] optimizer: when makes a circle of optimizer, schedule"):
        searched(
            optimizer=OPTIMIZER | {"when": {"schedule": ["step"]}},
            schedule=SPACE["schedule"] | {"when": {"optimizer": ["sgd"]}},
            learning_rate=RATE,
        )


def test_a_condition_on_a_fixed_setting_that_holds_is_no_condition():
    for hidden in ([100], (100,), 100):
        objective = searched(momentum=MOMENTUM | {"when": {"hidden_layer_sizes": [hidden]}})
        assert (list(objective.space), objective.conditions) == (["momentum"], {})
    one = searched({"optimizer": "momentum"}, momentum=MOMENTUM | {"when": {"optimizer": ["momentum", "nesterov"]}})
    assert one.conditions == {}


def test_one_of_several_values_is_enough_for_a_condition():
    objective = searched(momentum=MOMENTUM | {"when": {"optimizer": ["momentum", "nesterov"]}}, optimizer=OPTIMIZER)
    assert objective.conditions == {"momentum": {"optimizer": ["momentum", "nesterov"]}}


def test_an_inactive_parameter_has_its_default_in_the_training():
    objective = searched(momentum=MOMENTUM | {"when": {"optimizer": ["momentum"]}}, optimizer=OPTIMIZER)
    assert objective.hyperparameters({"optimizer": "sgd"}).momentum == 0.9
    assert objective.hyperparameters({"optimizer": "momentum", "momentum": 0.2}).momentum == 0.2


def test_the_most_epochs_of_a_trial_count_the_default_of_a_conditional_range():
    objective = searched(epochs={"low": 2, "high": 5, "when": {"optimizer": ["momentum"]}}, optimizer=OPTIMIZER)
    assert objective.epochs == 20


def test_conditions_of_a_variant_are_its_own(tmp_path):
    factors = over("model.optimizer", "momentum", "sgd", factor="it")["factors"]
    space = {"learning_rate": RATE, "momentum": SPACE["momentum"]}
    storage, ready = InMemoryStorage(), planned(tmp_path, changes={"factors": factors, "space": space})
    execute(ready, storage)
    assert [list(run.space) for run in ready.runs()] == [["learning_rate", "momentum"], ["learning_rate"]]
    assert all("when" not in attributes(storage, run.name) for run in ready.runs())
