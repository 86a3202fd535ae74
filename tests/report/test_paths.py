"""The figure of paths: a panel a variant, titled with what was measured."""

import math
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.text import Text
from optuna.storages import InMemoryStorage

from hpsearch.execution import execute
from hpsearch.objectives.functions import FUNCTIONS
from hpsearch.report.drawings import paths
from hpsearch.report.drawings.path_words import WORDS, finding, words_of
from hpsearch.report.drawings.paths import paths_section
from hpsearch.report.figures import picture
from hpsearch.report.section import worded
from hpsearch.report.text import fill
from hpsearch.results.load import load_results
from hpsearch.study.plan import plan

CHAPTER = {"SGD": ("sgd", 0.95), "Momentum": ("momentum", 0.1), "AdaGrad": ("adagrad", 1.5), "Adam": ("adam", 0.3)}


def studied(folder, levels=CHAPTER, function="bowl", measure=None, **model):
    lines = [f'name = "paths"\nspace = {{}}\n[model]\nfamily = "function"\nfunction = "{function}"']
    lines += [f"{key} = {value}" for key, value in model.items()]
    lines += ["[search]\nrepeats = 1\n[factors.optimizer.levels]"]
    lines += [
        f'"{label}" = {{ model = {{ optimizer = "{name}", learning_rate = {rate} }} }}'
        for label, (name, rate) in levels.items()
    ]
    path = folder / "paths.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    ready, storage = plan(str(path)), InMemoryStorage()
    execute(ready, storage)
    results = load_results(storage, "paths")
    table = {"kind": "paths"} | ({"measure": measure} if measure else {})
    return replace(results, settings={**results.settings, "figure": table})


@pytest.fixture(scope="module")
def chapter(tmp_path_factory):
    return studied(tmp_path_factory.mktemp("paths"))


def drawn(results):
    section = worded(paths_section(results), results)
    assert section.key == "figure"
    return section, section.drawing.figure


def texts(figure):
    return [each.get_text() for each in figure.findobj(Text) if each.get_text()]


def lines_of(axes):
    """Return the path of a panel: the only line that joins points."""
    (line,) = [line for line in axes.lines if line.get_linestyle() != "None"]
    return line.get_xydata()


def test_each_variant_has_a_panel_with_its_path_start_and_end(chapter):
    _, figure = drawn(chapter)
    field, *panels = [axes for axes in figure.axes if axes.get_visible()]
    assert len(panels) == 4
    for axes, variant in zip(panels, CHAPTER, strict=True):
        own = chapter.measures[chapter.measures["variant"] == variant]
        x, y = (own[own["measure"] == axis].sort_values("step")["value"] for axis in "xy")
        points = np.stack([x, y], axis=1)
        np.testing.assert_array_equal(lines_of(axes), points)
        ends = {line.get_marker(): line.get_xydata().tolist() for line in axes.lines if len(line.get_xydata()) == 1}
        assert ends == {"*": [[0, 0]], "o": [points[0].tolist()], "s": [points[-1].tolist()]}
        assert axes.get_title(loc="left").startswith(f"{variant}: ")
    (arrows,) = [each for each in field.collections if hasattr(each, "U")]
    inward = np.sign(np.stack([arrows.U, arrows.V])) == -np.sign(np.stack([arrows.X, arrows.Y]))
    assert (inward | (np.abs(np.stack([arrows.X, arrows.Y])) < 1e-9)).all()


def test_contours_are_log_spaced_above_the_minimum(chapter):
    _, figure = drawn(chapter)
    for axes in figure.axes[:5]:
        (contours,) = [each for each in axes.collections if hasattr(each, "levels")]
        ratios = np.diff(np.log(contours.levels))
        np.testing.assert_allclose(ratios, ratios[0])
        assert ratios[0] > 0


@pytest.mark.parametrize(
    ("measure", "sentence", "panel"),
    [
        (
            "crossings.y",
            "y changes its sign most often with SGD, 30 times; least often with AdaGrad, 0 times",
            "Momentum: y changes sign 4 times",
        ),
        (
            "straightness",
            "AdaGrad takes the straightest path, 0.95 of 1; SGD the least straight one, 0.19",
            "Adam: straightness 0.88",
        ),
        (
            None,
            "AdaGrad ends lowest, at f = 0.00072; Adam highest, at f = 0.1",
            "SGD: ends at f = 0.013",
        ),
    ],
)
def test_the_title_states_what_was_measured(measure, sentence, panel, chapter):
    table = {"kind": "paths"} | ({"measure": measure} if measure else {})
    section, figure = drawn(replace(chapter, settings={**chapter.settings, "figure": table}))
    assert panel in section.alt(str), "the caption lists the paths"
    everything = " ".join(texts(figure)).replace("\N{NO-BREAK SPACE}", " ")
    assert sentence in everything
    assert panel in everything
    assert "f(x, y) = x²/20 + y²" in everything


