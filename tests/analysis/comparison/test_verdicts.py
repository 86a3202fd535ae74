import dataclasses
import math

import numpy as np
import pytest
from scipy import stats

from hpsearch.analysis.comparison.verdicts import verdicts
from hpsearch.analysis.statistics.anytime import half_width
from tests.analysis.comparison.compared import compared, first_plan, noisy, turned
from tests.example_results import CASES, case

DATA = [0.4, 1.1, -0.2, 0.9, 0.6, 1.4, 0.3, 0.8, 0.1, 1.0]  # mean 0.64, s 0.4926120854


def single(differences, level="tpe", **others):
    """Runs trained once, whose differences to random, which reaches 0.5, are these; None fails."""
    tests = {"random": [[0.5]] * len(differences)}
    for name, each in {level: differences, **others}.items():
        tests[name] = [None if value is None else [0.5 + value] for value in each]
    return tests


def verdict(differences, **changes):
    return verdicts(compared(single(differences), **changes))[0]


def among(comparisons, differences=DATA, **changes):
    """The verdict of one of so many comparisons; the others are of equals."""
    others = {f"s{place}": [0.0] * len(differences) for place in range(1, comparisons)}
    return verdicts(compared(single(differences, **others), **changes))[0]


ORACLE = [
    # plan, comparisons, low, high, verdict
    (None, 1, 0.0371738, 1.2428262, "better"),
    (10, 1, 0.2663766, 1.0136234, "better"),
    (20, 1, -0.1813803, 1.4613803, "not resolved"),
    (10, 3, 0.1616135, 1.1183865, "better"),
    (10, 9, 0.0533574, 1.2266426, "better"),
    (None, 3, -0.1064130, 1.3864130, "not resolved"),
]


@pytest.mark.parametrize(("plan", "comparisons", "low", "high", "answer"), ORACLE)
@pytest.mark.parametrize("side", [1, -1])
def test_oracle_intervals(plan, comparisons, low, high, answer, side):
    found = among(comparisons, [side * each for each in DATA], plan=plan)
    expected = (low, high) if side > 0 else (-high, -low)
    assert (found.low, found.high) == pytest.approx(expected, abs=1e-7)
    assert found.effect == pytest.approx(side * 0.64)
    assert found.verdict == (answer if side > 0 or answer == "not resolved" else "worse")
    assert found.rule == ("planned" if plan == 10 else "anytime")
    assert found.level_percent == {None: 5, 10: 4, 20: 1}[plan]
    assert (found.repeats, found.repeats_planned, found.comparisons) == (10, plan, comparisons)


def test_until_resolved_turns_the_shares_around():
    early, at_limit = (verdict(DATA, plan=plan, until=True) for plan in (40, 10))
    assert (early.rule, early.level_percent, at_limit.level_percent) == ("anytime", 4, 1)
    assert early.low == pytest.approx(0.64 - half_width(10, 0.04) * 0.4926120854 / math.sqrt(10))
    interval = stats.ttest_1samp(DATA, 0).confidence_interval(0.99)
    assert (at_limit.low, at_limit.high) == pytest.approx(tuple(interval))


def test_after_the_plan_the_two_intervals_are_intersected():
    planned, later = verdict(DATA, plan=10), verdict([*DATA, 0.2, 0.9], plan=10)
    alone = verdict([*DATA, 0.2, 0.9], plan=40)
    assert (later.rule, later.level_percent) == ("planned and anytime", 5)
    assert (later.low, later.high) == (max(planned.low, alone.low), min(planned.high, alone.high))
    assert alone.low < planned.low < later.high < alone.high
    assert later.effect == alone.effect


def test_right_after_a_small_plan_the_planned_interval_stands():
    five, six = verdict(DATA[:5], plan=5), verdict(DATA[:6], plan=5)
    assert (six.low, six.high, six.rule, six.level_percent) == (five.low, five.high, "planned", 4)
    assert six.repeats == 6


def test_an_empty_intersection_leaves_the_anytime_interval_and_says_so():
    jump = [0.01, 0.02, 0.015, 0.012, 0.018, *np.tile([-1.0, -1.1], 20)]
    found, alone = verdict(jump, plan=5), verdict(jump, plan=60)
    assert verdict(jump[:5], plan=5).verdict == "better"
    assert (found.low, found.high, found.contradicted) == (alone.low, alone.high, True)
    assert (found.rule, found.level_percent, found.verdict) == ("anytime", 1, "worse")
    assert not alone.contradicted


