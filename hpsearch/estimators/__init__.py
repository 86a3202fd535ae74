"""Scikit-learn estimators of the network."""

from hpsearch.estimators.classifier import MLPClassifier
from hpsearch.estimators.regressor import MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor"]
