"""Random search on tables agrees with exact expectations, and these with published numbers."""

from functools import cache

import numpy as np
import optuna
import pytest

from hpsearch.objectives.tables import TableObjective
from hpsearch.objectives.tables.published import read
from hpsearch.seeding import integer
from hpsearch.strategies import STRATEGIES
from tests.combinations import more
from tests.objectives.tables.exact import expected_best, seeds_of_search

TRIALS = 100
REPEATS = 25

# Trials → the expected best observed loss.
PUBLISHED = {
    "hpolib/protein_structure": {
        10: 0.298235,
        25: 0.275712,
        50: 0.262381,
        80: 0.254873,
        100: 0.251714,
        200: 0.243456,
    },
    "hpobench/credit_g": {25: 0.1013, 100: 0.0928},
    "hpobench/australian": {25: 0.0512, 100: 0.0438},
    "hpobench/vehicle": {25: 0.0404, 100: 0.0313},
}
# Expected mean of the best observed configuration after 100 random trials: worse than the observed losses above.
TRUE_AT_100 = {"hpobench/credit_g": 0.1301, "hpobench/australian": 0.0693, "hpobench/vehicle": 0.0582}


@cache
def random_searches(name, repeats):
    """Run random search; return observed and held-out losses, (repeats, trials) each, and the observable seeds."""
    objective = TableObjective(name)
    observed, judged = np.empty((2, repeats, TRIALS))
    searched = []
    for repeat in range(repeats):
        study = optuna.create_study(sampler=STRATEGIES["random"](integer(0, repeat)))
        here = objective.for_repeat(repeat)
        searched.append(seeds_of_search(here))
        for number in range(TRIALS):
            trial = study.ask()
            observed[repeat, number] = here(trial)
            judged[repeat, number] = here.test(trial.params, number, 1)[0]
            study.tell(trial, observed[repeat, number])
    return observed, judged, searched


def best_after(trials, observed, judged):
    """Return the best observed loss of each repeat, and the held-out loss of its configuration."""
    chosen = observed[:, :trials].argmin(axis=1)[:, None]
    return [np.take_along_axis(losses, chosen, axis=1)[:, 0] for losses in (observed, judged)]


def expected_after(trials, name, searched, judge=lambda losses, seeds: np.delete(losses, seeds, axis=-1)):
    """Return the expected values of both results of `best_after` for each repeat, with its observable seeds."""
    losses = read(name).losses
    of = {tuple(seeds): expected_best(losses[..., seeds], judge(losses, seeds), trials) for seeds in searched}
    return np.array([of[tuple(seeds)] for seeds in searched]).T


def distance(sample, expected):
    """Return the mean difference in standard errors."""
    return abs((sample - expected).mean()) / ((sample - expected).std(ddof=1) / len(sample) ** 0.5)


@pytest.mark.parametrize(
    ("name", "trials", "loss"), [(name, n, loss) for name, table in PUBLISHED.items() for n, loss in table.items()]
)
def test_the_calculation_agrees_with_published_numbers(name, trials, loss):
    digits = 6 if name.startswith("hpolib") else 4
    losses = read(name).losses
    assert expected_best(losses, losses, trials)[0] == pytest.approx(loss, abs=0.51 * 10**-digits)


@pytest.mark.parametrize(("name", "loss"), TRUE_AT_100.items())
def test_the_calculation_knows_how_far_the_best_observed_is_from_its_truth(name, loss):
    losses = read(name).losses
    assert expected_best(losses, losses, 100)[1] == pytest.approx(loss, abs=0.51e-4)


def test_the_calculation_by_hand():
    losses = np.array([[0.0, 0.4], [0.1, 0.1]])  # means 0.2 and 0.1
    assert expected_best(losses, losses, 1) == pytest.approx((0.15, 0.15))
    # Of two draws: 0.0 in 7 of 16, 0.1 in 8 of 16 (and 0.4 in 1 of 16).
    assert expected_best(losses, losses, 2) == pytest.approx(((0.8 + 0.4) / 16, (7 * 0.2 + 8 * 0.1 + 0.2) / 16))
    # Of two draws of the first seed alone: 0.0 in 3 of 4.
    assert expected_best(losses[:, :1], losses[:, 1:], 2) == pytest.approx((0.1 / 4, (3 * 0.4 + 0.1) / 4))


@pytest.mark.parametrize("name", [more("hpolib/protein_structure"), "hpobench/credit_g"])
def test_random_search_reaches_what_is_expected_of_it(name):
    observed, judged, searched = random_searches(name, REPEATS)
    for trials in (10, 80, 100):  # not 1: rare, huge losses dominate the mean of single draws
        expected = expected_after(trials, name, searched)
        for sample, expectation in zip(best_after(trials, observed, judged), expected, strict=True):
            assert distance(sample, expectation) < 3, (trials, sample.mean(), expectation.mean())


def test_random_search_is_judged_by_the_other_seeds_and_not_by_all():
    """Compare by repeat: here a seed determines the validation rows, which shifts all configurations."""
    name = "hpobench/credit_g"
    observed, judged, searched = random_searches(name, REPEATS)
    _, sample = best_after(TRIALS, observed, judged)
    _, by_others = expected_after(TRIALS, name, searched)
    _, by_all = expected_after(TRIALS, name, searched, judge=lambda losses, seeds: losses)
    assert ((sample - by_others) ** 2).sum() < 0.8 * ((sample - by_all) ** 2).sum()
