import dataclasses
import math
import re
from functools import cache

import numpy as np
import pytest

from hpsearch.analysis.comparison.verdicts import verdicts
from hpsearch.report.figures import picture
from hpsearch.report.sections import SECTIONS
from hpsearch.report.text import NOTHING
from tests.analysis.comparison.compared import compared, noisy
from tests.example_results import NASTY, make_results
from tests.report.built import applicable, sections_of

OURS = ("verdict", "variants", "paired", "expected_best", "ecdf", "ranks", "profiles")
DRAWN = ("paired", "expected_best", "ecdf", "ranks")


def first_sentence(first, second, **changes):
    return SECTIONS["verdict"](compared({"random": second, "tpe": first}, **changes)).paragraphs(str)[0]


ZERO = [[value - 0.01, value + 0.01] for value in (0.50, 0.52, 0.54, 0.56, 0.58, 0.60)]


def moved(more):
    return [[value + extra for value in run] for run, extra in zip(ZERO, more, strict=True)]


# Differences of tpe to random by repeat, and the start and other parts of the verdict's sentence.
SENTENCES = {
    (0.030, 0.032, 0.028, 0.031, 0.029, 0.033): (
        "tpe is better than random by at least the margin, 0.01: the effect on the test accuracy is 0.0305 ",
        "(interval 0.028",
        " over 6 paired repeats of 10 trials.",
    ),
    (-0.030, -0.032, -0.028, -0.031, -0.029, -0.033): ("tpe is worse than random by at least", "is −0.0305"),
    (0.001, -0.002, 0.002, -0.001, 0.003, -0.003): ("tpe and random are equivalent: ", "within the margin"),
    (0.0050, 0.0051, 0.0049, 0.0050, 0.0052, 0.0048): ("tpe is better than random, but by less than the margin",),
    (0.09, -0.06, 0.08, -0.05, 0.07, -0.04): ("Whether tpe is better than random is not resolved: ",),
    (0.0,) * 6: ("Whether", "the test accuracy is the same in all 6 paired repeats"),
    (0.03,) * 6: ("tpe is better than random: by test accuracy tpe is better in 6 and worse in 0 of 6",),
}


@pytest.mark.parametrize("more", SENTENCES)
def test_a_verdict_says_what_it_rests_on(more):
    sentence = first_sentence(moved(more), ZERO, plan=6, margin=0.01)
    first, *others = SENTENCES[more]
    assert sentence.startswith(first)
    assert all(part in sentence for part in others)


def test_what_can_not_be_told_is_said_without_numbers_that_are_none():
    assert "better in 1 and worse in 0 of 1 paired repeat of 10 trials." in first_sentence([[0.6]], [[0.5]])
    assert "over 2 paired repeats of 10 trials, too few for an interval" in first_sentence([[0.6], [0.7]], [[0.5]] * 2)
    assert "no repeat yet in which both" in first_sentence(["running"], [[0.5]])
    nothing = first_sentence([None] * 10, [[0.5]] * 10)
    assert "in none of 10 paired repeats of 10 trials did both have a finite value" in nothing
    assert "10 of 10 trainings of tpe and 0 of 10 of random failed; the means leave them out." in nothing
    assert "tpe fails more often (sign test at 1 %)" in nothing


def test_remarks_of_a_verdict():
    data = [[0.5 + each] for each in (0.4, 1.1, -0.2, 0.9, 0.6, 1.4, 0.3, 0.8, 0.1, 1.0)]
    assert "The planned 20 repeats will probably resolve it." in first_sentence(data, [[0.5]] * 10, plan=20)
    assert "About 57 repeats would probably resolve it." in first_sentence(data, [[0.6]] * 10)
    tail = [[0.5 + each] for each in (0.0, 0.1, 0.05, -0.1, 0.02, -0.04, 0.07, -0.02, 0.01, 3.0)]
    assert "The differences are skewed" in first_sentence(tail, [[0.5]] * 10)
    results = compared({"random": [[0.5]] * 10, "tpe": data}, plan=10, budget=20)
    assert "no verdict, because the plan has another number of trials" in text("verdict", results)
    plan = results.first_plan | {"factors": {"strategy": ["random"]}}
    unplanned = dataclasses.replace(results, first_plan=plan)
    assert "This comparison is not in the plan." in text("verdict", unplanned)


def test_the_plan_is_said_to_be_stored_only_where_it_is():
    values = {"random": [[0.5]] * 3, "tpe": [[0.6]] * 3}
    planned = text("verdict", compared(values, plan=3))
    assert "The plan of 3 repeats was stored before the first trial." in planned
    assert (
        "In at most 4 of 100 studies is one or more of the intervals of the effects wrong at this number of repeats; "
        "looks at any other number add at most 1."
    ) in planned
    swapped = text("verdict", compared(values, plan=3, until=True))
    assert "In at most 1 of 100 studies" in swapped
    assert "looks at any other number add at most 4." in swapped
    assert "No plan was stored before the first trial" in text("verdict", compared(values))


