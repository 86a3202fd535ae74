import io
import math
import re

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image

from hpsearch.report import figures
from hpsearch.report.sections import SECTIONS
from hpsearch.report.style import applied
from tests.combinations import more
from tests.example_results import case
from tests.report.built import empty_figure


def test_the_style_leaves_matplotlib_as_it_was():
    before = dict(mpl.rcParams)
    figures.picture(empty_figure()[0])
    assert dict(mpl.rcParams) == before


def test_personal_settings_do_not_show():
    plain = figures.picture(empty_figure()[0])
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "red", "svg.fonttype": "none"}):
        assert figures.picture(empty_figure()[0]) == plain


def test_files_hold_no_dates_and_no_versions():
    picture = figures.picture(empty_figure()[0])
    assert picture.png.startswith(b"\x89PNG")
    for word in ("matplotlib v", "Software", "dc:date", "tEXt"):
        assert word not in picture.svg
        assert word.encode() not in picture.png


@pytest.mark.parametrize("key", [more("plane"), "best_so_far", "importances", more("learning_curves")])
def test_pixels_have_few_colours_and_look_as_drawn(key):
    figure = SECTIONS[key](case("six strategies")).drawing.figure
    file = figures.picture(figure).png
    full = io.BytesIO()
    with applied():
        figure.savefig(full, format="png", dpi=figures.DPI)
    with Image.open(io.BytesIO(file)) as image, Image.open(full) as whole:
        assert image.mode == "P"
        pixels, expected = (np.asarray(each.convert("RGB"), dtype=int) for each in (image, whole))
    difference = np.abs(pixels - expected)
    assert difference.max() <= 25
    assert np.sqrt((difference**2).mean()) < 1.5
    paper = (expected == 255).all(axis=2)
    assert (pixels[paper] == 255).all()
    assert len(file) < 0.5 * len(full.getvalue())


def test_dollars_are_drawn_as_dollars():
    figure, (axes,) = empty_figure()
    axes.set_axis_off()
    with applied():
        axes.text(0.5, 0.5, "$x^2$")
    svg = figures.picture(figure).svg
    assert len(set(re.findall(r'id="(DejaVuSans-\w+)"', svg))) == len("$x^2")  # not mathtext


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (3, 3), (4, 3), (6, 3), (20, 5), (7, 5)])
def test_panels_are_as_large_as_asked_and_inside_the_figure(count, columns):
    figure, panels = empty_figure(figures.Layout(count, columns, 1.5, right=0.7))
    width, height = figure.get_size_inches()
    places = [axes.get_position() for axes in panels]
    assert len(panels) == count
    for place in places:
        assert place.height * height == pytest.approx(1.5)
        assert place.x0 * width >= 0.8 - 1e-9
        assert place.x1 * width <= width - 0.7 + 1e-9
    assert places[-1].y0 * height >= 0.5 - 1e-9
    assert places[0].x0 * width == pytest.approx(0.8)


@pytest.mark.parametrize("y", [[math.nan] * 3, [math.inf, math.nan, -math.inf]])
def test_a_line_with_spaced_markers_and_no_finite_point_is_drawn_as_nothing(y):
    figure, (axes,) = empty_figure()
    axes.plot(range(len(y)), y, marker="o", markevery=(0.0, 0.1))
    axes.step(range(len(y)), y, where="post", marker="s", markevery=(0.02, 0.13))
    assert figures.picture(figure).png.startswith(b"\x89PNG")
