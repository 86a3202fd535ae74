"""Standard error of a score over groups: what formulas and scikit-learn's scorers say, and how often it is right."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import r2_score, roc_auc_score

import hpsearch
from hpsearch.data import Dataset
from hpsearch.objectives.base import Outcome
from hpsearch.objectives.group_error import MOST_BLOCKS, group_error
from hpsearch.run.judged_rows import group_count, stored_errors, stored_rows

RNG = np.random.default_rng(0)


def test_of_groups_alike_in_size_it_is_that_of_their_means():
    values, groups = RNG.normal(size=(20, 5)), np.repeat(np.arange(20), 5)
    order = RNG.permutation(100)
    flat = values.ravel()[order]
    error = group_error(groups[order], lambda rows: flat[rows].mean())
    assert error == pytest.approx(values.mean(axis=1).std(ddof=1) / np.sqrt(20))


def test_many_groups_are_left_out_several_at_a_time():
    seen = []
    groups = np.repeat(np.arange(3 * MOST_BLOCKS), 2)
    values = RNG.normal(size=len(groups))

    def score(rows):
        seen.append(np.setdiff1d(np.arange(len(groups)), rows))
        return values[rows].mean()

    error = group_error(groups, score)
    assert [len(rows) for rows in seen] == [6] * MOST_BLOCKS
    assert sorted(np.concatenate(seen)) == list(range(len(groups)))
    assert error == pytest.approx(values.std() / np.sqrt(len(groups)), rel=0.4)


def test_it_is_unknown_where_a_score_is_undefined():
    assert np.isnan(group_error(np.zeros(5, int), lambda rows: 1.0))
    classes = np.array([0, 0, 0, 1])

    def score(rows):
        if len(np.unique(classes[rows])) < 2:
            raise ValueError("one class")
        return 1.0

    assert np.isnan(group_error(np.array([0, 1, 1, 2]), score))
    assert stored_errors(stored_rows([Outcome(0.5, groups=3)])) == []


def test_it_is_stored_and_read():
    outcomes = [Outcome(0.5, groups=12, error=0.04), Outcome(0.0), Outcome(0.6, groups=12, error=0.05)]
    table = json.loads(json.dumps(stored_rows(outcomes)))
    assert (group_count(table), stored_errors(table)) == (12, [0.04, 0.05])
    assert table["errors"] == [0.04, None, 0.05]
    assert stored_rows([Outcome(0.5)]) == {"rows": 0}


def table(task, rows=240, **fields):
    x = np.random.default_rng(1).normal(size=(rows, 2)).astype(np.float32)
    noisy = x[:, 0] + np.random.default_rng(2).normal(size=rows)
    y, names = (noisy > 0, ("a", "b")) if task == "classification" else (noisy, ())
    dtype = np.int64 if names else np.float32
    return Dataset("table", x, y.astype(dtype), task, ("u", "v"), names, groups=np.arange(rows) // 4, **fields)


def judged(objective):
    """Return the outcome of a training, and its model and rows."""
    trained = objective.train(dict(objective.defaults), np.random.SeedSequence(0))
    for _ in trained:
        pass
    return trained.outcome(), trained.model(), objective.data


NETWORK = {"hidden_layer_sizes": [4], "epochs": 2}
OBJECTIVES = {
    "accuracy": ("classification", None, lambda y, model, x: (model.predict(x) == y).mean()),
    "roc_auc": ("classification", "roc_auc", lambda y, model, x: roc_auc_score(y, model.predict_proba(x)[:, 1])),
    "r2": ("regression", None, lambda y, model, x: r2_score(y, model.predict(x).ravel())),
}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("metric", OBJECTIVES)
def test_an_estimator_is_judged_without_each_group(metric, weighted):
    task, name, score = OBJECTIVES[metric]
    estimator = {"estimator": "logistic_regression" if task == "classification" else "ridge"}
    weights = {"weights": np.where(np.arange(240) < 5, 2.0, 1.0)} if weighted else {}
    data = table(task, **weights)
    if name is not None:
        columns = {"target": "y", "group": "g", "metric": name} | ({"weight": "w"} if weighted else {})
        data = {"frame": frame(data), **columns}
    objective = hpsearch.EstimatorObjective(data, model=estimator)
    outcome, model, rows = judged(objective)
    assert outcome.groups == len(np.unique(rows.groups_test)) >= 10
    if weighted:
        assert outcome.error > 0
        return
    assert outcome.value == pytest.approx(score(rows.y_test, model, rows.x_test), abs=1e-6)
    without = [
        score(rows.y_test[kept], model, rows.x_test[kept])
        for kept in (rows.groups_test != group for group in np.unique(rows.groups_test))
    ]
    count = len(without)
    assert outcome.error == pytest.approx(np.sqrt((count - 1) / count * np.sum((without - np.mean(without)) ** 2)))


def frame(data):
    columns = {"u": data.x[:, 0], "v": data.x[:, 1], "g": data.groups, "y": np.array(["a", "b"])[data.y]}
    return pd.DataFrame(columns | ({} if data.weights is None else {"w": data.weights}))


@pytest.mark.parametrize("metric", [None, "roc_auc", "neg_log_loss"])
def test_a_network_is_judged_without_each_group(metric):
    data = {"frame": frame(table("classification")), "target": "y", "group": "g"}
    objective = hpsearch.MLPObjective(data | ({"metric": metric} if metric else {}), model=NETWORK, space={})
    outcome, _, rows = judged(objective)
    assert outcome.groups == len(np.unique(rows.groups_test))
    assert 0 < outcome.error < 0.2
    again = hpsearch.MLPObjective(data | {"group": None}, model=NETWORK, space={})
    assert judged(again)[0].groups is None


@pytest.mark.long
@pytest.mark.parametrize(("groups", "least"), [(10, 0.88), (20, 0.90), (50, 0.92), (200, 0.93)])
@pytest.mark.parametrize("alike", [True, False])
def test_intervals_cover_the_true_score(groups, least, alike):
    """Groups have an accuracy of their own, 0.8 ± 0.16, and about 10 rows, or from 1 to 60 of them."""
    rng, repeats, covered, naive = np.random.default_rng(groups), 2_000, 0, 0
    for _ in range(repeats):
        sizes = 1 + rng.poisson(9, groups) if alike else np.minimum(1 + rng.geometric(0.1, groups), 60)
        codes = np.repeat(np.arange(groups), sizes)
        right = rng.random(len(codes)) < rng.beta(4, 1, groups)[codes]
        error = group_error(codes, lambda rows, right=right: right[rows].mean())
        covered += abs(right.mean() - 0.8) <= stats.t.ppf(0.975, min(groups, MOST_BLOCKS) - 1) * error
        naive += abs(right.mean() - 0.8) <= 1.96 * right.std() / np.sqrt(len(codes))
    assert least <= covered / repeats <= 0.97
    assert naive / repeats < 0.8
