import dataclasses
import math

import numpy as np
import pytest
from optuna.distributions import FloatDistribution

from hpsearch.analysis.diagnostics import DIAGNOSTICS, TaskSearch
from hpsearch.analysis.diagnostics.additive import Additive
from hpsearch.analysis.diagnostics.edge_tests import crowded, exact_limits, least
from tests.analysis.diagnostics.planted import of
from tests.benchmarks.simulated_search import Design, simulate


@pytest.mark.parametrize("parameters", [1, 5, 10])
def test_counting_at_the_edges_has_at_most_its_false_alarms_under_uniform_draws(parameters):
    """At every end of every parameter together; oracle: a simulation."""
    level, count = 0.05, 20_000
    limits = exact_limits(100, 0.1, level / (2 * parameters))
    places = np.random.default_rng(0).random((count, 20, parameters))
    alarms = np.zeros(count, bool)
    for inside in (places <= 0.1, places >= 0.9):
        for of_, least_ in limits:
            alarms |= (inside[:, :of_].sum(axis=1) >= least_).any(axis=1)
    assert 0 < alarms.mean() <= level
    assert crowded(np.zeros(20, bool), limits) is None
    assert crowded(np.ones(20, bool), limits) == (5, 5)


@pytest.mark.parametrize(("of_", "share", "level"), [(5, 0.1, 0.01), (10, 0.1, 0.001), (20, 0.3, 0.05)])
def test_the_least_count_is_the_first_within_the_level(of_, share, level):
    tails = [
        sum(math.comb(of_, i) * share**i * (1 - share) ** (of_ - i) for i in range(k, of_ + 1)) for k in range(of_ + 2)
    ]
    assert least(of_, share, level) == next(k for k, tail in enumerate(tails) if tail <= level)


@pytest.mark.parametrize(("kind", "alarms"), [("none", 6), ("plateau", 8), ("inside", 6), ("edge", None)])
def test_the_regression_sees_an_edge_but_no_plateau_and_no_peak_inside(kind, alarms):
    """60 studies of 60 trials over five parameters, at a level of 5 % over all ends."""
    rng, fired = np.random.default_rng(1), 0
    space = {f"p{place}": FloatDistribution(0.0, 1.0) for place in range(5)}
    base = of(60, curves=False)
    for _ in range(60):
        places = rng.random((60, 5))
        shape = {"none": 0 * places, "plateau": np.where(places < 0.5, 0.3, 0.0), "inside": (places - 0.6) ** 2}
        drop = (places - 1) ** 2 if kind == "edge" else shape[kind]
        trials = base.trials.assign(value=-3 * drop[:, 0] + 0.1 * rng.standard_normal(60))
        trials = trials.assign(**{f"params_p{place}": places[:, place] for place in range(5)})
        task = TaskSearch(dataclasses.replace(base, trials=trials, space=space, spaces={}), "t")
        additive = Additive(task, task.independent_good)
        fired += any(additive.improves(name, end, 0.1, 0.005) for name in space for end in ("low", "high"))
    assert fired >= 40 if alarms is None else fired <= alarms


def test_edges_are_corrected_for_the_number_of_parameters():
    """Eight parameters without effect: 16 ends, of which each alone would fire in 2.5 % or more."""
    rng = np.random.default_rng(0)
    design = Design(parameters=8, idle=7, noise=20.0, score="r2", trials=60, runs=1)
    fired = sum(DIAGNOSTICS["edge"](TaskSearch(simulate(design, rng), "t")).fires for _ in range(25))
    assert fired <= 4