MARGINS = [
    # margin, by margin, within margin
    (0.25, True, False),
    (0.2664, False, False),
    (1.2, False, True),
    (0.94, False, False),
    (0.95, False, True),
]


@pytest.mark.parametrize(("margin", "by_margin", "within"), MARGINS)
@pytest.mark.parametrize("comparisons", [1, 3])
def test_margins_at_the_plan(margin, by_margin, within, comparisons):
    found = among(comparisons, plan=10, margin=margin)
    assert (found.verdict, found.margin) == ("better", margin)
    assert found.by_margin == (by_margin and comparisons == 1)  # its interval is wider among three
    assert found.within_margin == within  # one-sided at 4 %, not divided: 0.64 + 1.9727 · 0.1557784 = 0.9473
    quantile = stats.t.ppf(0.96, 9) * 0.4926120854 / math.sqrt(10)
    assert (found.equal_low, found.equal_high) == pytest.approx((0.64 - quantile, 0.64 + quantile))


def test_equivalence_at_other_looks():
    values = np.tile([0.1, -0.1, 0.05, -0.05], 5)
    found = verdict(values, plan=40, margin=0.5)
    assert (found.verdict, found.by_margin, found.within_margin) == ("equivalent", False, True)
    half = half_width(20, 0.02) * np.std(values, ddof=1) / math.sqrt(20)  # one-sided 1 %
    assert found.equal_high == pytest.approx(half)
    assert verdict(values, plan=40, margin=found.equal_high).verdict == "not resolved"
    assert verdict(values, plan=40, margin=found.equal_high + 1e-9).verdict == "equivalent"


@pytest.mark.parametrize("plan", [None, 10])
def test_only_a_margin_in_the_first_plan_counts(plan):
    results = compared(single(DATA), plan=plan)
    found = verdicts(dataclasses.replace(results, settings={"report": {"margin": 5.0}}))[0]
    assert (found.margin, found.equal_low, found.within_margin, found.by_margin) == (None, None, False, False)
    assert verdict(DATA, margin=5.0).margin is None


def test_a_margin_holds_as_it_was_declared():
    trained_twice = {"random": [[0.0, 1.0]] * 10, "tpe": [[each, each + 1.0] for each in DATA]}
    assert verdicts(compared(trained_twice, plan=10, margin=0.002))[0].margin == 0.002


SIGNS = [
    # won, lost, drawn, plan, verdict
    (6, 0, 0, None, "not resolved"),
    (7, 0, 0, None, "better"),
    (7, 0, 3, None, "better"),
    (0, 7, 0, None, "worse"),
    (9, 0, 0, 20, "not resolved"),
    (10, 0, 0, 20, "better"),
    (5, 0, 0, 5, "not resolved"),  # p = 1/16
    (6, 0, 0, 6, "better"),  # p = 1/32
    (6, 0, 1, 7, "better"),
    (6, 0, 1, 6, "not resolved"),  # the planned look has five signs
    (9, 1, 0, 10, "better"),  # p = 0.0215
    (8, 2, 0, 10, "not resolved"),
    (8, 1, 0, 9, "better"),
    (0, 0, 10, 10, "not resolved"),
]


def signs(won, lost, drawn, size=0.25):
    return [0.0] * drawn + [-size] * lost + [size] * won


@pytest.mark.parametrize(("won", "lost", "drawn", "plan", "answer"), SIGNS)
def test_differences_of_one_size_are_decided_by_signs(won, lost, drawn, plan, answer):
    found = verdict(signs(won, lost, drawn), plan=plan)
    assert (found.verdict, found.rule, found.low, found.high) == (answer, "signs", None, None)
    assert (found.won, found.lost, found.drawn) == (won, lost, drawn)
    assert found.effect == pytest.approx(0.25 * (won - lost) / (won + lost + drawn))


def test_signs_are_not_undone_by_a_later_look():
    assert verdict(signs(6, 0, 0), plan=6).verdict == verdict(signs(6, 0, 2), plan=8).verdict == "better"
    assert verdict([*signs(6, 0, 0), 0.0], plan=6).verdict == "better"
    assert verdict([*signs(6, 0, 0), 0.0], plan=20).verdict == "not resolved"


