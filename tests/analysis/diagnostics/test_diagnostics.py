import dataclasses
import math
import os
import re
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hpsearch.analysis.diagnostics import DIAGNOSTICS, TaskSearch, diagnose
from hpsearch.analysis.diagnostics.narrowing import eye_range
from hpsearch.analysis.diagnostics.noise import binomial, noise, retraining, validation_rows
from hpsearch.analysis.diagnostics.optimism import _spec, optimism_gaps
from hpsearch.analysis.diagnostics.stability import boundary
from hpsearch.report.text import fill
from tests.analysis.diagnostics.chapter import run
from tests.analysis.diagnostics.planted import (
    CHAPTER,
    SPACE,
    bump,
    chapter,
    clean,
    diverging,
    drawn,
    flipped,
    of,
    planted,
    search,
)
from tests.benchmarks.simulated_search import Design, simulate
from tests.example_results import CASES, case


def found(results, key):
    return DIAGNOSTICS[key](TaskSearch(results, "t"))


@pytest.mark.parametrize("key", DIAGNOSTICS)
def test_a_planted_case_fires_and_a_clean_one_does_not(key):
    fired = found(planted(key), key)
    assert (fired.key, fired.fires) == (key, True)
    assert fired.advice
    assert not found(clean(), key).fires


@pytest.mark.parametrize("key", sorted(set(DIAGNOSTICS) - {"infeasible", "stability", "fit", "narrowing"}))
def test_less_is_better_gives_the_mirrored_answer(key):
    for results in (planted(key), clean()):
        assert found(flipped(results), key).level == found(results, key).level


@pytest.mark.parametrize("name", CASES)
def test_every_finding_of_every_case_can_be_told(name):
    for finding in diagnose(case(name)):
        assert finding.title
        assert "nan" not in finding.evidence.format_map(finding.facts).split()
        finding.advice.format_map(finding.facts)


@pytest.mark.parametrize("key", DIAGNOSTICS)
def test_every_rule_says_what_it_is_and_where_from(key):
    text = DIAGNOSTICS[key].__doc__
    assert "Rule" in text or "Judged are" in text
    assert "Source: " in text


# edges and stability


def test_the_edge_rule_asks_for_a_wider_range_at_the_right_end():
    for rate, end, old in ((1.0, "high", 1.0), (0.0, "low", 1e-4)):
        (change,) = found(of(rate=rate), "edge").changes
        assert (change.path, change.old) == (("space", "learning_rate", end), old)
        assert (change.value > old) == (end == "high")
        assert change.value / old == pytest.approx(100 if end == "high" else 0.01)


def test_adaptive_trials_don_t_count_and_labels_are_looked_up():
    params, places = drawn()
    values = bump(places, rate=1.0).tolist()
    assert found(search(values, params, strategy="tpe"), "edge").level == "unknown"
    labelled = search(values, params, strategy="baseline")
    assert found(labelled, "edge").level == "unknown"
    named = dict(labelled.settings) | {"strategies": {"baseline": {"strategy": "random"}}}
    unnamed = dict(labelled.settings) | {"strategies": {"baseline": {"strategy": None}}}
    assert found(dataclasses.replace(labelled, settings=unnamed), "edge").level == "unknown"
    assert found(dataclasses.replace(labelled, settings=named), "edge").fires


def test_beside_what_diverged_it_is_stability_and_not_the_edge():
    for share, rate in ((0.3, 0.7), (0.05, 0.97)):
        results = diverging(share, rate=rate)
        assert not found(results, "edge").fires
        finding = found(results, "stability")
        assert finding.title == "learning_rate is limited by stability"
        assert finding.changes == ()


@pytest.mark.parametrize(
    ("infeasible", "region"),
    [
        ((199, 198), (2, 2)),
        ((199, 198, 196), (4, 3)),  # one in between came through
        ((199,), None),  # one is no region
        (range(1, 200, 4), None),  # all over the range: by chance at its end, too
        ((199, 197, 150, 100, 60, 20, 0), (3, 2)),
        ((199, 197, *range(0, 190, 6)), None),
    ],
)
def test_where_divergence_begins(infeasible, region):
    """200 places in order; oracle: a binomial tail; 2 of 3 with 5 or 32 of 197 elsewhere: 0.2 and 7 %."""
    places = np.linspace(0, 1, 200)
    params = [{"learning_rate": float(10 ** (4 * place - 4)), "l1": 0.5} for place in places]
    found = boundary(TaskSearch(search([0.5] * 200, params, diverged=set(infeasible)), "t"), "learning_rate", "high")
    assert (found and (found.trials, found.bad)) == region


# noise


def test_the_number_of_validation_rows_is_what_the_study_says_or_what_the_values_show():
    assert validation_rows(TaskSearch(of(rows=123), "t")) == 123
    params, places = drawn(60)
    shares = (np.round(bump(places) * 359) / 359).tolist()
    assert validation_rows(TaskSearch(search(shares, params, rows=0.2), "t")) == 359
    assert validation_rows(TaskSearch(of(rows=0.2), "t")) is None
    assert validation_rows(TaskSearch(search(shares, params, rows=0.2, metric="r2"), "t")) is None