def test_the_numbers_of_the_figure_are_in_its_data_file(chapter):
    section, _ = drawn(chapter)
    data = section.data["figure"]
    assert list(data) == ["run", "step", "x", "y", "function_value"]
    assert len(data) == 4 * 31
    end = data[(data["run"] == 0) & (data["step"] == 30)]
    assert end["function_value"].item() == chapter.runs["value"].iloc[0]


def test_text_is_legible_on_a_phone(chapter):
    _, figure = drawn(chapter)
    assert min(each.get_fontsize() for each in figure.findobj(Text) if each.get_text()) >= 8


def test_a_path_that_diverges_says_so_and_does_not_stretch_the_panels(tmp_path):
    levels = {"slow": ("sgd", 1e-3), "fast": ("sgd", 0.1)}
    section, figure = drawn(studied(tmp_path, levels, "valley"))
    assert section.alt(str) == "slow: ends at f = 4; fast: diverges."
    assert "fast: diverges" in texts(figure)
    assert [figure.axes[0].get_xlim(), figure.axes[0].get_ylim()] == list(FUNCTIONS["valley"].region)
    picture(figure)


def test_where_all_paths_diverge_there_is_a_figure(tmp_path):
    levels = {"fast": ("sgd", 0.1), "faster": ("sgd", 0.2)}
    section, figure = drawn(studied(tmp_path, levels, "valley"))
    assert section.alt(str) == "fast: diverges; faster: diverges."
    assert "Diverged: fast and faster" in texts(figure)
    picture(figure)


def test_a_path_that_leaves_the_region_extends_the_panels(tmp_path):
    levels = {"wide": ("sgd", 0.1), "other": ("sgd", 0.2)}
    _, figure = drawn(studied(tmp_path, levels, start=[-9.0, 1.0]))
    low, high = figure.axes[0].get_xlim()
    assert -10.5 < low < -9
    assert high == 8


def test_many_variants_and_names_with_markup(tmp_path):
    levels = {f"<b>$x_{place}$ & *{place}*": ("sgd", 0.1 + 0.01 * place) for place in range(13)}
    results = studied(tmp_path, levels, measure="turns.y")
    section, figure = drawn(results)
    assert sum(axes.get_visible() for axes in figure.axes) == 13
    assert "the first 12 variants" in " ".join(section.paragraphs(str))
    assert section.alt(str) == "12 paths: turns in y 0 times."
    picture(figure)
    several = replace(results, settings={"figure": {"kind": "paths", "measure": "distance"}})
    named = paths_section(several).alt(lambda text: text.replace("<", "&lt;").replace(">", "&gt;"))
    assert named.startswith("&lt;b&gt;$x_11$ & *11* ends nearest")


def test_studies_without_paths_say_so(chapter):
    empty = replace(chapter, measures=chapter.measures.iloc[:0])
    section = paths_section(empty)
    assert section.drawing is None
    assert section.prose == ("No figure: no run has a path over a function yet.",)


def test_a_measure_that_paths_lack_is_replaced_by_the_value_at_the_end(chapter):
    other = replace(chapter, settings={"figure": {"kind": "paths", "measure": ["train_score"]}})
    assert "SGD: ends at f = 0.013" in paths_section(other).alt(str)


def test_ties_are_named_together_and_counted_where_there_are_many():
    sentence, facts = finding("turns.y", {"a": 2.0, "b": 2.0, "c": 1.0})
    assert fill(sentence, facts) == "a and b turn most often in y, 2 times; c least often, 1 times"
    sentence, facts = finding("distance", {f"v{place}": 1.0 for place in range(4)} | {"far": 2.0})
    assert fill(sentence, facts) == "4 paths end nearest to the minimum, 1 away; far farthest, 2 away"
    sentence, facts = finding("distance", {"a, 1": 1.0, "b, 1": 1.0})
    assert fill(sentence, facts) == "(a, 1) and (b, 1): 1 from the minimum"
    sentence, facts = finding("distance", {"a": math.nan, "b": math.inf})
    assert fill(sentence, facts) == "Diverged: a and b"


@pytest.mark.parametrize("measure", list(WORDS))
def test_every_measure_has_sentences_of_its_facts(measure):
    sentence, facts = finding(measure, {"a": 1.0, "b": 3.0})
    assert {"a", "b", "1", "3"} <= set(fill(sentence, facts).replace(",", " ").replace(";", " ").split())
    assert "(s)" not in sentence
    assert "1" in words_of(measure, 1.0)
    assert words_of(measure, math.nan) == "diverges"
    assert paths.DEFAULT in WORDS
