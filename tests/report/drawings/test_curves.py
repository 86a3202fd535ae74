import math

import numpy as np
import pytest

from hpsearch.report.drawings import KINDS
from hpsearch.report.drawings.panels import MOST_PANELS, SMALL
from hpsearch.report.figures import picture
from hpsearch.report.sections import SECTIONS
from tests.report.drawings.example_curves import results_of, texts

LEVELS = {"a": 0.0, "b": 0.1, "c": 0.2}
NASTY = "</td><b>$x^2$ `c`"


def rising(levels, measure, step, repeat):
    """Score that rises; the later the level, the higher, and the higher the repeat."""
    loss = 1.0 - 0.1 * step - sum(LEVELS.get(level, 0.05) for level in levels.values()) - 0.01 * repeat
    return loss if "loss" in measure else 1 - loss


def section_of(results):
    return SECTIONS["figure"](results)


def panels_of(section):
    return [axes for axes in section.drawing.figure.axes if axes.get_visible()]


def test_lines_are_the_first_factor_and_panels_the_next():
    section = section_of(results_of(rising, {"optimizer": ("a", "b"), "initializer": ("he", "std", "zeros")}))
    panels = panels_of(section)
    assert [axes.get_title("left") for axes in panels] == ["he", "std", "zeros"]
    assert all(len(axes.lines) == 2 for axes in panels)
    legend = [text.get_text() for text in section.drawing.figure.legends[0].get_texts()]
    assert legend == ["optimizer", "a", "b"]


def test_the_file_chooses_lines_panels_and_steps():
    figure = {"lines": "initializer", "panels": "optimizer", "steps": [1, 3]}
    section = section_of(
        results_of(rising, {"optimizer": ("a", "b"), "initializer": ("he", "std", "x")}, figure=figure)
    )
    panels = panels_of(section)
    assert [axes.get_title("left") for axes in panels] == ["a", "b"]
    assert [len(axes.lines) for axes in panels] == [3, 3]
    assert panels[0].lines[0].get_xdata().tolist() == [1, 2, 3]


def test_a_line_is_the_median_over_repeats_and_the_file_has_the_same_numbers():
    section = section_of(results_of(rising, {"optimizer": ("a", "b")}))
    (axes,) = panels_of(section)
    expected = [np.median([rising({"o": "b"}, "", step, repeat) for repeat in range(5)]) for step in range(5)]
    assert axes.lines[1].get_ydata().tolist() == pytest.approx(expected)
    data = section.data["figure"]
    assert data.loc[data["line"] == "b", "median"].tolist() == pytest.approx(expected)
    assert "quartiles" in section.note(str)


def test_nothing_is_drawn_that_the_study_does_not_have():
    section = section_of(results_of(rising, {"optimizer": ("a", "b"), "scale": ("1", "2")}, repeats=4))
    data = section.data["figure"]
    drawn = {
        (x, round(float(y), 9)) for axes in panels_of(section) for line in axes.lines for x, y in line.get_xydata()
    }
    stored = {(row.step, round(row.median, 9)) for row in data.itertuples()}
    assert drawn == stored


@pytest.mark.parametrize(("direction", "measure", "first"), [(1, "validation_score", "b"), (-1, "batch_loss", "b")])
def test_the_title_names_the_line_that_ends_best(direction, measure, first):
    section = section_of(
        results_of(rising, {"optimizer": ("a", "b")}, measures=(measure,), figure={"measure": measure})
    )
    title = section.drawing.figure.texts[0].get_text()
    name = "validation accuracy" if direction > 0 else "batch loss"
    assert title.startswith(f"{'Highest' if direction > 0 else 'Lowest'} {name} at the end: {first}, 0.")
    assert section.facts["line_1"] == first
    assert section.alt(str).startswith(f"Medians of the {name} at the end: {first} at")


def test_a_tie_has_no_first_line():
    section = section_of(results_of(lambda *_: 0.5, {"optimizer": ("a", "b")}))
    assert section.drawing.figure.texts[0].get_text() == "Validation accuracy: no line ends higher than all others"


def test_panels_are_counted():
    def crossing(levels, measure, step, repeat):
        better = levels["norm"] == "with" if levels["scale"] != "3" else levels["norm"] == "without"
        return step * (0.2 if better else 0.1)

    section = section_of(results_of(crossing, {"norm": ("without", "with"), "scale": ("1", "2", "3")}))
    title = section.drawing.figure.texts[0].get_text()
    assert title == "Highest validation accuracy at the end: with, in 2 of 3 panels"
    assert section.facts["panels_2"] == 1


def test_a_row_for_each_measure():
    measures = ("train_loss", "test_score")
    results = results_of(rising, {"optimizer": ("a", "b")}, measures=measures, figure={"measure": list(measures)})
    panels = panels_of(section_of(results))
    assert [axes.get_ylabel() for axes in panels] == ["training loss", "test accuracy"]
    assert panels[0].get_ylim() != panels[1].get_ylim()


def test_measures_as_lines_show_their_gap():
    measures = ["test_score", "ensemble_score"]

    def scores(levels, measure, step, repeat):
        gap = 0.3 if levels["dropout"] == "a" else 0.1
        return 0.2 * step if measure == measures[0] else 0.2 * step - gap

    figure = {"measure": measures, "lines": "measure"}
    section = section_of(results_of(scores, {"dropout": ("a", "b")}, measures=measures, figure=figure))
    panels = panels_of(section)
    assert [axes.get_title("left") for axes in panels] == ["a", "b"]
    assert [len(axes.lines) for axes in panels] == [2, 2]
    text = " ".join(text.get_text() for text in section.drawing.figure.texts[:2])
    assert text == "Test accuracy and ensemble accuracy are closest at the end in panel b: 0.100 apart"
    assert section.facts["gap_1"] == pytest.approx(0.3)


