import math
import pickle
from collections import OrderedDict
from typing import ClassVar

import joblib
import numpy as np
import optuna
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

import hpsearch
from hpsearch.data import Dataset
from hpsearch.errors import DataError, UsageError
from hpsearch.objectives import prepared_objective, source

MODEL = {"hidden_layer_sizes": 20, "optimizer": "sgd", "epochs": 3}


@pytest.fixture(scope="module")
def objective():
    return hpsearch.MLPObjective("digits", model=MODEL)


def fixed(**params):
    """Return a finished Optuna trial of the objective at `params`."""

    def train(objective):
        study = optuna.create_study(direction="maximize", pruner=optuna.pruners.NopPruner())
        study.enqueue_trial(params)
        study.optimize(objective, n_trials=1)
        return study.trials[0]

    return train


GOOD = fixed(learning_rate=0.1, weight_decay=1e-4)
DIVERGING = fixed(learning_rate=1e4, weight_decay=1e-4)


def test_it_is_a_plain_optuna_objective(objective):
    study = optuna.create_study(direction=objective.direction)
    study.optimize(objective, n_trials=5)
    assert len(study.trials) == 5
    assert set(study.best_params) == {"learning_rate", "weight_decay"}


def test_every_epoch_is_reported_and_the_value_is_the_last(objective):
    trial = GOOD(objective)
    assert list(trial.intermediate_values) == [1, 2, 3]
    assert trial.value == trial.intermediate_values[3] > 0.8
    assert trial.user_attrs["epochs"] == 3
    assert trial.user_attrs["diverged"] is False
    assert {name: len(values) for name, values in trial.user_attrs["history"].items()} == {
        "train_loss": 3,
        "train_score": 3,
        "validation_loss": 3,
    }


def test_with_early_stopping_the_value_is_the_best_epochs():
    model = MODEL | {"epochs": 60, "early_stopping": True, "patience": 2}
    trial = GOOD(hpsearch.MLPObjective("digits", model=model))
    assert trial.value == max(trial.intermediate_values.values())
    assert trial.user_attrs["epochs"] == len(trial.intermediate_values) < 60


def test_a_training_that_diverges_is_a_finished_trial_with_the_worst_value(recwarn):
    space = {"learning_rate": {"low": 1e-6, "high": 1e6, "log": True}, "weight_decay": {"low": 1e-8, "high": 1.0}}
    trial = DIVERGING(hpsearch.MLPObjective("digits", model=MODEL, space=space))
    assert (trial.state, trial.value) == (optuna.trial.TrialState.COMPLETE, 0.0)
    assert trial.user_attrs["diverged"] is True
    assert trial.user_attrs["epochs"] == 1
    assert not [warning for warning in recwarn if issubclass(warning.category, RuntimeWarning)]


def test_a_regression_is_judged_by_r2_and_diverges_to_minus_infinity():
    space = {"learning_rate": {"low": 1e-6, "high": 1e6, "log": True}}
    objective = hpsearch.MLPObjective("diabetes", model=MODEL, space=space)
    assert objective.metric == "r2"
    assert 0.2 < fixed(learning_rate=0.01)(objective).value < 1
    assert fixed(learning_rate=1e5)(objective).value == -math.inf


def test_pruners_work():
    class AtTwo(optuna.pruners.BasePruner):
        def prune(self, study, trial):
            return trial.last_step == 2

    study = optuna.create_study(direction="maximize", pruner=AtTwo())
    study.optimize(hpsearch.MLPObjective("digits", model=MODEL), n_trials=1)
    assert study.trials[0].state == optuna.trial.TrialState.PRUNED
    assert study.trials[0].user_attrs["epochs"] == 2


def test_a_trial_can_be_trained_again_alone(objective):
    assert GOOD(objective).intermediate_values == GOOD(objective).intermediate_values


def test_repeats_and_seeds_train_on_other_splits_and_are_tested_on_rows_no_search_has_met(objective):
    other = objective.for_repeat(1)
    assert GOOD(objective).value != GOOD(other).value
    train = [{row.tobytes() for row in o.data.x_train * 1} for o in (objective, other)]
    assert train[0] != train[1]
    np.testing.assert_array_equal(objective.data.y_test, other.data.y_test)
    assert not np.array_equal(objective.data.y_test, hpsearch.MLPObjective("digits", model=MODEL, seed=1).data.y_test)


