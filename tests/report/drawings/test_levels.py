import math

import pytest

from hpsearch.report.drawings.panels import SMALL
from hpsearch.report.figures import picture
from hpsearch.report.sections import SECTIONS
from tests.report.drawings.example_curves import results_of, texts

NASTY = "</td><b>$x^2$ `c`"


def rising(levels, measure, step, repeat):
    return {"a": 0.1, "b": 0.3}.get(levels["optimizer"], 0.2) + 0.1 * step + 0.01 * repeat


def section_of(levels=("a", "b"), curve=rising, measures=("validation_score",), **figure):
    results = results_of(curve, {"optimizer": levels}, repeats=3, measures=measures,
                         figure={"kind": "levels", "measure": list(measures), **figure})  # fmt: skip
    return SECTIONS["figure"](results)


def panels_of(section):
    return [axes for axes in section.drawing.figure.axes if axes.get_visible()]


@pytest.mark.parametrize(("reduce", "mean"), [("mean", 0.31), ("end", 0.51)])
def test_a_point_for_each_repeat_and_a_diamond_for_their_mean(reduce, mean):
    section = section_of(reduce=reduce)
    (axes,) = panels_of(section)
    rings, diamond = axes.lines[:2]
    assert rings.get_xdata().tolist() == pytest.approx([mean - 0.01, mean, mean + 0.01])
    assert diamond.get_xdata()[0] == pytest.approx(mean)
    assert len(section.data["figure"]) == 6


def test_the_title_names_the_best_level():
    assert section_of().drawing.figure.texts[0].get_text() == "Highest mean validation accuracy: b, 0.510"
    losses = section_of(measures=("test_loss",))
    assert losses.drawing.figure.texts[0].get_text() == "Lowest mean test loss: a, 0.310"
    assert losses.facts["line_1"] == "a"


def test_a_number_of_a_run_and_a_panel_for_each_measure():
    results = results_of(rising, {"optimizer": ("a", "b")}, measures=("test_score", "test_loss"),
                         figure={"kind": "levels", "measure": ["test_score", "test"]})  # fmt: skip
    panels = panels_of(SECTIONS["figure"](results))
    assert [axes.get_title("left") for axes in panels] == ["test accuracy", "test accuracy"]
    assert [tick.get_text() for tick in panels[0].get_yticklabels()] == ["a", "b"]


def test_a_repeat_without_a_finite_value_is_counted_instead_of_drawn():
    def lost(levels, measure, step, repeat):
        return math.nan if repeat == 2 and levels["optimizer"] == "a" else rising(levels, measure, step, repeat)

    section = section_of(curve=lost, measures=("test_loss",))
    assert section.facts["lost"] == 1
    assert "Repeats without a finite value, 1 of them" in " ".join(section.paragraphs(str))
    assert len(panels_of(section)[0].lines[0].get_xdata()) == 2


def test_names_with_markup_are_only_text_which_is_legible():
    section = section_of(levels=(NASTY, "{0}"))
    assert "<b>" not in picture(section.drawing.figure).svg
    assert min(text.get_fontsize() for text in texts(section.drawing.figure)) >= SMALL