def test_at_most_sixteen_panels_and_the_page_says_so():
    scales = tuple(f"s{index:02d}" for index in range(17))
    section = section_of(results_of(rising, {"norm": ("a", "b"), "scale": scales}, repeats=2))
    assert len(panels_of(section)) == MOST_PANELS
    assert "The figure shows the first 16 panels." in section.paragraphs(str)


def test_where_half_of_the_repeats_diverged_is_a_cross():
    def falling(levels, measure, step, repeat):
        return None if levels["optimizer"] == "b" and step > 2 else 0.1 * step

    def lost(levels, repeat):
        return levels["optimizer"] == "b"

    results = results_of(falling, {"optimizer": ("a", "b")}, diverged=lost)
    results.curves.loc[(results.curves["variant"] == "b") & (results.curves["epoch"] == 2), "validation_score"] = (
        math.nan
    )
    section = section_of(results)
    (axes,) = panels_of(section)
    crosses = [line for line in axes.lines if line.get_marker() == "x"]
    assert [cross.get_xydata().tolist() for cross in crosses] == [[[1.0, 0.1]]]
    assert "diverged" in section.note(str)
    assert "b diverged" in section.alt(str)


def test_lines_differ_without_colour():
    (axes,) = panels_of(section_of(results_of(rising, {"optimizer": ("a", "b", "c")})))
    looks = {(line.get_linestyle(), line.get_marker()) for line in axes.lines}
    assert len({marker for _, marker in looks}) == 3


@pytest.mark.parametrize("count", [2, 16])
def test_text_is_legible(count):
    scales = tuple(f"s{index:02d}" for index in range(count))
    section = section_of(results_of(rising, {"norm": ("a", "b"), "scale": scales}, repeats=2))
    assert min(text.get_fontsize() for text in texts(section.drawing.figure)) >= SMALL


def test_names_with_markup_are_only_text():
    results = results_of(rising, {NASTY: (NASTY, "b"), "scale": ("{0}", "<i>")}, metric=NASTY)
    section = section_of(results)
    svg = picture(section.drawing.figure).svg
    assert "<b>" not in svg
    assert "{0}" in [axes.get_title("left") for axes in panels_of(section)]
    assert "<b>" not in section.alt(lambda text: text.replace("<", "&lt;"))


def test_a_measure_that_no_run_has_leaves_a_sentence():
    section = KINDS["curves"](results_of(rising, {"optimizer": ("a", "b")}, figure={"measure": "batch_loss"}))
    assert section.drawing is None
    assert section.paragraphs(str) == ["No figure: no run has a curve of batch_loss yet."]


def test_steps_that_no_curve_has_leave_a_sentence():
    section = section_of(results_of(rising, {"optimizer": ("a", "b")}, figure={"steps": [50, 60]}))
    assert section.drawing is None
    assert section.paragraphs(str)[0].startswith("No figure: no curve has a step between")


def test_a_panel_of_a_plain_value_names_its_factor_above_or_at_the_axis():
    for key, title, axis in (("std", "std 0.1", "epoch"), ("x" * 40, "0.1", "epoch (each panel: xxxx")):
        settings = {"figure": {"measure": "validation_score"}, "factors": {key: {"key": "model.l2"}}}
        section = section_of(results_of(rising, {"o": ("a", "b"), key: ("0.1", "0.2")}, settings=settings))
        assert panels_of(section)[0].get_title("left") == title
        assert any(text.get_text().startswith(axis) for text in section.drawing.figure.texts)


def test_one_variant_is_described_alone():
    results = results_of(rising, {"optimizer": ("a",)}, figure={"kind": "curves"})
    section = section_of(results)
    assert section.drawing.figure.texts[0].get_text().startswith("The validation accuracy ends at 0.42")


def test_a_study_without_the_table_has_curves_of_untuned_variants_only():
    untuned = results_of(rising, {"optimizer": ("a", "b")})
    assert not SECTIONS["figure"].obstacle(untuned)
    alone = results_of(rising, {"optimizer": ("a",)})
    assert SECTIONS["figure"].obstacle(alone)
    tuned = results_of(rising, {"optimizer": ("a", "b")}, untuned=frozenset())
    assert SECTIONS["figure"].obstacle(tuned)
    asked = results_of(rising, {"optimizer": ("a",)}, figure={"kind": "curves"})
    assert not SECTIONS["figure"].obstacle(asked)


def test_lines_of_different_lengths_are_compared_where_all_are_and_the_title_says_so():
    def curve(levels, measure, step, repeat):
        return None if levels["optimizer"] == "a" and step > 2 else 0.1 * step + (levels["optimizer"] == "a")

    results = results_of(curve, {"optimizer": ("a", "b")}, figure={"kind": "curves"})
    section = SECTIONS["figure"](results)
    title = " ".join(text.get_text() for text in section.drawing.figure.texts)
    assert "Highest validation accuracy at the last epoch of all lines: a, 1.20" in title.replace("\n", " ")
    assert section.alt(str).startswith("Medians of the validation accuracy at the last epoch of all lines: a at 1.2")