def test_at_the_limit_of_a_plan_until_resolved_the_exact_p_value_counts():
    assert verdict(signs(7, 0, 0), plan=40, until=True).verdict == "better"  # E = 26.8 ≥ 25
    assert verdict(signs(7, 0, 0), plan=7, until=True).verdict == "not resolved"  # p = 1/64 > 1 %
    assert verdict(signs(8, 0, 0), plan=8, until=True).verdict == "better"


def test_signs_among_several_comparisons():
    assert among(3, [0.25] * 7).verdict == "not resolved"  # 26.8 < 60
    assert among(3, [0.25] * 9).verdict == "better"  # 95 ≥ 60
    assert among(3, [0.25] * 7, plan=7).verdict == "not resolved"  # p = 1/64 > 4 %/3
    assert among(3, [0.25] * 8, plan=8).verdict == "better"


@pytest.mark.parametrize(("margin", "n", "answer"), [(0.25, 8, "not resolved"), (0.26, 8, "equivalent")])
def test_equivalence_of_differences_of_one_size(margin, n, answer):
    half = n // 2
    assert verdict(signs(half, half, 0), plan=n, margin=margin).verdict == answer
    assert verdict(signs(3, 3, 1), plan=20, margin=margin).verdict == "not resolved"


def test_differences_by_rounding_are_none():
    results = compared({"random": [[0.1 + 0.2]] * 12, "tpe": [[0.3]] * 12})
    assert verdicts(results)[0].drawn == 12


def test_only_the_unbroken_run_of_repeats_counts():
    tests = single(DATA)
    tests["tpe"][7] = "running"
    found = verdicts(compared(tests, plan=10))[0]
    first = verdict(DATA[:7], plan=10)
    assert (found.repeats, found.effect, found.rule) == (7, first.effect, "none")
    tests["tpe"][0] = "running"
    assert verdicts(compared(tests, plan=10))[0].repeats == 0


def test_failed_runs_leave_the_mean_and_are_pairs_of_the_planned_look():
    found = verdict([*DATA[:6], None, *DATA[7:]], plan=10)
    kept = stats.ttest_1samp(DATA[:6] + DATA[7:], 0)
    assert (found.rule, found.repeats, found.won, found.lost) == ("planned", 10, 8, 2)
    assert found.effect == pytest.approx(np.mean(DATA[:6] + DATA[7:]))
    assert (found.low, found.high) == pytest.approx(tuple(kept.confidence_interval(0.96)))
    assert (found.failed_level, found.failed_level_of, found.failed_against) == (1, 10, 0)
    assert found.level_mean - found.against_mean == pytest.approx(found.effect)


FAILING = [
    # pairs in which the level alone, the reference alone, both fail; verdict on the rate
    (9, 0, 0, "not resolved"),
    (10, 0, 0, "worse"),
    (10, 0, 5, "worse"),
    (0, 10, 0, "better"),
    (10, 1, 0, "not resolved"),
]


@pytest.mark.parametrize(("level", "against", "both", "answer"), FAILING)
@pytest.mark.parametrize("plan", [None, 15])
def test_failures_are_compared_by_signs(level, against, both, answer, plan):
    random = [[0.5]] * level + [None] * (against + both)
    tpe = [None] * level + [[0.5]] * against + [None] * both
    found = verdicts(compared({"random": random, "tpe": tpe}, plan=plan))[0]
    assert (found.failures_verdict, found.verdict, found.effect) == (answer, "not resolved", None)
    assert (found.won, found.lost, found.drawn) == (against, level, both)
    assert (found.failed_level, found.failed_against) == (level + both, against + both)


def test_failed_retrainings_count_as_failures_and_not_as_values():
    tests = {"random": [[0.5, 0.5]] * 10, "tpe": [[0.6 + each / 100, None, -math.inf] for each in DATA]}
    found = verdicts(compared(tests))[0]
    assert found.effect == pytest.approx(0.1064)
    assert (found.failed_level, found.failed_level_of, found.failed_against_of) == (20, 30, 20)
    assert (found.verdict, found.failures_verdict) == ("better", "worse")