def test_the_interval_for_equivalence_is_said_to_be_of_its_comparison_alone():
    values = {"random": [[0.5], [0.6], [0.7]], "tpe": [[0.52], [0.6], [0.71]]}
    alone = (
        "An interval for equivalence is for its comparison alone: a verdict of equivalent is wrong in at most 4 of 100 "
        "studies, with looks at any other number in at most 5."
    )
    assert alone in text("verdict", compared(values, plan=3, margin=0.1))
    assert "interval for equivalence" not in text("verdict", compared(values, plan=3))


def test_the_interval_for_equivalence_is_drawn_thick_where_a_margin_was_declared():
    values = {"random": [[0.5, 0.51], [0.6, 0.6], [0.7, 0.71]], "tpe": [[0.52], [0.6], [0.71]]}
    for margin in (0.1, None):
        results = compared(values, plan=3, margin=margin)
        section = SECTIONS["paired"](results)
        (one,) = verdicts(results)
        ends = [tuple(line.get_xdata()) for line in section.drawing.figure.axes[0].lines if line.get_linewidth() > 3]
        assert ends == ([] if margin is None else [(one.equal_low, one.equal_high)])
        caption = " ".join(section.paragraphs(str))
        assert ("A thick bar is the interval for equivalence" in caption) == (margin is not None)
        assert ("A grey box is not a margin but the noise of one training." in caption) == (margin is None)


def text(key, results):
    return " ".join(SECTIONS[key](results).paragraphs(str))


def test_the_reader_is_told_what_the_verdicts_are_about():
    assert "Nothing was tested" in text("verdict", make_results(tested=False))
    assert "Random search is not in the study" in text("verdict", make_results(strategies=("gp", "tpe")))
    assert "no margin" in text("verdict", make_results(tested=False)).lower()
    assert "Nothing here speaks for other tasks." in text("verdict", make_results(tasks=("a", "b")))
    tasks = {task: {"random": [[1, 2], [2, 3]], "tpe": [[2, 2], [5, 3]]} for task in "ab"}
    regret = text("verdict", compared(tasks, references={"a": (9, 1), "b": (9, 1)}))
    assert "normalised test regret over 2 tasks" in regret


def test_the_table_of_verdicts_shows_every_comparison():
    results = make_results(repeats=5)
    (table,) = SECTIONS["verdict"](results).tables
    rows = table.rows()
    assert [row[0] for row in rows] == ["narrowing against random", "tpe against random", "narrowing against tpe"]
    assert [row[1] for row in rows] == [each.verdict for each in verdicts(results)]
    assert all(cell and "nan" not in cell and "None" not in cell for row in rows for cell in row)


def test_the_leader_has_the_best_test_value_in_either_direction():
    for direction, best in (("maximize", max), ("minimize", min)):
        section = SECTIONS["variants"](make_results(direction=direction))
        assert section.facts["best"] == best(section.tables[0].frame["test"])


def test_a_table_a_task_and_one_over_all():
    results = make_results(tasks=("a", NASTY), repeats=2)
    section = SECTIONS["variants"](results)
    assert [len(table.frame) for table in section.tables] == [3, 3, 3]
    assert section.tables[0].frame["tasks"].tolist() == [2, 2, 2]
    assert [table.frame["task"].unique().tolist() for table in section.tables[1:]] == [["a"], [NASTY]]


def test_columns_come_with_what_they_show():
    headings = [column.heading for column in SECTIONS["variants"](make_results()).tables[0].columns]
    assert "P(better than random)" in headings
    assert not {"Normalised regret", "Confirmed validation accuracy"} & set(headings)
    results = compared({"random": [[0.5], [0.7]], "tpe": [[0.6], [0.6]]}, references={"t": (1.0, 0.2)})
    results.runs["confirmed"] = [[0.5, 0.6]] * 4
    headings = [column.heading for column in SECTIONS["variants"](results).tables[0].columns]
    assert {"Normalised regret", "Confirmed validation accuracy"} <= set(headings)


@cache
def sections_of_strategies(count):
    names = ("random", "narrowing", "tpe", "cmaes", "gp", "qmc", "grid", "tpe-univariate")[:count]
    return applicable(make_results(strategies=names, repeats=2, trials=5, curves=False))


@pytest.mark.parametrize("count", [1, 3, 8])
@pytest.mark.parametrize("key", OURS)
def test_with_one_three_and_eight_strategies(key, count):
    section = sections_of_strategies(count).get(key)
    assert (section is None) == (key == "profiles" or (count == 1 and key not in ("variants", "expected_best")))
    if section is None:
        return
    assert (section.drawing is not None) == (key == "expected_best" or (key in DRAWN and count > 1))
    assert section.drawing or section.tables or len(section.paragraphs(str)) == 1