def test_noise_by_hand():
    held = TaskSearch(of(rows=100, test=(-0.1, 0.1)), "t")
    assert binomial(held).sd == pytest.approx(math.sqrt(held.best * (1 - held.best) / 100))
    assert retraining(held).sd == pytest.approx(math.sqrt(0.02))
    assert noise(held).sd == max(binomial(held).sd, retraining(held).sd)
    eight = search([0.8, 0.2], [{"learning_rate": 0.1, "l1": 0.1}] * 2, rows=100)
    assert binomial(TaskSearch(eight, "t")).sd == pytest.approx(0.04)


def test_confirmations_tell_the_spread_and_are_no_trials_of_the_search():
    params, places = drawn(30)
    values = bump(places).tolist()
    results = search([*values, 2.0], [*params, params[0]], confirms={30: 0}, test=())
    assert TaskSearch(results, "t").best == max(values)
    runs = results.runs.assign(confirmed=[[0.90, 0.94]])
    assert retraining(TaskSearch(dataclasses.replace(results, runs=runs), "t")).sd == pytest.approx(0.04 / math.sqrt(2))


# narrowing


def test_the_chapter_s_narrowed_range_drops_three_of_its_own_best_five():
    for report in ({"narrowed": {"weight_decay": [1e-8, 1e-6]}}, None):
        finding = found(chapter(report), "narrowing")
        assert finding.title == "Narrowing weight_decay is unsafe"
        assert (finding.facts["dropped_1"], finding.facts["of_1"]) == (3, 5)


def test_a_range_that_is_wide_enough_drops_none():
    report = {"narrowed": {"weight_decay": [1e-8, 1e-4], "learning_rate": [1e-3, 1e-2]}}
    assert found(chapter(report), "narrowing").level == "pass"


def test_the_range_by_eye_goes_out_to_decades():
    assert eye_range(pd.Series([3.86e-7, 6.04e-7]), CHAPTER["weight_decay"]) == pytest.approx((1e-7, 1e-6))


def test_a_run_that_narrowed_away_from_half_of_the_good_ones_is_told():
    params, places = drawn(60)
    values = bump(places, share=None).tolist()
    results = search(values, params, strategy="narrowing", rows=100)
    columns = {"task": "t", "variant": "narrowing", "repeat": 0, "number": 59, "parameter": "l1"}
    for (low, high), fires in (((0.4, 0.5), True), ((0.0, 0.99), False)):
        ranges = pd.DataFrame([columns | {"low": low, "high": high}])
        assert found(dataclasses.replace(results, ranges=ranges), "narrowing").fires == fires


def test_the_chapter_s_own_search_makes_the_edge_rule_fire():
    finding = found(chapter(), "edge")
    assert finding.level == "fail"
    assert finding.facts["name_1"] == "learning_rate"
    assert finding.facts["count_1"] == 5
    assert finding.changes[0].value > 0.01


@pytest.mark.mnist
@pytest.mark.long
@pytest.mark.skipif(not os.environ.get("HPSEARCH_DATA"), reason="HPSEARCH_DATA names no folder with MNIST")
@pytest.mark.parametrize(
    ("learning_rate", "weight_decay", "epochs", "fires"),
    [((1e-6, 1e-2), (1e-8, 1e-4), 50, True), ((1e-6, 1.0), (1e-8, 1e-1), 25, False)],
)
def test_the_chapter_s_network_on_mnist(learning_rate, weight_decay, epochs, fires):
    """The book's ranges and epochs, and the same search with ranges that are wide enough; half the epochs do there."""
    results = run(Path(os.environ["HPSEARCH_DATA"]), learning_rate, weight_decay, epochs=epochs)
    findings = [DIAGNOSTICS[key](TaskSearch(results, "mnist")) for key in ("edge", "narrowing")]
    assert [finding.fires for finding in findings] == [fires, fires]


# what else the rules say


@pytest.mark.parametrize(("share", "level"), [(0.15, "pass"), (0.25, "warn"), (0.55, "fail")])
def test_infeasible_trials_are_counted_and_located(share, level):
    finding = found(diverging(share, rate=0.2), "infeasible")
    assert finding.level == level
    assert (finding.facts["name"], finding.facts["side"]) == ("learning_rate", "above")
    assert finding.facts["percent"] == pytest.approx(100 * share, abs=0.5)
    assert (finding.facts["inside"], finding.facts["outside"]) == (100, 0)
    assert bool(finding.changes) == (level != "pass")


def test_best_at_the_end_asks_for_more_epochs_and_at_the_start_for_fewer():
    late, early = found(of(best_epoch=19), "epochs"), found(of(best_epoch=1), "epochs")
    assert "too short" in late.title
    assert [change.value for change in late.changes] == [40]
    assert "too long" in early.title
    assert [change.value for change in early.changes] == [4]


