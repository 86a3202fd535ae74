import dataclasses
import math

import numpy as np
import pytest
from scipy import stats

from hpsearch.analysis.comparison.verdicts import verdicts
from tests.analysis.comparison.compared import compared, noisy, turned
from tests.example_results import CASES, case


def verdict(first, second, **changes):
    """The verdict about `first` against `second`, which is random."""
    return verdicts(compared({"random": second, "tpe": first}, **changes))[0]


def around(values, spread=0.0):
    """A run for each value, retrained twice, `spread` away from it to both sides."""
    return [[value - spread, value + spread] for value in values]


ZERO = around([0.50, 0.52, 0.54, 0.56, 0.58, 0.60], 0.01)
# What tpe reached, repeat by repeat, more than random; a retraining's standard deviation is 0.01 √2.
ANSWERS = {
    "better": [0.030, 0.032, 0.028, 0.031, 0.029, 0.033],
    "worse": [-0.030, -0.032, -0.028, -0.031, -0.029, -0.033],
    "equivalent": [0.001, -0.002, 0.002, -0.001, 0.003, -0.003],
    "not resolved": [0.09, -0.06, 0.08, -0.05, 0.07, -0.04],
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_each_answer(answer):
    found = verdict([[value + more for value in run] for run, more in zip(ZERO, ANSWERS[answer], strict=True)], ZERO)
    assert (found.level, found.against, found.verdict) == ("tpe", "random", answer)
    assert found.effect == pytest.approx(np.mean(ANSWERS[answer]))
    assert found.margin == pytest.approx(0.01 * math.sqrt(2))
    assert found.margin_source == "retraining"
    test = stats.ttest_1samp(ANSWERS[answer], 0.0)
    assert found.p == pytest.approx(test.pvalue)
    assert (found.low, found.high) == pytest.approx(tuple(test.confidence_interval(0.95)))
    assert (found.low90, found.high90) == pytest.approx(tuple(test.confidence_interval(0.90)))
    assert (found.repeats, found.repeats_asked, found.budget, found.judged) == (6, 6, 10, "test")


def moved(more):
    return [[value + extra for value in run] for run, extra in zip(ZERO, more, strict=True)]


def test_a_difference_that_is_surely_too_small_to_matter_is_equivalent_though_resolved():
    found = verdict(moved([0.0050, 0.0051, 0.0049, 0.0050, 0.0052, 0.0048]), ZERO)
    assert found.verdict == "equivalent"
    assert found.resolved
    assert found.p < 1e-6


def test_a_difference_told_from_zero_but_not_from_the_margin_is_not_resolved():
    found = verdict(moved([0.013, 0.008, 0.016, 0.007, 0.017, 0.019]), ZERO)
    assert found.resolved
    assert found.effect < found.margin < found.high90
    assert found.verdict == "not resolved"


def test_the_margin_is_the_larger_of_the_users_and_that_of_retraining():
    more = [0.030, 0.032, 0.028, 0.031, 0.029, 0.033]
    assert verdict(moved(more), ZERO, margin=0.05).verdict == "equivalent"
    assert verdict(moved(more), ZERO, margin=0.05).margin_source == "user"
    assert verdict(moved(more), ZERO, margin=0.001).margin_source == "retraining"
    single = [[run[0]] for run in ZERO]
    alone = verdict(single, single, margin=0.05)
    assert (alone.margin, alone.margin_source) == (0.05, "user")


def single(differences):
    """A run for each value, trained once, beside runs of random that reach 0.5: their difference is the value."""
    return [[0.5 + value] for value in differences], [[0.5]] * len(differences)


PATTERN = np.array([-1.0, -1.0, 0.0, 0.0, 1.0, 1.0])  # s = √0.8, and s / √6 = 0.3651


@pytest.mark.parametrize(("margin", "answer"), [(0.0740, "equivalent"), (0.0730, "not resolved")])
def test_equivalence_takes_the_90_percent_interval(margin, answer):
    # t(0.95, 5) = 2.0150 and t(0.975, 5) = 2.5706: half the intervals are 0.0736 and 0.0939
    found = verdict(*single(0.1 * PATTERN), margin=margin)
    assert (found.low90, found.high) == pytest.approx((-0.0736, 0.0939), abs=1e-4)
    assert found.verdict == answer


@pytest.mark.parametrize("side", [1, -1])
def test_equivalence_takes_both_ends_of_the_interval(side):
    assert verdict(*single(0.01 * PATTERN + side * 0.05), margin=0.06).verdict == "equivalent"
    assert verdict(*single(0.1 * PATTERN + side * 0.05), margin=0.08).verdict == "not resolved"


def test_a_p_value_below_the_level_is_not_enough_where_it_is_one_of_two():
    tpe, random = single(0.1 * (PATTERN + 1.2))  # t = 1.2 / 0.3651 = 3.29
    alone, [_, among] = verdict(tpe, random), verdicts(compared({"random": random, "gp": random, "tpe": tpe}))
    assert alone.p == among.p == alone.p_holm == pytest.approx(2 * stats.t.sf(1.2 / math.sqrt(0.8 / 6), 5))
    assert 0.015 < alone.p < 0.03
    assert (alone.verdict, alone.resolved) == ("better", True)
    assert among.p_holm == pytest.approx(2 * alone.p)
    assert (among.verdict, among.resolved) == ("not resolved", False)


def by_the_rule(differences, margin, p_holm):
    """The verdict by two one-sided tests at 5 %, then by the corrected p value and the size of the effect."""
    above = stats.ttest_1samp(differences, -margin, alternative="greater").pvalue
    below = stats.ttest_1samp(differences, margin, alternative="less").pvalue
    if max(above, below) < 0.05:
        return "equivalent"
    if p_holm < 0.03 and abs(np.mean(differences)) >= margin:
        return "better" if np.mean(differences) > 0 else "worse"
    return "not resolved"


def test_verdicts_are_those_of_the_rule_written_down():
    rng, seen = np.random.default_rng(8), []
    for _ in range(80):
        values = {name: rng.normal(rng.uniform(-1.5, 1.5), 0.7, 7) for name in ("random", "tpe", "gp")}
        found = verdicts(compared({name: [[value] for value in held] for name, held in values.items()}, margin=0.8))
        p = [stats.ttest_rel(values[each.level], values["random"]).pvalue for each in found]
        corrected = {min(p): 2 * min(p), max(p): max(2 * min(p), max(p))}
        for each, raw in zip(found, p, strict=True):
            differences = values[each.level] - values["random"]
            assert each.verdict == by_the_rule(differences, 0.8, corrected[raw])
            assert each.resolved == (corrected[raw] < 0.03)
            seen.append(each.verdict)
    assert min(map(seen.count, ANSWERS)) > 5


def test_a_p_value_at_the_level_is_not_below_it():
    found = verdict(*single(0.1 * (PATTERN + 3)))
    resolved = [dataclasses.replace(found, p_holm=p_holm).resolved for p_holm in (0.0299, 0.03, None)]
    assert resolved == [True, False, False]


def test_an_effect_as_large_as_the_margin_counts():
    differences = np.array([0.5, 0.25, 0.75] * 3)
    for margin, answer in ((0.5, "better"), (0.5001, "not resolved")):
        assert verdict(*single(differences), margin=margin).verdict == answer


@pytest.mark.parametrize("shift", [0.02, -0.02])
def test_a_bound_at_the_margin_is_not_inside_it(shift):
    found = verdict(*single(0.1 * PATTERN + shift))
    farther = max(-found.low90, found.high90)
    assert verdict(*single(0.1 * PATTERN + shift), margin=farther).verdict == "not resolved"
    assert verdict(*single(0.1 * PATTERN + shift), margin=farther + 1e-12).verdict == "equivalent"


def test_equal_differences_at_the_margin_are_not_inside_it():
    assert verdict([[0.5]] * 7, [[0.25]] * 7, margin=0.25).verdict == "better"
    assert verdict([[0.5]] * 7, [[0.25]] * 7, margin=0.26).verdict == "equivalent"


@pytest.mark.parametrize("side", [1, -1])
def test_the_side_is_that_of_the_mean_and_of_the_signs_where_there_is_no_t_test(side):
    few_large = verdict(*single(side * np.array([1.0] * 9 + [-0.01, -0.02] * 6)))
    assert (few_large.basis, few_large.verdict) == ("t", "better" if side > 0 else "worse")
    one_infinite = [[0.5 - side]] * 12 + [[side * math.inf]]
    by_signs = verdict(one_infinite, [[0.5]] * 13)
    assert (by_signs.basis, by_signs.verdict) == ("signs", "worse" if side > 0 else "better")


@pytest.mark.parametrize("direction", ["maximize", "minimize"])
@pytest.mark.parametrize("references", [None, {"a": (9.0, 1.0), "b": (9.0, 1.0)}])
def test_the_raw_effect_is_the_difference_of_the_means(direction, references):
    tasks = {task: {"random": [[1], [2], [4]], "tpe": [[2], [4], [3]]} for task in "ab"}
    [found] = verdicts(compared(tasks, direction=direction, references=references))
    assert found.raw == pytest.approx(found.level_mean - found.against_mean)
    assert abs(found.raw) == pytest.approx(2 / 3 if references is None else 1 / 12)


@pytest.mark.parametrize("report", [3, None, {"margin": None}, {"margin": 0}, {"margin": -0.5}, {}])
def test_settings_without_a_margin_give_none(report):
    results = compared({"random": [[0.5] * 2] * 6, "tpe": [[0.6] * 2] * 6})
    [found] = verdicts(dataclasses.replace(results, settings={"report": report}))
    assert (found.margin, found.margin_source) == (None, None)


def test_repeats_are_won_drawn_and_lost():
    found = verdict(*single([0.1, 0.2, 0.3, 0.0, 0.0, -0.4]))
    assert (found.won, found.drawn, found.lost) == (3, 2, 1)


def test_without_a_margin_nothing_is_equivalent():
    found = verdict([[0.5001], [0.5199], [0.5401]], [[0.5], [0.52], [0.54]])
    assert (found.margin, found.margin_source, found.verdict) == (None, None, "not resolved")


def test_holm_is_over_all_comparisons():
    rng = np.random.default_rng(5)
    strategies = {name: noisy(rng, 8, shift=shift) for name, shift in {"random": 0, "narrowing": 1.3, "tpe": 2}.items()}
    found = verdicts(compared(strategies))
    assert [(each.level, each.against) for each in found] == [
        ("narrowing", "random"),
        ("tpe", "random"),
        ("narrowing", "tpe"),
    ]
    ordered = sorted(found, key=lambda each: each.p)
    expected = np.minimum(np.maximum.accumulate([3 * ordered[0].p, 2 * ordered[1].p, ordered[2].p]), 1)
    assert [each.p_holm for each in ordered] == pytest.approx(expected)


def test_a_comparison_that_can_not_be_made_yet_still_counts():
    found = verdicts(compared({"random": ZERO, "a": moved(ANSWERS["better"]), "b": [[0.5, 0.6]] + ["running"] * 5}))
    assert found[0].p_holm == pytest.approx(2 * found[0].p)
    assert (found[1].repeats, found[1].p, found[1].p_holm, found[1].verdict) == (1, None, None, "not resolved")


# What can't have an interval: test values of both, and what is to be said of it.
DEGENERATE = {
    "one repeat": ([[0.6, 0.61]], [[0.5, 0.51]], {"repeats": 1, "p": None, "basis": "none", "verdict": "not resolved"}),
    "none": (["running"], [[0.5]], {"repeats": 0, "effect": None, "basis": "none", "verdict": "not resolved"}),
    "equal, few": ([[0.5]] * 6, [[0.25]] * 6, {"basis": "signs", "p": 0.03125, "verdict": "not resolved"}),
    "equal, enough": ([[0.5]] * 7, [[0.25]] * 7, {"basis": "signs", "p": 0.015625, "verdict": "better", "low": None}),
    "the same, few": ([[0.5, 0.6]] * 5, [[0.5, 0.6]] * 5, {"drawn": 5, "p": 1.0, "verdict": "not resolved"}),
    "the same, enough": ([[0.5, 0.6]] * 7, [[0.5, 0.6]] * 7, {"drawn": 7, "p": 1.0, "verdict": "equivalent"}),
    "the same, no margin": ([[0.5]] * 7, [[0.5]] * 7, {"effect": 0.0, "verdict": "not resolved"}),
    "found nothing": ([None] * 7, [[0.5]] * 7, {"effect": -math.inf, "low": None, "verdict": "worse", "lost": 7}),
    "both nothing": ([None] * 7, [None] * 7, {"effect": 0.0, "drawn": 7, "verdict": "not resolved"}),
    "now one, now the other": ([None, [0.5]], [[0.5], None], {"effect": None, "p": 1.0, "verdict": "not resolved"}),
    "infinite tests": ([[-math.inf, 0.5]] * 7, [[0.5, 0.5]] * 7, {"effect": -math.inf, "verdict": "worse"}),
}


@pytest.mark.parametrize("name", DEGENERATE)
@pytest.mark.parametrize("around", [lambda results: results, turned])
def test_what_has_no_interval_gets_honest_answers(name, around):
    first, second, expected = DEGENERATE[name]
    found = verdicts(around(compared({"random": second, "tpe": first})))[0]
    assert {key: getattr(found, key) for key in expected} == expected
    numbers = [value for value in dataclasses.asdict(found).values() if isinstance(value, float)]
    assert not np.isnan(numbers).any()


@pytest.mark.parametrize("name", CASES)
def test_every_case_has_verdicts_without_nan(name):
    for found in verdicts(case(name)):
        numbers = [value for value in dataclasses.asdict(found).values() if isinstance(value, float)]
        assert not np.isnan(numbers).any()


TURNED = ("verdict", "effect", "low", "high", "low90", "high90", "p", "p_holm", "margin", "better", "won", "drawn")


@pytest.mark.parametrize("references", [None, {"a": (2.0, -1.0), "b": (9.0, 1.0)}])
def test_turning_the_direction_turns_the_signs_and_no_verdict(references):
    rng = np.random.default_rng(11)
    shifts = {"random": 0, "narrowing": 3, "tpe": -3, "gp": 0.1}
    tasks = {task: {name: noisy(rng, 12, shift=shift) for name, shift in shifts.items()} for task in "ab"}
    results = compared(tasks, references=references)
    up, down = verdicts(results), verdicts(turned(results))
    assert {"better", "worse"} < {each.verdict for each in up}
    for one, other in zip(up, down, strict=True):
        assert [getattr(one, name) for name in TURNED] == pytest.approx([getattr(other, name) for name in TURNED])
        assert one.raw == pytest.approx(-other.raw if references is None else other.raw)


def test_results_that_were_not_tested_are_judged_by_validation_values():
    results = case("no test values")
    found = verdicts(results)[0]
    values = results.runs.pivot_table(index="repeat", columns="variant", values="value")
    assert found.judged == "validation"
    assert found.effect == pytest.approx((values["narrowing"] - values["random"]).mean())


def comparisons(count, repeats, rng, **second):
    between, skewed = second.pop("between", 1.0), second.pop("skewed", False)
    for _ in range(count):
        random = noisy(rng, repeats, between=between, skewed=skewed)
        tpe = noisy(rng, repeats, between=between, skewed=skewed, **second)
        yield verdict(tpe, random)


# The long versions of these simulations are in tests/benchmarks/benchmark_verdicts.py.
@pytest.mark.parametrize(("repeats", "between"), [(5, 1.0), (10, 2.0)])
def test_random_against_random_is_seldom_better_or_worse(repeats, between):
    found = [each.verdict for each in comparisons(80, repeats, np.random.default_rng([1, repeats]), between=between)]
    told = len(found) - found.count("not resolved") - found.count("equivalent")
    assert stats.binomtest(told, len(found), 0.05, alternative="greater").pvalue > 0.001


def test_two_standard_deviations_of_retraining_are_found_at_20_repeats():
    found = [each.verdict for each in comparisons(40, 20, np.random.default_rng(2), shift=2.0)]
    assert found.count("better") >= 0.9 * len(found)


@pytest.mark.parametrize("skewed", [False, True])
def test_the_interval_covers_at_10_repeats(skewed):
    found = list(comparisons(100, 10, np.random.default_rng(3), shift=1.0, skewed=skewed))
    covered = sum(each.low <= 1.0 <= each.high for each in found)
    assert stats.binomtest(covered, len(found), 0.95, alternative="less").pvalue > 0.001
