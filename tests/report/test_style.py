from hpsearch.report import figures, style
from tests.example_results import NASTY
from tests.report.built import empty_figure


def test_signs_that_the_font_lacks_are_named():
    assert style.label("a🚀中é") == "aU+1F680U+4E2Dé"
    assert len(style.label(NASTY * 9, 20)) == 20
    figure, (axes,) = empty_figure()
    axes.set_title(style.label(NASTY, 100))
    figures.picture(figure)  # a missing glyph warns, and warnings are errors


def test_looks_differ_by_more_than_colour():
    looks = [style.look(index) for index in range(6)]
    for part in ("color", "line", "marker"):
        assert len({str(getattr(look, part)) for look in looks}) == len(looks)
    assert len({str(style.look(index)) for index in range(20)}) == 20


def test_every_colour_of_a_series_has_one_for_dark_pages():
    light = {light for light, _ in style.COLOURS.values()}
    assert len(light) == len(style.COLOURS)  # equal colours could not be replaced separately
    assert {style.look(index).color for index in range(20)} <= light
