"""Small models of each estimator that a file can hold."""

import warnings

import numpy as np
import pandas as pd
import pytest

from hpsearch.data.columns import Column, Columns
from hpsearch.data.preparation import Preparation
from hpsearch.estimators.saved import FORMS
from hpsearch.estimators.saved.form import class_at
from hpsearch.estimators.tabular import TabularModel

COLUMNS = Columns((Column("size"), Column("age"), Column("colour", "text", ("blue", "red"))), "kind")
FEW = {"n_estimators": 3, "max_iter": 5, "random_state": 0, "verbosity": -1, "hidden_layer_sizes": (4,)}
"""Settings that make an estimator small, for those that have them."""


def rows(count=60):
    rng = np.random.default_rng(0)
    colours = np.array(["red", "blue"])[rng.integers(2, size=count)]
    return pd.DataFrame({"size": rng.normal(size=count), "age": rng.normal(size=count), "colour": colours})


def is_classifier(path):
    return path.endswith(("Classifier", "NB", "SVC", "LogisticRegression"))


def kind_of(path):
    """Return the class at a path; the test is skipped without its library."""
    pytest.importorskip(path.partition(":")[0].partition(".")[0])
    return class_at(path)


def model_of(path, classes=3, **settings):
    """Return a fitted model of the class at a path of `FORMS`."""
    kind = kind_of(path)
    taken = kind().get_params(deep=False)
    few = {name: value for name, value in FEW.items() if name in taken} | settings
    few |= {"verbosity": 0} if path.startswith("xgboost") else {}
    table = rows()
    x = Preparation.plain(COLUMNS).apply(COLUMNS.encode(table, "").x)
    target = table["size"] - table["age"] + (table["colour"] == "red")
    y = target.rank().to_numpy(dtype=int) * classes // (len(table) + 1) if is_classifier(path) else target.to_numpy()
    names = tuple("abcdef"[:classes]) if is_classifier(path) else ()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator = kind(**few).fit(x, y)
    width = x.shape[1]
    return TabularModel(estimator, COLUMNS, np.zeros(width), np.ones(width), names, about={"rows": len(x)})


PATHS = tuple(FORMS)