def test_the_test_retrains_on_fresh_seeds(objective):
    params = {"learning_rate": 0.1, "weight_decay": 1e-4}
    values = objective.test(params, 7, 3)
    assert len(set(values)) > 1
    assert min(values) > 0.8
    assert objective.test(params, 7, 2) == values[:2]
    assert objective.test(params, 8, 1) != values[:1]


def test_it_travels_to_another_process_with_its_split(objective, monkeypatch):
    sent = pickle.dumps(objective.for_repeat(1))
    monkeypatch.setattr(source, "load", None)  # another process does not load the data
    monkeypatch.setattr(source, "split", None)
    received = pickle.loads(sent)
    assert GOOD(received).value == GOOD(objective.for_repeat(1)).value
    assert pickle.loads(pickle.dumps(received)).with_separate_seeds().data is not None
    monkeypatch.undo()
    assert GOOD(received.for_repeat(0)).value == GOOD(objective).value


def test_it_travels_without_a_large_split(objective, monkeypatch):
    monkeypatch.setattr(prepared_objective, "MOST_SENT", sum(each.nbytes for each in parts(objective.data)) - 1)
    sent = pickle.dumps(objective)
    assert len(sent) < 20_000
    assert GOOD(pickle.loads(sent)).value == GOOD(objective).value
    monkeypatch.setattr(prepared_objective, "MOST_SENT", prepared_objective.MOST_SENT + 1)
    assert len(pickle.dumps(objective)) > prepared_objective.MOST_SENT


def test_an_objective_that_was_sent_with_its_rows_does_not_load_them(objective, monkeypatch):
    received = pickle.loads(pickle.dumps(objective))
    monkeypatch.setattr(source, "LOADED", OrderedDict())
    received.load()
    assert not source.LOADED
    received.for_repeat(1).load()  # another split, of rows that were not sent
    assert source.LOADED


def test_it_trains_on_plain_arrays_where_joblib_maps_files(objective, tmp_path):
    joblib.dump(objective, tmp_path / "sent")
    rows = joblib.load(tmp_path / "sent", mmap_mode="r").data
    assert {type(array) for array in parts(rows)} == {np.ndarray}
    assert isinstance(rows.x_train.base, np.memmap)


def parts(rows):
    return [rows.x_train, rows.y_train, rows.x_validation, rows.y_validation, rows.x_test, rows.y_test]


def test_a_data_set_of_ones_own(objective):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 2)).astype(np.float32)
    mine = Dataset("mine", x, (x[:, 0] > x[:, 1]).astype(np.int64), "classification", ("a", "b"), ("no", "yes"))
    own = hpsearch.MLPObjective(mine, model=MODEL)
    assert own.task == "mine"
    assert GOOD(own).value > 0.8
    assert GOOD(pickle.loads(pickle.dumps(own))).value == GOOD(own).value


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"data": "digit"}, "[data] unknown source 'digit' (did you mean 'digits'?)"),
        ({"data": {"sorce": "digits"}}, "[data] sorce: unknown key 'sorce' (did you mean 'source'?)"),
        ({"model": {"optimizer": "sdg"}}, "[model] unknown optimizer 'sdg' (did you mean 'sgd'?)"),
        ({"model": {"epoch": 3}}, "[model] epoch: unknown key 'epoch' (did you mean 'epochs'?)"),
        (
            {"model": {"learning_rate": 0.1}, "space": {"learning_rate": {"low": 0.1, "high": 1.0}}},
            "[space] learning_rate: is fixed in [model] too (at 0.1)",
        ),
        ({"space": {"rate": {"low": 0, "high": 1}}}, "[space] rate: unknown key 'rate'"),
        ({"space": {"dropout": {"low": 0.0, "high": 1.5}}}, "[space] dropout must be"),
        ({"space": {"dropout": {"low": 0.5, "high": 0.1}}}, "[space] dropout: low must be below high"),
    ],
)
def test_what_cannot_be_is_refused_when_it_is_made(arguments, words):
    with pytest.raises(UsageError) as error:
        hpsearch.MLPObjective(**arguments)
    assert words in str(error.value)


