"""The table [record] of the family mlp, and what it stores with a trial."""

import numpy as np
import optuna
import pytest

import hpsearch
from hpsearch.errors import UsageError

MODEL = {"hidden_layer_sizes": [8, 6], "optimizer": "sgd", "learning_rate": 0.1, "steps": 20, "evaluate_every": 8}
EVALUATED = [0, 8, 16, 20]


def attributes(record=None, data="iris", diverges=False, **model):
    return trial(record, data, diverges, **model).user_attrs


def trial(record=None, data="iris", diverges=False, **model):
    settings = MODEL | ({"learning_rate": 1e30} if diverges else {}) | model
    objective = hpsearch.MLPObjective(data, model=settings, space={}, record=record)
    study = optuna.create_study(direction="maximize")
    study.optimize(objective, n_trials=1)
    return study.trials[0]


def test_a_trial_in_steps_reports_them():
    finished = trial()
    assert list(finished.intermediate_values) == EVALUATED
    assert finished.value == finished.intermediate_values[20]
    history = finished.user_attrs["history"]
    assert history["step"] == EVALUATED
    assert {len(values) for values in history.values()} == {4}
    assert finished.user_attrs["epochs"] == 20 / 3  # 90 rows are 3 steps
    assert finished.user_attrs["measures"] == {"steps": 20.0}


def test_a_trial_in_epochs_without_a_record_stores_what_it_did():
    stored = attributes(steps=None, epochs=2, weight_decay=0.1)
    assert set(stored) == {"epochs", "diverged", "history"}
    assert set(stored["history"]) == {"train_loss", "train_score", "validation_loss"}


def test_losses_with_and_without_penalty_are_told_apart():
    stored = attributes(weight_decay=0.5, train_metrics="exact")
    measures, history = stored["measures"], stored["history"]
    assert measures["penalized_train_loss"] == {"steps": EVALUATED, "values": history["train_loss"]}
    penalties = np.subtract(history["train_loss"], measures["train_loss"]["values"])
    assert penalties.min() > 0.1
    np.testing.assert_allclose(
        np.subtract(history["validation_loss"], measures["validation_loss"]["values"]), penalties
    )
    unpenalized = attributes(steps=0, train_metrics="exact")["history"]["train_loss"]
    assert measures["train_loss"]["values"][:1] == pytest.approx(unpenalized)


def test_the_loss_of_each_batch():
    curve = attributes({"loss": "step"})["measures"]["batch_loss"]
    assert curve["steps"] == list(range(1, 21))
    assert len(curve["values"]) == 20
    assert curve["values"][-1] < curve["values"][0]


@pytest.mark.parametrize("budget", [{}, {"steps": None, "epochs": 3}])
def test_curves_on_test_rows_are_those_of_the_network(budget):
    objective = hpsearch.MLPObjective(
        "iris", model=MODEL | {"weight_decay": 0.3} | budget, space={}, record={"test": True}
    )
    training = objective.train({}, objective.seeds(0))
    rows, evaluated = objective.data, []
    for step in training:
        loss, score = training.network.evaluate(rows.x_test, rows.y_test)
        evaluated.append((step.number, score, loss - training.network.penalty.value()))
    numbers, scores, losses = zip(*evaluated, strict=True)
    measures = training.measures()
    assert (tuple(measures["test_score"].steps), tuple(measures["test_score"].values)) == (numbers, scores)
    assert measures["test_loss"].values == pytest.approx(losses)
    assert training.outcome().value == scores[-1]


@pytest.mark.parametrize(
    ("layers", "steps"), [(True, [0, 20]), ("every", EVALUATED), (False, []), (True, [0])], ids=str
)
def test_layers_are_described_at_the_recorded_evaluations(layers, steps):
    budget = {"steps": 0} if steps == [0] else {}
    rows = attributes({"layers": layers}, dropout=0.2, batch_norm=True, **budget).get("layers", [])
    assert list(dict.fromkeys(row["step"] for row in rows)) == steps
    hidden = ["dense", "batch_norm", "activation", "dropout"]
    assert [row["kind"] for row in rows] == [*hidden, *hidden, "dense"] * len(steps)
    assert [row["position"] for row in rows] == [1, 1, 1, 1, 2, 2, 2, 2, 3] * len(steps)
    assert [row["layer"] for row in rows] == list(range(9)) * len(steps)
    for row in rows:
        assert len(row["edges"]) == len(row["counts"]) + 1
        assert 0 <= row["near_zero"] <= 1
        assert (row["weight_gradient_norm"] is None) == (row["kind"] != "dense")
        assert (row["dead"] is None) == (row["kind"] != "activation")


