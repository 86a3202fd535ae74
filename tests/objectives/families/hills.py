"""Mathematical function with noise: a family whose tasks have no data."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution, FloatDistribution

from hpsearch.errors import UsageError
from hpsearch.objectives.base import Objective, Step, Trained


class HillsObjective(Objective):
    family = "hills"
    accepts_changes = True

    def __init__(self, data, *, model, space, seed=0, repeat=0, data_dir=None, folder=None):
        if data or space or not model.keys() <= {"noise"}:
            raise UsageError(f"[model] has the key noise only, got {dict(model)!r}")
        self.noise, self.seed, self.repeat = float(model.get("noise", 0.1)), seed, repeat

    @property
    def task(self) -> str:
        return "hills"

    @property
    def space(self) -> Mapping[str, BaseDistribution]:
        return {"x": FloatDistribution(-1.0, 1.0)}

    @property
    def content(self) -> Mapping[str, Any]:
        return {"data": {}, "model": {"noise": self.noise}, "space": {}}

    def for_repeat(self, repeat: int) -> "HillsObjective":
        return HillsObjective({}, model={"noise": self.noise}, space=None, seed=self.seed, repeat=repeat)

    def train(self, params: Mapping[str, Any], seeds: tuple[int, int]) -> Trained:
        noise = np.random.default_rng([self.seed, self.repeat, *seeds]).normal(0, self.noise)
        return Height(params["x"] ** 2 + noise)


class Height(Trained):
    def __init__(self, height: float) -> None:
        self.validation = height

    validation = 0.0

    def __iter__(self) -> Iterator[Step]:
        yield Step(1, self.validation)
