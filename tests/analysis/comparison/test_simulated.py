"""The copy of the rule that the benchmark simulates with says what the product says."""

import numpy as np
import pytest

from hpsearch.analysis.comparison.verdicts import verdicts
from tests.analysis.comparison.compared import compared
from tests.analysis.comparison.simulated import Plan, Sums, failures, over_rows, tell
from tests.analysis.comparison.test_scopes import with_rows
from tests.combinations import more

SHAPES = {
    "normal": lambda rng, size: rng.normal(size=size),
    "steps": lambda rng, size: np.round(rng.normal(size=size) * 1.5) / 360,
    "one size": lambda rng, size: rng.integers(0, 2, size) * 0.25,
    "ties": lambda rng, size: np.where(rng.random(size) < 0.8, 0.0, rng.normal(size=size)),
    "heavy": lambda rng, size: rng.standard_t(1.5, size),
}
PLANS = (None, 2, 5, 8, 12, 25)


def cases(seed, count):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        comparisons, repeats = int(rng.choice([1, 3, 9])), int(rng.integers(1, 26))
        shape = SHAPES[rng.choice(list(SHAPES))]
        values = shape(rng, (comparisons + 1, repeats))
        values[1:] += rng.choice([0, 0, 0.5, -2.0]) * values.std()
        failing = rng.random(values.shape) < rng.choice([0, 0, 0.1, 0.7])
        failing[0] &= rng.random() < 0.5
        planned = rng.choice(len(PLANS))
        margin = None if PLANS[planned] is None else [None, 0.3, 1.0, 4.0][rng.integers(4)]
        yield values, failing, Plan(PLANS[planned], until=bool(rng.integers(2)) and planned > 0, margin=margin)


def by_product(values, failing, plan):
    names = ["random", *(f"s{place}" for place in range(1, len(values)))]
    tests = {
        name: [None if lost else [value] for value, lost in zip(*rows, strict=True)]
        for name, *rows in zip(names, values, failing, strict=True)
    }
    return verdicts(compared(tests, plan=plan.repeats, until=plan.until, margin=plan.margin))


def nan_if_none(value):
    return np.nan if value is None else value


@pytest.mark.parametrize("seed", [0, more(1), more(2)])
def test_the_copy_agrees_with_the_product(seed):
    answers = set()
    for values, failing, plan in cases(seed, 40):
        measured = np.where(failing, np.nan, values)
        comparisons = len(values) - 1
        told = tell(Sums((measured[1:] - measured[0])[None]), plan, comparisons)
        rates = failures(failing[None, 1:], failing[None, :1], comparisons)
        for place, found in enumerate(by_product(values, failing, plan)):
            at = 0, place, -1
            bounds = [told.low[at], told.high[at], told.equal_low[at], told.equal_high[at]]
            product = [nan_if_none(each) for each in (found.low, found.high, found.equal_low, found.equal_high)]
            kept = 2 if plan.margin is None else 4
            assert product[:kept] == pytest.approx(bounds[:kept], rel=1e-6, abs=1e-9, nan_ok=True)
            side = {1: "better", -1: "worse", 0: "equivalent" if told.equivalent[at] else "not resolved"}
            assert found.verdict == side[int(told.side[at])]
            assert (found.within_margin, found.by_margin) == (told.equivalent[at], told.by_margin[at])
            assert found.failures_verdict == {1: "better", -1: "worse", 0: "not resolved"}[int(rates[at])]
            answers.add((found.verdict, found.rule))
    assert len({verdict for verdict, _ in answers}) == 4
    assert {"planned", "anytime", "planned and anytime", "signs"} <= {rule for _, rule in answers}


def drawn_rows(rng, studies, comparisons, repeats, rows):
    """Draw the right rows of levels without a difference, whose rows and repeats both vary."""
    latent = rng.normal(1.5, 0.5, (studies, comparisons + 1, repeats, rows))
    latent += rng.normal(size=(studies, comparisons + 1, 1, rows)) + 1.5 * rng.normal(size=(studies, 1, 1, rows))
    return latent + 0.2 * rng.normal(size=(studies, comparisons + 1, repeats, 1)) > 0


@pytest.mark.parametrize(("repeats", "planned"), [(6, 6), (12, 8), (12, None)])
def test_the_copy_of_the_interval_over_rows_agrees_with_the_product(repeats, planned):
    right = drawn_rows(np.random.default_rng(repeats), 1, 2, repeats, 40)
    by_row = right[:, 1:].astype(float) - right[:, :1]
    low, high = over_rows(tell(Sums(by_row.mean(axis=-1)), Plan(planned), 2), by_row)
    names = ("random", "a", "b")
    rights = {name: [each[None] for each in of_level] for name, of_level in zip(names, right[0], strict=True)}
    product = [(each.rows_low, each.rows_high) for each in verdicts(with_rows(rights, plan=planned))]
    assert np.array(product) == pytest.approx(np.stack([low[0], high[0]], axis=-1), rel=1e-9)


def test_the_interval_over_rows_covers_where_rows_and_repeats_vary():
    right = drawn_rows(np.random.default_rng(1), 600, 1, 15, 60)
    by_row = right[:, 1:].astype(float) - right[:, :1]
    told = tell(Sums(by_row.mean(axis=-1)), Plan(15), 1)
    low, high = over_rows(told, by_row)
    errors = 2 * np.sqrt(0.05 * 0.95 / 600)
    assert np.mean((low > 0) | (high < 0)) <= 0.05 + errors
    assert np.mean((told.low[..., -1] > 0) | (told.high[..., -1] < 0)) > 0.05 + errors  # repeats alone do not
