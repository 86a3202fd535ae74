import dataclasses
import math
import time

import numpy as np
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import create_trial

from hpsearch.analysis.importance import EVALUATORS, MOST_TRIALS, importances
from tests.analysis.diagnostics.planted import SPACE, bump, drawn, search
from tests.example_results import CASES, case, make_study, of_studies


def test_what_matters_comes_out_by_both():
    params, places = drawn(200)
    frame = importances(search(bump(places, share=None).tolist(), params, curves=False), "t")
    assert frame["parameter"].tolist() == list(SPACE)
    for name in EVALUATORS:
        assert frame[name].sum() == pytest.approx(1)
        assert frame.loc[0, name] > 0.9


@pytest.mark.parametrize("direction", ["maximize", "minimize"])
def test_an_infinite_value_is_the_worst(direction):
    params, places = drawn(100)
    values = bump(places, share=None) * (1 if direction == "maximize" else -1)
    values[0] = -math.inf if direction == "maximize" else math.inf
    frame = importances(search(values.tolist(), params, curves=False, direction=direction, test=()), "t")
    assert frame.loc[0, "fANOVA"] > 0.9


def test_choices_that_are_none_and_whole_numbers():
    space = {
        "schedule": CategoricalDistribution([None, "cosine", True]),
        "units": IntDistribution(1, 64, log=True),
        "rate": FloatDistribution(0.0, 1.0),
    }
    rng = np.random.default_rng(0)
    study = make_study("a0", task="t", strategy="random", repeat=0, values=[])
    for _ in range(120):
        schedule = [None, "cosine", True][rng.integers(3)]
        params = {"schedule": schedule, "units": int(rng.integers(1, 65)), "rate": float(rng.random())}
        value = {None: 0.0, "cosine": 1.0, True: 0.4}[schedule] + 0.01 * rng.random()
        study.add_trial(create_trial(value=value, params=params, distributions=space))
    frame = importances(of_studies([study], ("random",), 120, space=space), "t")
    assert frame["fANOVA"].tolist() == pytest.approx([1, 0, 0], abs=0.05)
    assert frame["PED-ANOVA"].sum() == pytest.approx(1)


@pytest.mark.parametrize("name", CASES)
def test_every_case_has_an_answer(name):
    results = case(name)
    for task in results.runs["task"].unique():
        frame = importances(results, task)
        for evaluator in EVALUATORS:
            assert frame[evaluator].isna().all() or frame[evaluator].sum() == pytest.approx(1)


def test_confirmations_are_left_out_and_many_trials_are_sampled_alike():
    params, places = drawn(MOST_TRIALS + 200)
    results = search(bump(places).tolist(), params, curves=False)
    began = time.process_time()
    frame = importances(results, "t")
    assert time.process_time() - began < 6
    assert frame["trials"].unique().tolist() == [MOST_TRIALS]
    assert frame.equals(importances(dataclasses.replace(results), "t"))
    few = dataclasses.replace(results, trials=results.trials.assign(confirms=0.0))
    assert importances(few, "t").empty
