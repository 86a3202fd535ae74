"""Scikit-learn's estimator checks."""

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import estimator_checks_generator

from hpsearch import Float, SearchCV

QUICK = {"check_estimator_cloneable", "check_no_attributes_set_in_init", "check_estimators_unfitted"}


def checks():
    search = SearchCV(LogisticRegression(), {"C": Float(1e-3, 1e3, log=True)}, trials=3)
    for estimator, check in estimator_checks_generator(search):
        name = check.func.__name__
        yield pytest.param(estimator, check, id=name, marks=() if name in QUICK else pytest.mark.long)


@pytest.mark.filterwarnings("default")  # of fits that fail, which these checks want
@pytest.mark.parametrize(("estimator", "check"), list(checks()))
def test_scikit_learns_checks(estimator, check):
    check(estimator)