def test_in_epochs_layers_are_described_before_and_after():
    rows = attributes({"layers": True}, steps=None, epochs=3)["layers"]
    assert {row["step"] for row in rows} == {0, 3}


@pytest.mark.parametrize("separate", [False, True])
def test_recording_changes_no_bit_of_the_training(separate):
    model = MODEL | {"dropout": 0.3, "batch_norm": True, "replacement": True, "weight_decay": 0.1}
    ends = []
    for record in (None, {"loss": "step", "test": True, "layers": "every"}):
        objective = hpsearch.MLPObjective("iris", model=model, space={}, record=record)
        objective = objective.with_separate_seeds() if separate else objective
        training = objective.retrain({}, objective.seeds(0))
        ends.append((training.network.parameters.tobytes(), training.attributes()))
    assert ends[0] == ends[1]


def test_a_diverged_training_ends_its_test_curve_with_no_number():
    stored = attributes({"test": True, "loss": "step", "layers": True}, diverges=True)
    assert stored["diverged"] is True
    assert stored["measures"]["test_score"]["values"][1:] == [None]
    assert stored["measures"]["batch_loss"]["values"][-1] is None
    assert {row["step"] for row in stored["layers"]} == {0}


def test_curves_of_results_are_in_steps():
    results = hpsearch.compare(
        hpsearch.MLPObjective(
            "iris", model=MODEL, space={"momentum": {"low": 0.1, "high": 0.9}}, record={"layers": True}
        ),
        strategies=["random"],
        trials=2,
        repeats=1,
    ).results
    curves = results.curves.query("number == 1")
    assert list(curves["epoch"]) == EVALUATED
    assert curves.notna().all(axis=None)
    assert set(results.layers["step"]) == {0, 20}
    assert list(results.measures.query("measure == 'steps'")["value"]) == [20.0]


def test_a_study_with_a_pruner_needs_a_budget_in_epochs():
    objective = hpsearch.MLPObjective("iris", model=MODEL)
    with pytest.raises(
        UsageError, match="pruner must be \"none\" where trainings have a budget in steps, got 'median'"
    ):
        hpsearch.compare(objective, strategies=["random"], trials=8, repeats=1, pruner="median")


def test_optunas_pruners_see_steps():
    study = optuna.create_study(direction="maximize", pruner=optuna.pruners.ThresholdPruner(lower=2.0))
    study.optimize(hpsearch.MLPObjective("iris", model=MODEL), n_trials=1)
    assert list(study.trials[0].intermediate_values) == [0]


def test_the_largest_number_of_steps_is_the_fidelity():
    model = {name: value for name, value in MODEL.items() if name != "steps"}
    objective = hpsearch.MLPObjective("iris", model=model, space={"steps": {"low": 5, "high": 30}})
    assert objective.epochs == 30
    assert not objective.counts_epochs


REFUSED = {
    "key": ({"los": "step"}, {}, "[record] los: unknown key 'los' (did you mean 'loss'?)"),
    "loss": ({"loss": "batch"}, {}, "[record] unknown loss 'batch': choose from epoch, step"),
    "test": ({"test": 1}, {}, "[record] test must be true or false, got 1"),
    "layers": ({"layers": "last"}, {}, "[record] layers must be true, false or \"every\", got 'last'"),
    "stops": ({"test": True}, {"model": {"early_stopping": True}}, "got True and one that stops early"),
    "search": ({"test": True}, {"space": {"momentum": {"low": 0.1, "high": 0.2}}}, "and one that searches momentum"),
    "default space": ({"test": True}, {"space": None, "model": {"steps": 1}}, "and one that searches weight_decay"),
    "conditional steps": (
        {},
        {
            "model": {},
            "space": {
                "optimizer": {"choices": ["sgd", "adam"]},
                "steps": {"low": 1, "high": 9, "when": {"optimizer": "sgd"}},
            },
        },
        "[space] steps must be searched without a condition",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_recorded_is_refused(case):
    record, tables, words = REFUSED[case]
    arguments = {"model": {"learning_rate": 0.1}, "space": {}} | tables
    arguments["model"] = {"learning_rate": 0.1} | arguments["model"]
    with pytest.raises(UsageError) as error:
        hpsearch.MLPObjective("iris", record=record, **arguments)
    assert words in str(error.value)
    assert "\n" not in str(error.value)
