"""Simple models on the rows of a search."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import r2_score

from hpsearch.objectives import MLPObjective
from hpsearch.objectives import baselines as module
from hpsearch.objectives.plain import as_objective
from tests.objectives.families.svc import SVCObjective

pytestmark = pytest.mark.usefixtures("with_baselines")


def test_the_most_frequent_class():
    objective = MLPObjective("breast_cancer").for_repeat(1)
    rows = objective.data
    most = np.bincount(rows.y_train).argmax()
    baseline = objective.baseline("simple")
    assert baseline.validation == np.mean(rows.y_validation == most)
    assert baseline.test == np.mean(rows.y_test == most)


def test_the_mean_of_the_train_rows():
    rows = MLPObjective("diabetes").data
    mean = np.full(len(rows.y_test), rows.y_train.mean())
    assert MLPObjective("diabetes").baseline("simple").test == pytest.approx(r2_score(rows.y_test, mean), abs=1e-6)


@pytest.mark.parametrize(("source", "model"), [("wine", LogisticRegression()), ("diabetes", Ridge())])
def test_the_linear_model(source, model):
    objective = MLPObjective(source)
    rows = objective.data
    model.fit(rows.x_train, rows.y_train)
    baseline = objective.baseline("linear")
    assert baseline.validation == pytest.approx(model.score(rows.x_validation, rows.y_validation), abs=1e-6)
    assert baseline.test == pytest.approx(model.score(rows.x_test, rows.y_test), abs=1e-6)
    assert baseline.train_rows == len(rows.x_train)


def test_the_forest_has_a_fixed_seed_of_its_repeat():
    objective = MLPObjective("wine", seed=5)
    assert objective.baseline("forest") == MLPObjective("wine", seed=5, model={"epochs": 1}).baseline("forest")
    seeds = {}

    class Seeded(RandomForestClassifier):
        def fit(self, x, y):
            seeds[len(seeds)] = self.random_state
            return super().fit(x, y)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sklearn.ensemble.RandomForestClassifier", Seeded)
        for repeat in (0, 1):
            objective.for_repeat(repeat).baseline("forest")
    assert seeds[0] != seeds[1]


def test_any_family_on_data_has_them_and_a_plain_function_has_none():
    assert SVCObjective("iris").baselines == MLPObjective("iris").baselines == ("simple", "linear", "forest")
    assert SVCObjective("iris").baseline("linear") == MLPObjective("iris").baseline("linear")
    assert as_objective(lambda trial: 0.0).baselines == ()


@pytest.mark.parametrize(
    ("task", "columns", "rows"),
    [
        ("classification", 10, {"simple": 20_000, "linear": 20_000, "forest": 20_000}),
        ("classification", 2**13, {"simple": 20_000, "linear": 2048, "forest": 2048}),
        ("regression", 2**6, {"simple": 20_000, "linear": 20_000, "forest": 4096}),
        ("regression", 2**20, {"simple": 20_000, "linear": 500, "forest": 500}),
    ],
)
def test_large_data_are_cut(task, columns, rows):
    class Rows:
        n_inputs = columns
        x_train = range(60_000)

    Rows.task = task
    assert {name: module.train_rows(name, Rows) for name in module.BASELINES} == rows


def test_a_cut_baseline_says_its_rows(monkeypatch):
    monkeypatch.setattr(module, "MOST_ROWS", 30)
    objective = MLPObjective("iris")
    rows = objective.data
    model = LogisticRegression().fit(rows.x_train[:30], rows.y_train[:30])
    assert objective.baseline("linear").train_rows == 30
    assert objective.baseline("linear").test == pytest.approx(model.score(rows.x_test, rows.y_test))


def test_a_linear_model_that_does_not_converge_is_taken_as_it_is(monkeypatch):
    model = LogisticRegression(max_iter=1)
    monkeypatch.setitem(module.BASELINES, "linear", module.BASELINES["linear"]._replace(make=lambda *_: model))
    objective = MLPObjective("wine")
    rows = objective.data
    with pytest.warns(ConvergenceWarning):
        model.fit(rows.x_train, rows.y_train)
    objective.baseline("linear")  # warnings are errors here
