import numpy as np
import pandas as pd
import pytest

from hpsearch.report.drawings.histograms import describe, rebinned
from hpsearch.report.drawings.panels import SMALL
from hpsearch.report.figures import picture
from hpsearch.report.sections import SECTIONS
from tests.report.drawings.example_curves import layers_of, results_of, texts

NASTY = "</td><b>$x^2$ `c`"


def section_of(statistics, levels=("std 1", "he"), edges=None, positions=(1, 2, 3), **changes):
    results = results_of(lambda *_: 0.5, {"initializer": levels}, repeats=3, figure={"kind": "histograms"}, **changes)
    layers = layers_of(results, statistics, positions, edges)
    return SECTIONS["figure"](results_of(lambda *_: 0.5, {"initializer": levels}, repeats=3,
                                         figure={"kind": "histograms"}, layers=layers, **changes))  # fmt: skip


def piling_up(variant, position):
    return {"std": 0.4, "saturated": 0.9} if variant == "std 1" else {"std": 0.2, "saturated": 0.01 * position}


def panels_of(section):
    return [axes for axes in section.drawing.figure.axes if axes.get_visible()]


def test_a_row_for_each_variant_and_a_column_for_each_layer():
    section = section_of(piling_up)
    titles = [axes.get_title("left") for axes in panels_of(section)]
    assert titles[:3] == [f"layer {position}\nsaturated 90 %" for position in (1, 2, 3)]
    assert titles[3:] == ["saturated 1 %", "saturated 2 %", "saturated 3 %"]
    words = [text.get_text() for text in section.drawing.figure.texts]
    assert {"std 1", "he", "output of a unit"} <= set(words)
    assert words[0] == "Outputs saturate with std 1, keep their spread with he"


def test_a_row_shares_its_outputs_and_the_bars_are_shares():
    section = section_of(piling_up, edges=lambda _, position: [0.0, 0.5 * position, 1.0 * position])
    panels = panels_of(section)
    assert len({axes.get_xlim() for axes in panels[:3]}) == 1
    assert panels[0].get_xlim()[1] > 3
    for axes in panels:
        (stairs,) = axes.patches
        assert stairs.get_data()[0].sum() == pytest.approx(1.0)


def test_the_file_has_the_counts_that_were_recorded_and_no_others():
    section = section_of(piling_up)
    counts = section.data["figure_histograms"]
    assert counts.groupby(["variant", "position"])["count"].apply(list).map(lambda each: each == [30, 10]).all()
    assert set(section.data["figure"]["position"]) == {1, 2, 3}


def test_the_first_recorded_step_is_drawn_unless_the_file_says_which():
    results = results_of(lambda *_: 0.5, {"initializer": ("std 1", "he")}, repeats=3)
    late = layers_of(results, lambda *_: {"std": 9.0}).assign(step=100)
    layers = pd.concat([layers_of(results, piling_up), late], ignore_index=True)

    def stds(**figure):
        own = results_of(lambda *_: 0.5, {"initializer": ("std 1", "he")}, repeats=3, layers=layers,
                         figure={"kind": "histograms", **figure})  # fmt: skip
        return set(SECTIONS["figure"](own).data["figure"]["std"])

    assert stds() == {0.4, 0.2}
    assert stds(steps=[1, 100]) == {9.0}


def test_deep_networks_show_some_layers_with_the_first_and_the_last():
    section = section_of(piling_up, positions=tuple(range(1, 11)))
    titles = [axes.get_title("left").partition("\n")[0] for axes in panels_of(section)][:6]
    assert titles[0] == "layer 1"
    assert titles[-1] == "layer 10"


@pytest.mark.parametrize(
    ("first", "last", "word"),
    [
        ({"std": 0.4, "saturated": 0.9}, {"std": 0.4, "saturated": 0.3}, "saturate"),
        ({"std": 0.02, "saturated": 0.0}, {"std": 0.01, "saturated": 0.0}, "one"),
        ({"std": 0.2, "saturated": 0.0}, {"std": 0.15, "saturated": 0.2}, "keep"),
        ({"std": 1.0, "dead": 0.0}, {"std": 1.0, "dead": 0.3}, "die"),
        ({"std": 1.0, "dead": 0.0}, {"std": 0.05, "dead": 0.0}, "vanish"),
        ({"std": 0.0, "dead": 0.0}, {"std": 0.0, "dead": 0.0}, "vanish"),
        ({"std": 1.0, "dead": 0.0}, {"std": 20.0, "dead": 0.1}, "explode"),
        ({"std": 1.0}, {"std": 0.5}, "keep"),
    ],
)
def test_outputs_are_described_by_their_last_layer(first, last, word):
    nothing = {"std": np.nan, "saturated": np.nan, "dead": np.nan}
    assert describe(pd.Series(nothing | first), pd.Series(nothing | last)) == word


def test_counts_are_spread_evenly_and_none_is_lost():
    counts = rebinned(np.array([4.0, 2.0]), np.array([0.0, 1.0, 2.0]), np.array([-1.0, 0.0, 0.5, 1.5, 3.0]))
    assert counts.tolist() == [0.0, 2.0, 3.0, 1.0]


def test_names_with_markup_are_only_text_which_is_legible():
    section = section_of(piling_up, levels=(NASTY, "{0}"))
    assert "<b>" not in picture(section.drawing.figure).svg
    assert section.alt(str).startswith("Outputs keep their spread with")
    assert min(text.get_fontsize() for text in texts(section.drawing.figure)) >= SMALL


def test_a_study_that_recorded_no_layers_says_what_asks_for_them():
    results = results_of(lambda *_: 0.5, {"initializer": ("a", "b")}, figure={"kind": "histograms"})
    section = SECTIONS["figure"](results)
    assert section.drawing is None
    assert "[record] layers" in section.paragraphs(str)[0]
