"""The figure of the best trials of one search."""

from dataclasses import replace

import pytest

from hpsearch.report.drawings.trials import MOST_TRIALS
from hpsearch.report.sections import SECTIONS
from tests.example_results import make_results

SETTINGS = {"figure": {"kind": "trials"}}


@pytest.fixture(scope="module")
def results():
    made = make_results(strategies=("random", "tpe"), repeats=2, trials=30)
    return replace(made, settings={**made.settings, **SETTINGS})


@pytest.fixture(scope="module")
def section(results):
    return SECTIONS["figure"](results)


def panels_of(section):
    return [axes for axes in section.drawing.figure.axes if axes.get_visible()]


def test_a_panel_for_each_of_the_best_trials_of_the_first_search(results, section):
    first = results.trials.query("variant == 'random' and repeat == 0 and state == 'COMPLETE' and not diverged")
    best = first.sort_values("value", ascending=results.direction == "minimize", kind="stable").head(MOST_TRIALS)
    assert set(section.data["figure"]["number"]) == set(best["number"])
    assert len(panels_of(section)) == len(best)
    values = [float(axes.get_title(loc="left").split("\n")[0].split(": ")[1]) for axes in panels_of(section)]
    assert values == sorted(values, reverse=results.direction == "maximize")


def test_each_panel_has_both_curves_and_the_trials_hyperparameters(results, section):
    for axes in panels_of(section):
        assert [line.get_label() for line in axes.lines] == ["training", "validation"]
        assert all(any(name[:6] in line for line in axes.get_title(loc="left").split("\n")) for name in results.space)


def test_the_title_says_where_the_best_trials_lie(section):
    title = " ".join(text.get_text() for text in section.drawing.figure.texts)
    numbers = section.data["figure"]["params_learning_rate"]
    assert "learning_rate from " in title
    least = float(title.split("learning_rate from ")[1].split(" ")[0].replace(",", ""))
    assert least == pytest.approx(numbers.min(), rel=0.06)


def test_a_search_without_curves_has_no_figure(results):
    bare = replace(results, curves=results.curves.iloc[:0])
    assert SECTIONS["figure"](bare).drawing is None
