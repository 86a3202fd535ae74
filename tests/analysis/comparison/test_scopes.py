"""Intervals over test rows and over tasks."""

import math

import numpy as np
import pytest
from scipy import stats

from hpsearch.analysis.comparison.scopes import row_error, row_values, widened
from hpsearch.analysis.comparison.verdicts import verdicts
from hpsearch.objectives.base import Outcome
from hpsearch.run.judged_rows import stored_rows
from tests.analysis.comparison.compared import compared

# differences of four repeats on six rows
ROWS = np.array([(0, 1, 0, 0, 0, 0), (0, 1, -1, 0, 0, 0), (1, 1, 0, 0, 0, -1), (0, 0, 0, 1, 0, 0)])


def with_rows(rights, **changes):
    """Results whose test values are the shares of right rows: {strategy: one array (retrainings, rows) a repeat}."""
    tests = {name: [list(each.mean(axis=1)) for each in repeats] for name, repeats in rights.items()}
    results = compared(tests, **changes)
    tables = [
        stored_rows(Outcome(0.0, right=rows.astype(bool)) for rows in each)
        for repeats in rights.values()
        for each in repeats
    ]
    results.runs["test_rows"] = tables
    return results


def test_the_error_over_rows_by_hand():
    assert row_error(ROWS.mean(axis=0)) == pytest.approx(0.1547848, abs=1e-7)
    half = stats.t.isf(0.025, 3) * np.std(ROWS.mean(axis=1), ddof=1) / 2
    low, high = widened(0.125, (0.125 - half, 0.125 + half), stats.norm.isf(0.025) * 0.1547848)
    assert (0.125 - low, high - 0.125) == pytest.approx((0.3310864, 0.3310864), abs=1e-6)


@pytest.mark.parametrize("plan", [4, None])
def test_the_interval_over_repeats_and_rows(plan):
    rows = np.vstack([ROWS[:3], [1, 0, 1, 1, 0, 0]])
    rights = {"random": [(each < 0)[None] for each in rows], "tpe": [(each > 0)[None] for each in rows]}
    found = verdicts(with_rows(rights, plan=plan))[0]
    assert found.effect == pytest.approx(rows.mean())
    if plan is None:
        assert (found.low, found.rows_low, found.rows_high) == (None, None, None)
        return
    extra = stats.t.isf(0.025, 5) * np.std(rows.mean(axis=0), ddof=1) / math.sqrt(6)
    assert found.rows_low == pytest.approx(found.effect - math.hypot(found.effect - found.low, extra))
    assert found.rows_high == pytest.approx(found.effect + math.hypot(found.high - found.effect, extra))


def test_rows_that_are_missing_somewhere_give_no_interval():
    rng = np.random.default_rng(0)
    rights = {name: list(rng.random((4, 2, 50)) < 0.8) for name in ("random", "tpe")}
    assert verdicts(with_rows(rights, plan=4))[0].rows_low is not None
    results = with_rows(rights, plan=4)
    results.runs.at[5, "test_rows"] = {}
    assert verdicts(results)[0].rows_low is None


def test_right_rows_are_averaged_over_retrainings():
    right = np.array([[True, True, False], [True, False, False]])
    run = {"test_rows": stored_rows(Outcome(0.0, right=rows) for rows in right), "test_values": [2 / 3, 1 / 3]}
    np.testing.assert_allclose(row_values(run), [1.0, 0.5, 0.0])
    assert row_values(run | {"test_values": [2 / 3]}) is None


def test_an_error_rate_counts_the_wrong_rows():
    right = np.array([[True, True, True, False]])
    run = {"test_rows": stored_rows([Outcome(0.0, right=right[0])]), "test_values": [0.25]}
    np.testing.assert_allclose(row_values(run), [0.0, 0.0, 0.0, 1.0])
    assert row_values(run | {"test_values": [0.4]}) is None


def test_residuals_are_shares_of_r_squared():
    rng = np.random.default_rng(1)
    y = rng.normal(3.0, 2.0, 40)
    predictions = y + rng.normal(0, 0.5, (3, 40))
    values = [1 - np.sum((y - each) ** 2) / np.sum((y - y.mean()) ** 2) for each in predictions]
    run = {"test_rows": stored_rows(Outcome(0.0, residuals=y - each) for each in predictions), "test_values": values}
    rows = row_values(run)
    assert rows.mean() == pytest.approx(np.mean(values))
    np.testing.assert_allclose(rows, 1 - np.mean((y - predictions) ** 2, axis=0) / np.var(y), rtol=1e-5)
    assert row_values(run | {"test_values": [0.1, 0.2, 0.3]}) is None


def of_tasks(rng, tasks, repeats=6, **changes):
    names = "abcdefgh"[:tasks]
    tests = {
        task: {"random": rng.normal(size=(repeats, 1)), "tpe": rng.normal(place, 1, (repeats, 1))}
        for place, task in enumerate(names)
    }
    results = compared(tests, **changes)
    means = [np.mean(tests[task]["tpe"] - tests[task]["random"]) for task in names]
    return verdicts(results)[0], means


def test_tasks_as_blocks_at_the_planned_look():
    found, means = of_tasks(np.random.default_rng(2), 6, plan=6)
    interval = stats.ttest_1samp(means, 0).confidence_interval(0.95)
    assert (found.tasks_low, found.tasks_high) == pytest.approx(tuple(interval))


def test_tasks_as_blocks_at_other_looks_are_wider():
    found, means = of_tasks(np.random.default_rng(3), 5, repeats=12, plan=20)
    half = stats.t.isf(0.025, 4) * np.std(means, ddof=1) / math.sqrt(5)
    assert found.tasks_high - found.effect == pytest.approx(math.hypot(half, found.high - found.effect))
    assert of_tasks(np.random.default_rng(3), 5, repeats=7, plan=20)[0].tasks_low is None


def test_tasks_as_blocks_on_the_scale_of_the_effect():
    references = dict.fromkeys("abcde", (0.0, 4.0))
    plain, _ = of_tasks(np.random.default_rng(4), 5, plan=6)
    scaled, _ = of_tasks(np.random.default_rng(4), 5, plan=6, references=references, direction="minimize")
    assert scaled.scale == "regret"
    assert (scaled.tasks_low, scaled.tasks_high) == pytest.approx((-plain.tasks_high / 4, -plain.tasks_low / 4))


def test_four_tasks_are_too_few():
    found, _ = of_tasks(np.random.default_rng(5), 4, plan=6)
    assert (found.tasks_low, found.tasks_high) == (None, None)
