"""Measures of a training are stored with its trial, and loaded for each run's incumbent."""

import math
from collections.abc import Iterator

import pytest

from hpsearch import compare
from hpsearch.errors import UsageError
from hpsearch.objectives import MLPObjective, TableObjective
from hpsearch.objectives.base import Objective, Step, Trained
from hpsearch.objectives.measures import Curve
from hpsearch.space import distribution


class Descending(Trained):
    def __init__(self, x: float) -> None:
        self.x = x

    def __iter__(self) -> Iterator[Step]:
        yield Step(1, self.x)

    @property
    def validation(self) -> float:
        return self.x

    def measures(self):
        return {"double": 2 * self.x, "path": Curve([0, 5], [self.x, math.inf])}

    def layers(self):
        return [{"step": 0, "layer": 1, "mean": self.x}]


class Measured(Objective):
    @property
    def space(self):
        return {"x": distribution({"low": 0.0, "high": 1.0})}

    def train(self, params, seeds):
        return Descending(params["x"])


def test_measures_and_layers_of_the_incumbent_are_loaded():
    results = compare(Measured(), strategies=["random"], trials=3, repeats=2).results
    best = results.runs.set_index("repeat")["value"]
    double = results.measures.query("measure == 'double'").set_index("repeat")["value"]
    assert dict(double) == {repeat: 2 * value for repeat, value in best.items()}
    path = results.measures.query("measure == 'path' and repeat == 1")
    assert list(path["step"]) == [0, 5]
    assert path["value"].iloc[0] == best[1]
    assert math.isnan(path["value"].iloc[1])
    assert list(results.layers["mean"]) == list(best)


def test_studies_without_measures_have_empty_frames():
    results = compare(lambda trial: trial.suggest_float("x", 0, 1), strategies=["random"], trials=2, repeats=1).results
    assert len(results.measures) == len(results.layers) == 0


def test_a_family_that_records_nothing_refuses_a_record():
    with pytest.raises(UsageError, match=r"\[record\] must be empty for the family 'table'"):
        TableObjective.build({"source": "table"}, model={}, space=None, record={"loss": "step"})


def test_a_record_is_part_of_the_content_only_if_there_is_one():
    assert "record" not in MLPObjective("digits").content