def test_the_level_of_failures_is_divided_by_the_comparisons():
    """Ten failures on one side decide at 1 %, but not at a third of it."""
    found = [[0.5 + repeat / 100] for repeat in range(10)]
    (alone,) = verdicts(compared({"random": found, "tpe": [None] * 10}))
    several = verdicts(compared({"random": found, "tpe": [None] * 10, "gp": found, "qmc": found}))
    assert (alone.failures_verdict, len(several)) == ("worse", 3)
    assert [each.failures_verdict for each in several] == ["not resolved"] * 3
    lost = verdicts(compared({"random": [[0.5]] * 3, "tpe": [[None, None]] * 3}))[0]
    assert (lost.repeats, lost.effect, lost.failed_level, lost.failed_level_of) == (3, None, 6, 6)


def test_a_diverged_retraining_hides_no_difference():
    rng = np.random.default_rng(0)
    random = [list(0.90 + 0.005 * rng.normal(size=5)) for _ in range(10)]
    random[4][2] = 0.0
    tpe = [list(0.95 + 0.005 * rng.normal(size=5)) for _ in range(10)]
    known = verdicts(compared({"random": random, "tpe": tpe}, plan=10))[0]
    random[4][2] = None
    marked = verdicts(compared({"random": random, "tpe": tpe}, plan=10))[0]
    for found in (known, marked):
        assert found.noise < 0.01
        assert (found.verdict, found.within_noise) == ("better", False)


def test_a_noisy_rival_does_not_widen_the_noise():
    rng = np.random.default_rng(1)
    random = 0.9 + 0.001 * rng.normal(size=(10, 5))
    found = [
        verdicts(compared({"random": random, "tpe": 0.95 + spread * rng.normal(size=(10, 5))}, plan=10))[0]
        for spread in (0.001, 0.01)
    ]
    assert found[0].noise == found[1].noise == pytest.approx(0.001, rel=0.3)


def test_within_the_noise_of_one_training_nothing_is_equivalent():
    random = [[0.4, 0.6]] * 10
    tpe = [[0.4 + 0.01 * each, 0.6 + 0.01 * each] for each in (1, -1, 2, -2, 3, -3, 1, -2, 1.5, -1)]
    found, declared = (verdicts(compared({"random": random, "tpe": tpe}, plan=10, margin=each))[0] for each in (0, 1))
    assert (found.verdict, found.within_noise) == ("not resolved", True)
    assert (declared.verdict, declared.within_noise) == ("equivalent", False)


def test_the_plan_counts_the_comparisons():
    results = compared(single(DATA, gp=DATA), plan=10)
    plan = first_plan({"t": ["random", "tpe", "gp", "qmc"]}, 10)
    found = verdicts(dataclasses.replace(results, first_plan=plan))
    assert [each.comparisons for each in found] == [3, 3]
    assert found[0].low == pytest.approx(0.1616135, abs=1e-7)


def test_a_level_that_was_added_later_has_the_anytime_share_alone():
    results = compared(single(DATA, gp=DATA), plan=10)
    tpe, gp = verdicts(dataclasses.replace(results, first_plan=first_plan({"t": ["random", "tpe"]}, 10)))
    assert (tpe.planned, tpe.rule, tpe.comparisons) == (True, "planned", 1)
    assert tpe.low == pytest.approx(0.2663766, abs=1e-7)
    assert (gp.planned, gp.rule, gp.comparisons, gp.level_percent) == (False, "anytime", 2, 1)
    assert gp.low == pytest.approx(verdicts(compared(single(DATA, gp=DATA), plan=20))[1].low)


def test_other_tasks_than_the_plan_has_leave_the_anytime_share():
    results = compared({task: single(DATA) for task in "ab"}, plan=10)
    assert verdicts(results)[0].rule == "planned"
    for tasks in (["a"], ["a", "b", "c"]):
        plan = {**results.first_plan, "tasks": tasks}
        found = verdicts(dataclasses.replace(results, first_plan=plan))[0]
        assert (found.planned, found.rule, found.level_percent) == (False, "anytime", 1)


def test_there_is_no_verdict_at_another_budget():
    results = compared(single([10 + each for each in DATA]), plan=10, margin=20.0)
    assert verdicts(results)[0].within_margin
    extended = dataclasses.replace(results, budget=20)
    found = verdicts(extended)[0]
    assert (found.verdict, found.at_planned_budget, found.within_margin) == ("not resolved", False, False)
    assert found.low > 0
    cut = verdicts(dataclasses.replace(extended, at_plan=results))[0]
    assert (cut.verdict, cut.at_planned_budget, cut.budget) == ("better", True, 10)