def test_a_search_over_architecture_activation_and_optimizer():
    space = {
        "hidden_layer_sizes": {"choices": [[10], [20, 10]]},
        "activation": {"choices": ["relu", "tanh"]},
        "optimizer": {"choices": ["sgd", "adam"]},
        "batch_size": {"low": 16, "high": 64, "log": True},
        "learning_rate": {"low": 1e-3, "high": 1e-1, "log": True},
    }
    objective = hpsearch.MLPObjective("iris", model={"epochs": 2}, space=space)
    found = hpsearch.search(objective, trials=6)
    settings = objective.hyperparameters(found.best_params)
    assert settings.hidden_layer_sizes in {(10,), (20, 10)}
    assert isinstance(settings.batch_size, int)


def test_equal_layers_written_as_text_have_the_content_of_the_list():
    rate = {"low": 0.01, "high": 0.1}
    in_text, as_lists = (
        hpsearch.MLPObjective(
            "iris",
            space={
                "hidden_layer_sizes": {"choices": [[5], choice]},
                "dropout": rate | {"when": {"hidden_layer_sizes": condition}},
            },
        )
        for choice, condition in (("2 x 10", "2 x 10"), ([10, 10], [[10, 10]]))
    )
    assert in_text.content == as_lists.content
    assert in_text.space == as_lists.space
    assert in_text.conditions == as_lists.conditions == {"dropout": {"hidden_layer_sizes": [[10, 10]]}}
    fixed = [hpsearch.MLPObjective("iris", model={"hidden_layer_sizes": sizes}) for sizes in ("2 x 10", [10, 10])]
    assert fixed[0].content == fixed[1].content
    assert fixed[0].hyperparameters({}).hidden_layer_sizes == (10, 10)


def test_wrong_text_for_layers_is_quoted_as_it_was_written():
    for arguments in (
        {"model": {"hidden_layer_sizes": "0 x 10"}},
        {"space": {"hidden_layer_sizes": {"choices": ["0 x 10"]}}},
    ):
        with pytest.raises(UsageError, match=r"hidden_layer_sizes must be .*got '0 x 10'"):
            hpsearch.MLPObjective("iris", **arguments)


@pytest.mark.parametrize(
    ("model", "space", "epochs"),
    [
        ({"epochs": 7}, {"learning_rate": {"low": 0.01, "high": 0.1}}, 7),
        ({}, {"epochs": {"low": 2, "high": 30, "log": True}}, 30),
        ({}, {"epochs": {"choices": [5, 40, 10]}}, 40),
    ],
)
def test_the_most_epochs_of_a_trial_are_known(model, space, epochs):
    assert hpsearch.MLPObjective("iris", model=model, space=space).epochs == epochs


def test_a_training_holds_one_thread_of_blas_and_gives_the_others_back():
    """Limit BLAS threads: parallel processes would otherwise be five times slower on two cores."""

    class Threads(optuna.pruners.BasePruner):
        seen: ClassVar[set[int]] = set()

        def prune(self, study, trial):
            self.seen.add(max(each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"))
            return False

    with threadpool_limits(2, user_api="blas"):
        study = optuna.create_study(direction="maximize", pruner=Threads())
        study.optimize(hpsearch.MLPObjective("iris", model={"epochs": 2}), n_trials=1)
        assert Threads.seen == {1}
        assert max(each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas") == 2


def write_csv(path, sign):
    rows = [f"{i / 10},{sign * i / 10},{i % 2}" for i in range(60)]
    path.write_text("\n".join(["a,b,y", *rows]))


def test_an_overwritten_file_is_read_again(tmp_path):
    path = tmp_path / "data.csv"
    settings = {"source": "csv", "path": str(path), "target": "y"}
    write_csv(path, 1)
    before = hpsearch.MLPObjective(settings)
    first = before.data.x_train
    write_csv(path, -1)
    after = hpsearch.MLPObjective(settings)
    assert before.content["data"]["fingerprint"] != after.content["data"]["fingerprint"]
    assert not np.array_equal(first, after.data.x_train)
    np.testing.assert_array_equal(before.for_repeat(0).data.x_train, first)


def test_a_process_that_loads_changed_data_refuses_it(tmp_path, monkeypatch):
    path = tmp_path / "data.csv"
    write_csv(path, 1)
    objective = hpsearch.MLPObjective({"source": "csv", "path": str(path), "target": "y"})
    monkeypatch.setattr(prepared_objective, "MOST_SENT", 0)
    sent = pickle.dumps(objective)
    write_csv(path, -1)
    monkeypatch.setattr(source, "LOADED", OrderedDict())  # as in a new process
    source._split.cache_clear()
    with pytest.raises(DataError, match="the data changed while it was in use"):
        _ = pickle.loads(sent).data
