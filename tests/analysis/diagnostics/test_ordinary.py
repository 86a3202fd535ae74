"""What is ordinary is no warning: noise of seeds, ties, noisy labels, flat curves."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from hpsearch.analysis.diagnostics import DIAGNOSTICS, Gravity, TaskSearch, diagnose, gravest
from tests.analysis.diagnostics.planted import bump, clean, drawn, planted, search
from tests.benchmarks.simulated_search import Design, simulate


def found(results, key):
    return DIAGNOSTICS[key](TaskSearch(results, "t"))


def test_ordinary_noise_of_seeds_is_a_remark_and_noise_that_decides_a_warning():
    params, _ = drawn(40)
    values = np.linspace(0.1, 0.5, 40)
    values[:3] = [0.90, 0.89, 0.88]
    ordinary = found(search(values.tolist(), params, test=(-0.01, 0.0, 0.01)), "seeds")
    assert (ordinary.level, ordinary.facts["together"]) == ("pass", 3)
    assert "take the cheapest" in ordinary.evidence
    decided = found(search(values.tolist(), params, test=(-0.1, 0.0, 0.1)), "seeds")
    assert decided.title.startswith("The first ")
    assert [change.path for change in decided.changes] == [("search", "confirm")]


def test_ties_are_a_remark_until_they_are_a_quarter():
    params, _ = drawn(40)
    for tied, level in ((1, "pass"), (9, "pass"), (10, "warn")):
        values = np.linspace(0.1, 0.7, 40)
        values[:tied] = 0.8
        finding = found(search(values.tolist(), params, rows=10_000), "rows")
        assert (finding.level, finding.facts["tied"]) == (level, tied)
        assert ("any of them will do" in finding.evidence) == (tied == 9)


def baselined(results, **scores):
    """The same search with baselines of these validation scores."""
    frame = pd.DataFrame(
        [{"task": "t", "repeat": 0, "name": name, "validation": each} for name, each in scores.items()]
    )
    changed = dataclasses.replace(results)
    object.__setattr__(changed, "baselines", frame)
    return changed


def test_a_low_training_score_is_a_fault_only_where_a_baseline_does_better():
    """Noisy labels: no model gets beyond 0.76 on unseen rows, so 0.78 on the training rows is fitted."""
    params, places = drawn(60)
    noisy = search((0.7 + 0.06 * bump(places)).tolist(), params, train=0.78)
    assert found(baselined(noisy, simple=0.5, linear=0.71, forest=0.73), "fit").level == "pass"
    assert "can't be told from noisy labels" in found(noisy, "fit").evidence
    worse = found(baselined(noisy, simple=0.5, linear=0.71, forest=0.90), "fit")
    assert "not overfitting" in worse.title
    assert worse.facts["name"] == "forest"


def test_the_gap_of_the_scores_is_overfitting_whatever_the_losses_do():
    params, places = drawn(60)
    values = (0.75 + 0.06 * bump(places)).tolist()
    assert found(search(values, params, train=1.0), "fit").title == "The best trials overfit"
    assert not found(search(values, params, train=0.82), "fit").fires


def test_where_curves_are_flat_nothing_is_too_short_or_too_long():
    """Noise alone, whose best epoch is anywhere; the last epoch chose the trials."""
    alarms = 0
    for seed in range(30):
        rng = np.random.default_rng(seed)
        results = simulate(Design(trials=30, shape="flat", step=1.0, noise=0.0), rng)
        alarms += found(results, "epochs").fires
    assert alarms <= 2


def test_a_narrow_peak_stands_apart_and_a_smooth_top_does_not():
    params, places = drawn(60)
    values = 0.5 + 0.2 * places[:, 0]
    assert found(search(values.tolist(), params), "density").level == "pass"
    values[7] = 0.95
    finding = found(search(values.tolist(), params), "density")
    assert (finding.level, finding.facts["near"]) == ("warn", 1)


@pytest.mark.parametrize("parameters", [1, 5, 10])
def test_a_clean_search_of_any_number_of_parameters_has_no_warning(parameters):
    """One study each; `make benchmark-diagnostics` has the rates."""
    results = simulate(Design(parameters=parameters), np.random.default_rng(parameters))
    assert [finding.key for finding in diagnose(results) if finding.fires] == []


@pytest.mark.parametrize("key", DIAGNOSTICS)
def test_a_warning_has_a_gravity_and_nothing_else_has(key):
    assert found(planted(key), key).gravity > Gravity.NONE
    assert found(clean(), key).gravity == Gravity.NONE


def test_the_gravest_warnings_come_first():
    findings = [found(planted(key), key) for key in ("parameters", "edge", "optimism", "infeasible")]
    first = gravest([*findings, found(clean(), "edge")])
    assert [each.key for each in first] == ["optimism", "edge", "infeasible"]
    assert gravest([found(clean(), "edge")]) == []


def chosen(gap, *, spread=0.0, shift=0.0, rows=60, test_rows=60, runs=5):
    """A study of equal trials of an accuracy, with given parts of the gap by selection and by rows."""
    results = simulate(Design(rows=rows, best=0.6, runs=runs, noise=0.0), np.random.default_rng(0))
    parts = gap + spread * np.linspace(-1, 1, runs)
    retrained = results.runs["observed"].to_numpy() - parts
    changed = results.runs.assign(
        retrained_validation=[[each] for each in retrained],
        test_values=[[each - shift] for each in retrained],
        test_rows=[{"rows": test_rows}] * runs,
    )
    return dataclasses.replace(results, runs=changed)


@pytest.mark.parametrize(
    ("gap", "spread", "rows", "level"),
    [
        (0.15, 0.03, 60, "warn"),  # 5 standard errors: √(0.7 · 0.3 / 60 / 5) is 0.026
        (0.15, 0.3, 60, "unknown"),  # the runs disagree
        (0.07, 0.01, 60, "unknown"),  # less than three standard errors, and it could be a third of the error
        (0.002, 0.001, 10_000, "pass"),
    ],
)
def test_a_gap_by_selection_of_several_standard_errors_warns_and_chance_is_not_little(gap, spread, rows, level):
    finding = found(chosen(gap, spread=spread, rows=rows, test_rows=rows), "optimism")
    assert finding.level == level
    assert finding.title.startswith("Little") == (level == "pass")
    if level == "warn":
        assert "Confirm the leaders" in finding.advice
        assert "rows are easier" not in finding.advice


def test_without_runs_or_rows_to_judge_by_the_optimism_is_unknown():
    params, places = drawn(60)
    assert found(search(bump(places).tolist(), params, test=(-0.001,), rows=0.2), "optimism").level == "unknown"


@pytest.mark.parametrize(("rows", "easier"), [(60, False), (1000, True)])
def test_easier_validation_rows_are_told_from_chance(rows, easier):
    """Oracle: two standard errors √(0.25 · 2 / n) are 0.18 on 60 and 0.045 on 1000 rows."""
    results = chosen(0.0, shift=0.15, rows=rows, test_rows=rows, runs=20)
    advice = found(results, "optimism").advice
    assert ("are easier" in advice) == easier
    assert ("may be chance" in advice) != easier
    unknown = dataclasses.replace(results, runs=results.runs.drop(columns="test_rows"))
    assert "may be chance" in found(unknown, "optimism").advice


@pytest.mark.parametrize(
    ("rows", "lead", "margin", "level"),
    [
        (60, 0.01, 0.0, "unknown"),
        (60, 0.01, 0.2, "pass"),
        (60, 0.2, 0.0, "pass"),
        (60, 0.15, 0.0, "unknown"),  # two values differ by chance more than one does: by 0.18
        (5000, 0.001, 0.005, "unknown"),  # the declared margin is finer
        (20_000, 0.001, 0.0, "pass"),
    ],
)
def test_validation_rows_are_enough_only_for_differences_that_matter(rows, lead, margin, level):
    """Oracle: two standard errors √(0.25 / n) are 0.13 on 60, 0.014 on 5000, and 0.007 on 20 000 rows."""
    params, _ = drawn(40)
    values = np.linspace(0.0, 0.5 - lead, 40)
    values[0] = 0.5
    results = dataclasses.replace(search(values.tolist(), params, rows=rows), first_plan={"margin": margin})
    finding = found(results, "rows")
    assert finding.level == level
    assert finding.title.startswith("Not clear") == (level == "unknown")
    assert ("can't be seen" in finding.evidence) == (level == "unknown")
