"""Rows that stop a training early: of the study's own network they keep to groups and time; other libraries say so."""

import numpy as np
import pytest

import hpsearch
from hpsearch.data import Dataset, rows_without_test
from hpsearch.errors import DataError
from hpsearch.estimators import MLPClassifier
from hpsearch.objectives.final_model import _hold_out

MODEL = {"hidden_layer_sizes": [4], "epochs": 3, "early_stopping": True}
PARAMS = {"learning_rate": 0.02, "weight_decay": 1e-4}


def numbered(rows=200, **fields):
    """Return rows whose first column is their number."""
    number = np.arange(rows, dtype=np.float32)
    return Dataset("numbered", number[:, np.newaxis], np.arange(rows) % 2, "classification", ("number",), ("a", "b"),
                   **fields)  # fmt: skip


def held_out_rows(dataset, monkeypatch, *, all_rows, seed=3):
    """Return the numbers of the rows that stopped the final model, and of all that it was fitted to."""
    parts = []
    whole = MLPClassifier.fit_parts

    def fit_parts(self, X, y, sample_weight, held_out):  # noqa: N803 -- scikit-learn's name
        parts.append(held_out)
        return whole(self, X, y, sample_weight, held_out)

    monkeypatch.setattr(MLPClassifier, "fit_parts", fit_parts)
    objective = hpsearch.MLPObjective(dataset, model=MODEL, seed=seed)
    model = objective.final_model(PARAMS, all_rows=all_rows)
    rows = np.arange(len(dataset.x)) if all_rows else rows_without_test(dataset, test=0.2, seed=seed)
    assert model.about["rows"] == len(rows) == len(parts[0])
    return rows[parts[0]], rows


@pytest.mark.parametrize("all_rows", [True, False])
def test_whole_groups_stop_a_network(all_rows, monkeypatch):
    groups = np.repeat(np.arange(25), 8)
    held_out, rows = held_out_rows(numbered(groups=groups), monkeypatch, all_rows=all_rows)
    kept = np.setdiff1d(rows, held_out)
    assert not set(groups[held_out]) & set(groups[kept])
    assert len(held_out) == pytest.approx(0.1 * len(rows), abs=8)


@pytest.mark.parametrize("all_rows", [True, False])
def test_the_latest_rows_stop_a_network(all_rows, monkeypatch):
    order = np.random.default_rng(0).permutation(200).astype(float)
    held_out, rows = held_out_rows(numbered(order=order), monkeypatch, all_rows=all_rows)
    assert order[held_out].min() > order[np.setdiff1d(rows, held_out)].max()
    assert len(held_out) == round(0.1 * len(rows))


def test_the_network_is_judged_by_the_rows_that_are_held_out():
    x = np.random.default_rng(0).normal(size=(80, 2))
    y = np.where(np.arange(80) < 40, x[:, 0] > 0, x[:, 0] < 0).astype(int)  # the second half contradicts the first
    held_out = np.arange(80) >= 40
    settings = {"hidden_layer_sizes": (8,), "epochs": 60, "early_stopping": True, "patience": 60, "learning_rate": 0.1}
    fitted = MLPClassifier(**settings, random_state=0).fit_parts(x, y, None, held_out)
    assert fitted.validation_scores_[-1] < 0.3
    assert fitted.loss_curve_[-1] < 0.4


def test_groups_that_cannot_be_parted_are_refused():
    dataset = numbered(groups=np.arange(200) % 2)  # each group has one class
    hold_out = _hold_out(dataset, 0.2, 3, 0, all_rows=True)
    with pytest.raises(DataError, match="rows held out for early stopping = 20: each part needs whole groups"):
        hold_out(0.1)
    assert _hold_out(numbered(), 0.2, 3, 0, all_rows=True) is None


def notes(rows=200, model=None, space=None, **fields):
    model = {"estimator": "mlp"} | (model or {})
    return hpsearch.EstimatorObjective(numbered(rows, **fields), model=model, space=space).notes


def test_estimators_that_stop_by_rows_at_random_are_told():
    groups, order = {"groups": np.arange(200) // 4}, {"order": np.arange(200.0)}
    stopping = {"early_stopping": True}
    (note,) = notes(model=stopping, **groups)
    assert note == (
        "mlp stops early by training rows that it draws at random, without regard to [data] group: it may train too "
        "long. Validation and test keep to group. [model] early_stopping = false trains to the end"
    )
    assert "[data] time" in notes(model=stopping, **order)[0]
    assert notes(space={"early_stopping": {"choices": [False, True]}}, **groups)
    assert notes(model=stopping) == notes(**groups) == notes(space={"early_stopping": {"choices": [False]}}, **groups)


def test_histogram_gradient_boosting_stops_early_by_default_with_many_rows():
    boosting = {"estimator": "hist_gradient_boosting"}
    many = {"groups": np.arange(20_000) // 4}
    assert notes(20_000, boosting, **many)
    assert not notes(20_000, boosting | {"early_stopping": False}, **many)
    assert not notes(200, boosting, groups=np.arange(200) // 4)
