"""What a report shows of several tasks together, and of true values."""

import dataclasses
import math
from functools import cache

import numpy as np
import pandas as pd
import pytest

from hpsearch.analysis.comparison.task_summary import improvement, interquartile_means
from hpsearch.report.figures import picture
from hpsearch.report.sections import SECTIONS
from hpsearch.report.text import NOTHING
from tests.analysis.comparison.compared import compared
from tests.combinations import more
from tests.example_results import NASTY, make_results

REFERENCES = {"a": (0.0, 1.0), "b": (0.0, 10.0)}


def several(repeats=4, **changes):
    rng = np.random.default_rng(0)
    tests = {
        task: {"random": scale * rng.random((repeats, 1)), "tpe": scale * (rng.random((repeats, 1)) - 0.2)}
        for task, (_, scale) in REFERENCES.items()
    }
    return compared(tests, direction="minimize", **({"references": REFERENCES} | changes))


def prose(section):
    return " ".join(section.paragraphs(str))


def test_the_summary_shows_both_numbers_of_the_analysis_with_their_intervals():
    results = several()
    section = SECTIONS["task_summary"](results)
    means, better = section.tables
    assert means.frame.equals(interquartile_means(results))
    assert better.frame.equals(improvement(results))
    assert [column.heading for column in means.columns][:2] == ["Strategy", "Interquartile mean"]
    assert better.rows()[0][0] == "tpe against random"
    low, high = better.frame.loc[0, ["low", "high"]]
    assert better.rows()[0][2] == f"{low:.2f} to {high:.2f}"
    assert "With 4 repeats on a task they are too narrow." in prose(section)
    assert "too narrow" not in prose(SECTIONS["task_summary"](several(repeats=10)))


def test_without_references_only_comparisons_are_summarised():
    section = SECTIONS["task_summary"](several(references=None))
    assert [table.caption for table in section.tables] == ["Probability of improvement over all tasks"]
    assert "interquartile" not in prose(section)


def test_an_interval_of_equal_resamples_is_not_shown():
    tests = {task: {"random": [[0.5]] * 3, "tpe": [[0.4]] * 3} for task in "ab"}
    section = SECTIONS["task_summary"](compared(tests, direction="minimize"))
    assert section.tables[0].rows()[0][1:3] == ["1.00", NOTHING]


def test_a_summary_needs_several_tasks_and_a_comparison():
    part = SECTIONS["task_summary"]
    assert not part.obstacle(several())
    assert part.obstacle(compared({"random": [[0.5]], "tpe": [[0.4]]}))
    assert part.obstacle(compared({task: {"tpe": [[0.4]]} for task in "ab"}))
    running = compared({task: {"random": ["running"], "tpe": ["running"]} for task in "ab"})
    assert prose(part(running)).startswith("No summary yet")


@cache
def valued(tasks=("digits",), **changes):
    """Results of which a trial's true value is worse than the best observed one by 0.01."""
    results = make_results(tasks=tasks, direction="minimize", diverge_above=1.0, trials=8, **changes)
    best = results.trials["value"].groupby([results.trials[key] for key in ("task", "variant", "repeat")]).cummin()
    frame = results.trials[["task", "variant", "repeat", "number"]].assign(value=best + 0.01)
    return dataclasses.replace(results, true_values=frame)


@pytest.mark.parametrize("tasks", [("digits",), ("a", NASTY), more(tuple("abcdefgh"))])
def test_true_values_are_drawn_beside_the_selected_ones_on_one_scale(tasks):
    section = SECTIONS["true_value"](valued(tasks))
    panels = section.drawing.figure.axes
    assert len(panels) == 2 * min(len(tasks), 6)
    assert all(left.get_ylim() == right.get_ylim() for left, right in zip(panels[::2], panels[1::2], strict=True))
    selected, true = (axes.lines[0].get_ydata()[-1] for axes in panels[:2])
    assert true - selected == pytest.approx(0.01)
    assert section.facts["optimistic"] == section.facts["lines"] == 3 * len(tasks)
    assert [len(table.frame) for table in section.tables] == [len(tasks)] * (len(tasks) > 1)
    assert section.alt(str).endswith(".")
    assert picture(section.drawing.figure).svg


def test_the_final_true_values_are_named_best_first():
    section = SECTIONS["true_value"](valued())
    curves = section.data["true_value"]
    ends = curves[curves["spent"] == 8].set_index("variant")["median"].sort_values()
    assert section.facts["variant_1"] == ends.index[0]
    assert float(section.facts["median_1"]) == ends.iloc[0]


def test_true_values_need_an_objective_that_has_them():
    assert SECTIONS["true_value"].obstacle(make_results())
    nothing = dataclasses.replace(valued(), true_values=valued().true_values.assign(value=math.nan))
    assert prose(SECTIONS["true_value"](nothing)).startswith("No figure")


def test_a_diamond_marks_the_retrained_value_at_the_end_of_its_line():
    results = make_results(strategies=("random", "tpe"), repeats=2, trials=6)
    assert "diamond" not in prose(SECTIONS["best_so_far"](results))
    values = pd.Series([[0.1], [0.3], [0.2], [0.4]], index=results.runs.index)
    section = SECTIONS["best_so_far"](
        dataclasses.replace(results, runs=results.runs.assign(retrained_validation=values))
    )
    assert "diamond" in prose(section)
    marks = [line for line in section.drawing.figure.axes[0].lines if line.get_marker() == "D"]
    assert [mark.get_xdata()[0] for mark in marks if len(mark.get_xdata()) == 1] == [6.0, 6.0]
    drawn = {float(mark.get_ydata()[0]) for mark in marks if len(mark.get_xdata()) == 1}
    assert drawn == set(section.data["retrained"]["value"])
    low, high = section.drawing.figure.axes[0].get_ylim()
    assert all(low < value < high for value in drawn)
