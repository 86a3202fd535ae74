from pathlib import Path

import pytest

from hpsearch.errors import UsageError
from hpsearch.report.drawings import KINDS
from hpsearch.run.comparable import content_hash
from hpsearch.study.figure import KEYS, FigureSettings
from hpsearch.study.plan import plan

STUDY = """
name = "mine"
[model]
epochs = 2
[space]
[factors.optimizer]
key = "model.optimizer"
values = ["sgd", "adam"]
[factors.initializer]
key = "model.initializer"
values = ["he", "xavier"]
"""


@pytest.fixture
def write(tmp_path):
    def write_study(figure: str = "") -> str:
        path: Path = tmp_path / "mine.toml"
        path.write_text(STUDY + figure)
        return str(path)

    return write_study


def test_the_table_is_stored_as_it_was_written(write):
    table = (
        '[figure]\nmeasure = ["train_loss", "validation_score"]\nlines = "initializer"\nlog = true\nsteps = [1, 2]\n'
    )
    stored = plan(write(table)).content["figure"]
    assert stored == {
        "measure": ["train_loss", "validation_score"],
        "lines": "initializer",
        "log": True,
        "steps": [1, 2],
    }
    assert FigureSettings.model_validate(stored).measures == ["train_loss", "validation_score"]


def test_a_study_without_the_table_is_stored_as_before(write):
    assert "figure" not in plan(write()).content


def test_the_figure_is_free_to_change(write):
    before, after = plan(write()), plan(write('[figure]\nkind = "levels"\n'))
    for one, other in zip(before.runs(), after.runs(), strict=True):
        assert content_hash(one.content) == content_hash(other.content)
    assert content_hash(before.content) == content_hash(after.content)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ('kind = "curve"', "kind: unknown kind 'curve' (did you mean 'curves'?): choose from curves, histograms"),
        ('line = "optimizer"', "line: unknown key 'line' (did you mean 'lines'?): choose from kind, lines"),
        ('lines = "optimiser"', "lines: unknown factor 'optimiser' (did you mean 'optimizer'?): choose from init"),
        ('panels = "scale"', "panels: unknown factor 'scale': choose from initializer, optimizer, strategy"),
        ('lines = "optimizer"\npanels = "optimizer"', "lines and panels are both 'optimizer'"),
        ('lines = "measure"\nmeasure = "train_loss"', "lines = \"measure\" needs several measures, got ['train_loss']"),
        ('measure = ["test", "test"]', "measure names one twice: ['test', 'test']"),
        ('measure = "train loss"', "got 'train loss'"),
        ('measure = "test_scores"', "measure: unknown measure 'test_scores' (did you mean 'test_score'?): choose from"),
        ('measure = ["value", "batch_loss"]', "measure: batch_loss needs loss in [record]"),
        ('measure = "layers.std.ninth"', "measure: unknown place in layers 'ninth'"),
        ("steps = [5]", "steps: must be the first and the last step, ascending, got [5]"),
        ("steps = [5, 2]", "steps: must be the first and the last step, ascending, got [5, 2]"),
        ("smooth = 0", "smooth: must be greater than or equal to 1, got 0"),
        ('kind = "levels"\nsmooth = 5', "smooth has no effect on the kind 'levels': choose from lines, log, measure"),
        ('kind = "histograms"\nmeasure = "test"', "measure has no effect on the kind 'histograms': choose from"),
        ('kind = "histograms"', "kind: 'histograms' draws layers: add [record] layers = true"),
        ('kind = "paths"', "kind: 'paths' draws descents of functions: [model] family = \"function\""),
        ('reduce = "end"', "reduce has no effect on the kind 'curves'"),
        ('kind = "levels"\nreduce = "last"', "reduce: must be 'mean' or 'end', got 'last'"),
    ],
)
def test_a_wrong_table_is_refused_in_one_line(write, table, words):
    with pytest.raises(UsageError) as error:
        plan(write(f"[figure]\n{table}\n"))
    assert words in str(error.value)
    assert "figure" in str(error.value).removeprefix(str(write()))
    assert "\n" not in str(error.value)


def test_a_study_without_factors_has_the_strategies_as_lines(write, tmp_path):
    path = tmp_path / "plain.toml"
    path.write_text('name = "plain"\n[model]\nepochs = 2\n[figure]\nlines = "strategy"\n')
    assert plan(str(path)).content["figure"] == {"lines": "strategy"}
    path.write_text('name = "plain"\n[model]\nepochs = 2\n[figure]\nlines = "optimizer"\n')
    with pytest.raises(UsageError, match=r"lines: unknown factor 'optimizer': choose from measure, strategy"):
        plan(str(path))


def test_each_kind_that_a_file_can_name_is_drawn():
    assert set(KINDS) == set(KEYS)
    for kind, keys in KEYS.items():
        assert keys <= set(FigureSettings.model_fields), kind