def test_trained_long_enough_says_why():
    """Oracles: a flat end; a last gain against 10 % of the whole rise, and against a tenth of the noise."""
    falling = found(of(best_epoch=12), "epochs")
    assert falling.level == "pass"
    assert "does not improve" in falling.evidence
    sloped = simulate(Design(noise=0.0, step=0.0, rows=10**6), np.random.default_rng(0))
    assert "of the whole rise of" in found(sloped, "epochs").evidence
    noisy = found(of(best_epoch=19, rows=200, test=(-0.03, 0.03)), "epochs")
    assert noisy.level == "pass"
    assert "less than 10 % of the noise of a value" in noisy.evidence.format_map(noisy.facts)
    flat = [simulate(Design(shape="flat", step=1.0, noise=0.0), np.random.default_rng(seed)) for seed in range(6)]
    chance = [each for each in (found(results, "epochs") for results in flat) if each.level == "pass"]
    assert any(each.facts["gain"] > 0 for each in chance)
    assert all(("may be chance" in each.evidence) == (each.facts["gain"] > 0) for each in chance)


def importance(monkeypatch, fanova, ped_anova, **options):
    """The finding on a search over a bump, with given importances of the two parameters."""
    frame = pd.DataFrame({"parameter": list(SPACE), "fANOVA": fanova, "PED-ANOVA": ped_anova, "trials": 200})
    module = import_module("hpsearch.analysis.diagnostics.unimportant")  # the package has a function of this name
    monkeypatch.setattr(module, "importances", lambda *_: frame)
    return found(of(**options), "parameters")


def test_where_importances_disagree_it_is_not_clear_what_matters(monkeypatch):
    disputed = importance(monkeypatch, [0.98, 0.02], [0.84, 0.16])
    assert (disputed.level, disputed.title) == ("unknown", "Not clear whether l1 matters")
    assert "disagree" in disputed.evidence
    seen = importance(monkeypatch, [0.98, 0.02], [0.98, 0.02])  # the regression sees an effect
    assert (seen.level, seen.title) == ("unknown", "Not clear whether l1 matters")
    assert "disagree" not in seen.evidence
    assert importance(monkeypatch, [0.6, 0.4], [0.6, 0.4]).title == "Every hyperparameter matters"
    assert importance(monkeypatch, [0.98, 0.02], [0.98, 0.02], share=None).fires


def test_a_bad_training_fit_comes_first_and_is_not_overfitting():
    bad = found(of(train=0.6, rise=0.05), "fit")
    assert "not overfitting" in bad.title
    assert "Adam" in bad.advice
    overfit = found(of(rise=0.05), "fit")
    assert "overfit" in overfit.title
    assert "early stopping" in overfit.advice
    assert overfit.changes[0].path == ("model", "early_stopping")


def test_a_low_training_score_is_unknown_without_baselines_and_a_high_one_passes():
    low, high = (
        found(simulate(Design(best=best, baseline=None), np.random.default_rng(0)), "fit") for best in (0.6, 0.95)
    )
    assert (low.level, low.title) == ("unknown", "Not clear whether the training rows are fitted")
    assert (high.level, high.title) == ("pass", "No overfitting")


def of_values(values):
    """A search of one parameter whose trials have these values, and no noise that is known."""
    results = clean()
    trials = results.trials[: len(values)].assign(value=values)
    return dataclasses.replace(results, trials=trials, runs=results.runs.iloc[:0])


@pytest.mark.parametrize("count", [1, 3, 8])
def test_a_group_of_leaders_is_found_with_or_without_gaps_between_them(count):
    rng = np.random.default_rng(count)
    rest = 0.5 + 0.01 * np.sort(rng.random(50 - count))
    for leaders in (np.full(count, 0.9), np.linspace(0.55, 0.9, count) if count > 1 else np.array([0.9])):
        finding = found(of_values(np.concatenate([rest, leaders])), "density")
        assert (finding.level, finding.facts["near"]) == ("warn", count)
        assert finding.facts["gap"] == pytest.approx(leaders.max() - rest.max())


def test_leaders_of_exponential_values_are_rarely_called_too_few():
    rng = np.random.default_rng(5)
    fired = [found(of_values(rng.exponential(size=50)), "density").level == "warn" for _ in range(100)]
    assert np.mean(fired) <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / 100)


def test_the_parts_of_optimism_have_the_digits_of_its_uncertainty():
    assert [_spec(each) for each in (0.019, 0.0038, 12.0, 0.0, np.nan)] == [".3f", ".4f", ".0f", ".2g", ".2g"]
    finding = found(simulate(Design(shift=0.1, runs=5), np.random.default_rng(0)), "optimism")
    said = re.search(r"looks 0\.(\d+) better than it is, −?0\.(\d+) of it", fill(finding.evidence, finding.facts))
    assert len(said[1]) == len(said[2])


def test_the_optimism_gap_by_hand():
    for results in (of(test=(-0.04, -0.06)), flipped(of(test=(-0.04, -0.06)))):
        gaps = optimism_gaps(results, "t")
        assert gaps["gap"].tolist() == pytest.approx([0.05])
        assert gaps["observed"].tolist() == [results.runs["observed"].iloc[0]]


def test_thresholds_of_the_study_file_hold():
    assert found(of(report={"few_trials": 201}), "density").fires
    assert not found(of(share=None, report={"unimportant": 0.0}), "parameters").fires