@pytest.mark.parametrize("key", OURS)
@pytest.mark.parametrize("name", ["usual", "names of markup", "two tasks", "all diverged, infinite"])
def test_figures_have_their_data(key, name):
    section = sections_of(name).get(key)
    if section is None:
        return
    assert all(len(frame) for frame in section.data.values())
    if section.drawing is None:
        assert section.tables or len(section.paragraphs(str)) == 1
    else:
        assert section.alt(str).endswith(".")


@pytest.mark.parametrize("key", DRAWN)
def test_the_same_results_give_the_same_figure(key):
    results = make_results(strategies=("random", NASTY), repeats=2, trials=6)
    one, other = (picture(SECTIONS[key](results).drawing.figure) for _ in range(2))
    assert one == other


def test_many_tasks_have_a_critical_difference_and_profiles():
    tasks = tuple("abcdefgh")
    results = make_results(tasks=tasks, repeats=2, trials=6, curves=False)
    ranks, profiles = SECTIONS["ranks"](results), SECTIONS["profiles"](results)
    assert "Friedman" in " ".join(ranks.paragraphs(str))
    assert "Benavoli" in " ".join(ranks.paragraphs(str))
    assert ranks.facts["tasks"] == 8
    assert {picture(section.drawing.figure).png[:4] for section in (ranks, profiles)} == {b"\x89PNG"}
    few = SECTIONS["ranks"](make_results(tasks=tasks[:7], repeats=1, trials=4))
    assert "Critical differences need at least 8 tasks" in " ".join(few.paragraphs(str))
    assert SECTIONS["profiles"].obstacle(make_results(tasks=tasks[:2], repeats=1, trials=4)) == "it needs 3 tasks"


def test_paired_differences_are_those_of_the_verdicts():
    rng = np.random.default_rng(4)
    results = compared({name: noisy(rng, 6) for name in ("random", "narrowing", "tpe")})
    data = SECTIONS["paired"](results).data["paired"]
    means = data.groupby(["level", "against"])["difference"].mean()
    for each in verdicts(results):
        assert means[each.level, each.against] == pytest.approx(each.effect)


def test_repeats_won_are_those_in_which_the_first_strategy_did_better():
    tpe, gp = [[0.6], [0.7], [0.8], [0.5], [0.4], [0.5]], [[0.6], [0.4], [0.4], [0.4], [0.4], [0.4]]
    section = SECTIONS["paired"](compared({"random": [[0.5]] * 6, "tpe": tpe, "gp": gp}))
    assert "Repeats won: tpe against random 3 of 6 (2 drawn) and gp 1 of 6." in section.paragraphs(str)
    assert section.alt(str) == "Mean advantage in test accuracy: 0.0833 for tpe against random and −0.0667 for gp."


def test_a_verdict_by_signs_says_how_often_it_did_better_and_worse():
    sentence = first_sentence([[0.4], [0.6], [0.6], [0.5]], [[0.5]] * 4)
    assert "tpe is better in 2 and worse in 1 of 4 paired repeats" in sentence


def test_a_repeat_without_any_finite_value_is_drawn_at_the_edge():
    results = compared({"random": [[0.5]] * 4, "tpe": [[0.6], None, [0.7], [0.4]]})
    section = SECTIONS["paired"](results)
    assert math.isinf(section.data["paired"]["difference"].min())
    assert picture(section.drawing.figure).svg
    assert section.tables == ()


def test_numbers_that_there_are_none_of_are_dashes():
    (table,) = SECTIONS["verdict"](make_results(repeats=1)).tables
    assert {row[3] for row in table.rows()} == {NOTHING}


def test_the_gap_has_its_two_parts_where_retrainings_were_scored_on_the_validation_rows():
    results = make_results(strategies=("random", "tpe"), repeats=2, trials=4, curves=False)
    assert "Gap" in {column.heading for column in SECTIONS["variants"](results).tables[0].columns}
    retrained = [[value - 0.1 for value in row["test_values"]] for _, row in results.runs.iterrows()]
    split = dataclasses.replace(results, runs=results.runs.assign(retrained_validation=retrained))
    section = SECTIONS["variants"](split)
    table = section.tables[0]
    place = [column.heading for column in table.columns].index("Gap (selection, test rows)")
    whole, selection, rows = map(float, re.split(r" \(|, |\)$", table.rows()[0][place].replace("−", "-"))[:3])
    assert whole == pytest.approx(selection + rows, abs=0.02)
    assert rows == pytest.approx(-0.1, abs=0.01)
    assert any("In brackets are the two parts of the gap" in text for text in section.paragraphs(str))
