"""Support vector classifier: a family that someone adds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.svm import SVC

from hpsearch.checks import number, one_of
from hpsearch.objectives.supervised import FittedModel, SupervisedObjective


@dataclass(frozen=True, kw_only=True)
class SVCSettings:
    C: float = 1.0
    kernel: str = "rbf"
    gamma: float = 0.1

    def __post_init__(self) -> None:
        one_of("kernel", self.kernel, ["linear", "rbf", "sigmoid"])
        for name in ("C", "gamma"):
            number(name, getattr(self, name), "> 0", lambda value: value > 0)


class SVCObjective(SupervisedObjective):
    family = "svc"
    settings_type = SVCSettings
    default_space = {  # noqa: RUF012 -- a constant, as in the base class
        "C": {"low": 1e-2, "high": 1e2, "log": True},
        "gamma": {"low": 1e-3, "high": 10.0, "log": True, "when": {"kernel": ["rbf", "sigmoid"]}},
    }

    def train(self, params: Mapping[str, Any], seeds: np.random.SeedSequence) -> FittedModel:
        settings = self.settings(params)
        return FittedModel(self, SVC(C=settings.C, kernel=settings.kernel, gamma=settings.gamma))