def test_needed_repeats():
    found = verdict(DATA, plan=20)
    assert (found.needed, found.planned_may_resolve) == (45, True)
    assert verdict(DATA, plan=10).needed is None  # resolved
    assert verdict(DATA[:7], plan=20).needed is None
    assert verdict(np.tile([1.0, -1.1], 10), plan=40).needed is None
    assert verdict(signs(4, 4, 0)).needed is None


@pytest.mark.parametrize("plan", [None, 10])
def test_differences_whose_squares_are_infinite_have_no_interval(plan):
    found = verdict([each * 1e200 for each in DATA], plan=plan)
    assert (found.low, found.verdict, found.rule, found.needed) == (None, "not resolved", "none", None)


def test_skewed_differences_are_named():
    tail = [0.0, 0.1, 0.05, -0.1, 0.02, -0.04, 0.07, -0.02, 0.01, 3.0]
    assert verdict(tail).skewed
    assert verdict(tail).verdict == "not resolved"
    assert not verdict(DATA).skewed
    assert not verdict([0.0] * 6 + [9.0]).skewed  # seven pairs
    assert not verdict(signs(1, 0, 9)).skewed


@pytest.mark.parametrize("direction", ["maximize", "minimize"])
@pytest.mark.parametrize("references", [None, {"a": (9.0, 1.0), "b": (9.0, 1.0)}])
def test_the_raw_effect_is_the_difference_of_the_means(direction, references):
    tasks = {task: {"random": [[1], [2], [4]], "tpe": [[2], [4], [3]]} for task in "ab"}
    [found] = verdicts(compared(tasks, direction=direction, references=references))
    assert found.raw == pytest.approx(found.level_mean - found.against_mean)
    assert abs(found.raw) == pytest.approx(2 / 3 if references is None else 1 / 12)


def test_repeats_are_won_drawn_and_lost():
    found = verdict([0.1, 0.2, 0.3, 0.0, 0.0, -0.4])
    assert (found.won, found.drawn, found.lost) == (3, 2, 1)


# Test values of tpe and random, and what is to be said of them.
DEGENERATE = {
    "one repeat": ([[0.6, 0.61]], [[0.5, 0.51]], {"repeats": 1, "rule": "signs", "verdict": "not resolved"}),
    "none": (["running"], [[0.5]], {"repeats": 0, "effect": None, "rule": "none", "verdict": "not resolved"}),
    "the same": ([[0.5, 0.6]] * 9, [[0.5, 0.6]] * 9, {"drawn": 9, "effect": 0.0, "verdict": "not resolved"}),
    "both nothing": ([None] * 7, [None] * 7, {"effect": None, "drawn": 7, "verdict": "not resolved"}),
    "now one, now the other": ([None, [0.5]], [[0.5], None], {"effect": None, "verdict": "not resolved"}),
    "infinite tests": ([[-math.inf]] * 10, [[0.5, 0.5]] * 10, {"effect": None, "failures_verdict": "worse"}),
}


@pytest.mark.parametrize("name", DEGENERATE)
@pytest.mark.parametrize("around", [lambda results: results, turned])
def test_what_has_no_interval_gets_honest_answers(name, around):
    first, second, expected = DEGENERATE[name]
    found = verdicts(around(compared({"random": second, "tpe": first})))[0]
    assert {key: getattr(found, key) for key in expected} == expected
    numbers = [value for value in dataclasses.asdict(found).values() if isinstance(value, float)]
    assert np.isfinite(numbers).all()


@pytest.mark.parametrize("name", CASES)
def test_every_case_has_verdicts_without_nan(name):
    for found in verdicts(case(name)):
        numbers = [value for value in dataclasses.asdict(found).values() if isinstance(value, float)]
        assert np.isfinite(numbers).all()


TURNED = ("verdict", "effect", "low", "high", "equal_low", "equal_high", "noise", "better", "won", "drawn")


@pytest.mark.parametrize("references", [None, {"a": (2.0, -1.0), "b": (9.0, 1.0)}])
def test_turning_the_direction_turns_the_signs_and_no_verdict(references):
    rng = np.random.default_rng(11)
    shifts = {"random": 0, "narrowing": 3, "tpe": -3, "gp": 0.1}
    tasks = {task: {name: noisy(rng, 12, shift=shift) for name, shift in shifts.items()} for task in "ab"}
    results = compared(tasks, references=references, plan=12, margin=1.0)
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
