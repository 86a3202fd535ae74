"""Classes of one's own, as studies may name them."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin


class Nearest(ClassifierMixin, BaseEstimator):
    """Class of the nearest mean; `power` of the distance, `estimator` and `names` without effect."""

    def __init__(self, power=2.0, estimator=None, names=[], random_state=None):  # noqa: B006 -- as people write it
        self.power, self.estimator, self.names, self.random_state = power, estimator, names, random_state

    def fit(self, x, y):
        self.classes_ = np.unique(y)
        self.means_ = np.array([x[y == each].mean(axis=0) for each in self.classes_])
        return self

    def predict(self, x):
        distances = (np.abs(x[:, np.newaxis] - self.means_) ** self.power).sum(axis=2)
        return self.classes_[distances.argmin(axis=1)]


class Mean(RegressorMixin, BaseEstimator):
    def fit(self, x, y):
        self.mean_ = y.mean()
        return self

    def predict(self, x):
        return np.full(len(x), self.mean_)


class WithoutPredict(BaseEstimator):
    def fit(self, x, y):
        return self


class WithoutDefault(Nearest):
    def __init__(self, power):
        self.power = power


def function():
    """Not a class."""
