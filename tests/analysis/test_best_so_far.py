import math

import numpy as np
import pytest

from hpsearch.analysis.best_so_far import best_so_far, coverage
from tests.example_results import make_results, make_study, of_studies


def results(*runs, direction="maximize", budget=None):
    studies = [
        make_study(f"random/{repeat}", task="t", strategy="random", repeat=repeat, values=values, direction=direction)
        for repeat, values in enumerate(runs)
    ]
    return of_studies(studies, ["random"], budget or max(map(len, runs)), direction=direction)


def test_by_hand():
    found = best_so_far(results([1.0, 3.0, 2.0], [2.0, 2.0, 5.0], [0.0, 4.0, 4.0]))
    assert found["spent"].tolist() == [1, 2, 3]
    assert found["median"].tolist() == [1.0, 3.0, 4.0]
    assert found["low"].tolist() == [0.0, 2.0, 3.0]  # of three runs, the interval reaches from the worst to the best
    assert found["high"].tolist() == [2.0, 4.0, 5.0]
    assert set(found["repeats"]) == {3}


def test_less_is_better_mirrors_it():
    runs = [[1.0, 3.0, 2.0, 0.5], [2.0, 2.0, 5.0, 0.1], [0.0, 4.0, 4.0, 9.0], [7.0, 1.0, 1.0, 8.0]]
    there = best_so_far(results(*runs))
    back = best_so_far(results(*[[-value for value in run] for run in runs], direction="minimize"))
    assert (-back["median"]).tolist() == there["median"].tolist()
    assert (-back["high"]).tolist() == pytest.approx(there["low"].tolist())
    assert (-back["low"]).tolist() == pytest.approx(there["high"].tolist())


def test_a_strategy_ends_where_its_first_run_ends():
    assert best_so_far(results([1.0, 2.0, 3.0], [1.0, 2.0]))["spent"].tolist() == [1, 2]


def test_a_run_without_a_value_yet_is_worse_than_any():
    found = best_so_far(results([None, 2.0], [1.0, 1.0]))
    assert found["low"].tolist() == [-math.inf, 1.0]
    assert found["median"].iloc[0] == -math.inf
    assert found["median"].iloc[1] == 1.5


def test_the_interval_is_that_of_resampling_whole_runs():
    rng = np.random.default_rng(3)
    values = np.maximum.accumulate(rng.normal(size=(9, 20)), axis=1)
    found = best_so_far(results(*values.tolist()))
    drawn = rng.integers(9, size=(20_000, 9))
    medians = np.median(values[drawn], axis=1)
    for column, share in (("low", 0.025), ("high", 0.975)):
        expected = np.quantile(medians, share, axis=0)
        near = np.sort(values, axis=0)
        gaps = np.diff(near, axis=0).max(axis=0)  # the bootstrap's quantiles jump from one order statistic to the next
        assert (np.abs(found[column] - expected) <= gaps + 1e-9).all()
    assert (found["low"] <= found["median"]).all()
    assert (found["median"] <= found["high"]).all()


def test_the_most_that_the_extremes_can_cover():
    assert [coverage(repeats) for repeats in (1, 2, 3, 6)] == [0.0, 0.5, 0.75, 0.96875]


def test_epochs_are_what_is_spent_where_they_are_the_budget():
    made = results([1.0, 3.0, 2.0], [2.0, 2.0, 5.0])
    made.trials["epochs"] = [1.0, 4.0, 1.0, 2.0, 2.0, 4.0]
    counted = type(made)(**{name: getattr(made, name) for name in made.__dataclass_fields__} | {"epochs_budget": 8})
    found = best_so_far(counted).set_index("spent")["median"]
    assert found.index.tolist() == [1, 2, 3, 4, 5, 6]
    assert found[1] == -math.inf  # only one of the runs has finished a trial
    assert found[2] == 1.5
    assert found[5] == 2.5
    assert found[6] == 2.5  # the third trial of the second run ends with its eighth epoch


def test_long_runs_are_thinned_and_keep_their_ends():
    found = best_so_far(results([float(value) for value in range(500)]))
    assert len(found) <= 300
    assert (found["spent"].iloc[0], found["spent"].iloc[-1]) == (1, 500)
    assert found["spent"].is_unique


def test_nothing_finished_is_no_row():
    assert best_so_far(make_results(finished=0)).empty
