import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from scipy.stats import chisquare

from hpsearch.objectives.tables import BENCHMARKS
from hpsearch.objectives.tables.grid import distribution, index
from hpsearch.objectives.tables.published import read

DRAWS = 2000

BY_HAND = {
    (1, 2, 3): IntDistribution(1, 3),
    (10, 20, 30): IntDistribution(10, 30, step=10),
    (0.0, 0.3, 0.6): FloatDistribution(0.0, 0.6, step=0.3),
    ("relu", "tanh"): CategoricalDistribution(["relu", "tanh"]),
    (1.0, 100.0, 10_000.0): FloatDistribution(0.1, 100_000.0, log=True),
}


def published_grids():
    return {
        (parameter, values)
        for family, benchmark in BENCHMARKS.items()
        for parameter, values in read(f"{family}/{benchmark.names[0]}").grid.items()
    }


@pytest.mark.parametrize(("values", "declared"), BY_HAND.items())
def test_a_grid_is_declared_in_its_own_units(values, declared):
    ours = distribution(values)
    assert type(ours) is type(declared)
    if isinstance(declared, CategoricalDistribution):
        assert ours == declared
    else:
        assert (ours.low, ours.high) == pytest.approx((declared.low, declared.high))
        assert (ours.log, ours.step) == (declared.log, declared.step)


def test_each_value_of_a_published_grid_stands_for_itself():
    for parameter, values in published_grids():
        declared = distribution(values)
        assert [index(value, declared, len(values)) for value in values] == list(range(len(values))), parameter


def test_each_value_of_a_published_grid_is_drawn_with_the_same_probability():
    study = optuna.create_study()
    for number, (parameter, values) in enumerate(sorted(published_grids(), key=str)):
        declared, sampler = distribution(values), optuna.samplers.RandomSampler(number)
        counts = [0] * len(values)
        for _ in range(DRAWS):
            draw = sampler.sample_independent(study, None, parameter, declared)
            counts[index(draw, declared, len(values))] += 1
        assert chisquare(counts).pvalue > 1e-4, (parameter, counts)


def test_the_ends_of_a_range_are_in_the_outer_cells():
    declared = distribution((1.0, 10.0, 100.0))
    assert index(declared.low, declared, 3) == 0
    assert index(declared.high, declared, 3) == 2
    assert [index(edge, declared, 3) for edge in (3.1, 3.2, 31.0, 32.0)] == [0, 1, 1, 2]
