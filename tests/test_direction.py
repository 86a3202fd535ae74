"""A plain function without a direction is minimized, with a warning that asks for one."""

import warnings
from functools import partial

import pytest

import hpsearch


def bowl(trial):
    return trial.suggest_float("x", -5, 5) ** 2


@pytest.mark.parametrize("call", [hpsearch.search, partial(hpsearch.compare, repeats=1)])
def test_a_function_without_direction_is_asked_for_one(call):
    with pytest.warns(UserWarning, match="direction is not given, so the function is minimized: write dir") as raised:
        call(bowl, trials=1)
    (warning,) = raised
    assert "\n" not in str(warning.message)
    assert warning.filename == __file__


@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_with_a_direction_nothing_is_said(direction):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        hpsearch.search(bowl, trials=1, direction=direction)


def test_an_objective_has_its_own(monkeypatch):
    monkeypatch.setattr("hpsearch.execution.site.is_isolated", lambda *_: False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        hpsearch.search(hpsearch.MLPObjective("iris", model={"epochs": 1}), trials=1)
