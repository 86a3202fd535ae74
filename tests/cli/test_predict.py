"""The command predict: new rows in any format, and columns that are copied beside their predictions."""

import gzip
import io
import json
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from hpsearch.estimators import tabular
from hpsearch.estimators.tabular import TabularModel
from tests.estimators.saved_models import model_of, rows

ESTIMATORS = {
    "classes": "sklearn.linear_model:LogisticRegression",
    "classes without probabilities": "sklearn.svm:SVC",
    "numbers": "sklearn.linear_model:Ridge",
}


@pytest.fixture
def model(tmp_path):
    """A saved classifier in the current folder."""
    saved = model_of(ESTIMATORS["classes"])
    saved.save(tmp_path / "some.model")
    return saved


def people(count=20):
    return rows(count).round(3).assign(code=[f"{number:05}" for number in range(count)])


def content(frame, separator=",", decimal=".", encoding="utf-8"):
    return frame.to_csv(index=False, sep=separator, decimal=decimal).encode(encoding)


FORMATS = {
    "another separator and decimal sign": ({"separator": ";", "decimal": ","}, ()),
    "another encoding": ({"encoding": "utf-16"}, ()),
    "what is named": (
        {"separator": ":", "decimal": ","},
        ("--separator", ":", "--decimal", ",", "--encoding", "ascii"),
    ),
}


@pytest.mark.parametrize("case", FORMATS)
def test_a_file_may_be_written_otherwise_than_that_of_training(case, run, tmp_path, model):
    form, options = FORMATS[case]
    frame = rows(20).round(3)
    (tmp_path / "new.csv").write_bytes(content(frame, **form))
    code, output, errors = run("predict", "some.model", "new.csv", *options)
    assert (code, errors) == (0, "")
    assert output == model.predictions(frame).to_csv(index=False)


def test_a_file_of_predictions_is_named_with_their_number(run, tmp_path, model):
    (tmp_path / "new.csv").write_bytes(content(rows(20)))
    assert run("predict", "some.model", "new.csv", "--out", "out.csv") == (0, "20 predictions: out.csv\n", "")
    assert len(pd.read_csv(tmp_path / "out.csv")) == 20


def test_numbers_that_can_be_read_in_two_ways_are_told(run, tmp_path, model):
    (tmp_path / "new.csv").write_text("size;age;colour\n1,234;2;red\n")
    code, output, errors = run("predict", "some.model", "new.csv")
    assert (code, output) == (2, "")
    assert "column 'size', row 1: '1,234' is not a number" in errors
    assert 'size (1,234: give decimal = "." or ",")' in errors
    assert errors.count("\n") == 1
    sizes = {".": 1234.0, ",": 1.234}
    for decimal, size in sizes.items():
        expected = model.predictions(pd.DataFrame({"size": [size], "age": [2], "colour": ["red"]}))
        assert run("predict", "some.model", "new.csv", "--decimal", decimal)[1] == expected.to_csv(index=False)


def test_standard_input_is_read_compressed_or_not(run, monkeypatch, model):
    frame = rows(20)
    for data in (content(frame), gzip.compress(content(frame))):
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))
        code, output, _ = run("predict", "some.model", "-")
        assert (code, output) == (0, model.predictions(frame).to_csv(index=False))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"size,age\n1,2\n")))
    code, _, errors = run("predict", "some.model", "-")
    assert (code, errors) == (2, "hpsearch: standard input: does not fit the model: column 'colour' is missing\n")


def test_columns_that_are_kept_stand_first_as_they_were(run, tmp_path, model):
    frame = people()
    (tmp_path / "new.csv").write_bytes(content(frame, ";", ","))
    code, output, _ = run("predict", "some.model", "new.csv", "--keep", "code", "--keep", "size")
    assert code == 0
    read = pd.read_csv(io.StringIO(output), dtype={"code": str})
    predictions = model.predictions(frame.drop(columns="code"))
    assert list(read) == ["code", "size", *predictions]
    assert read["code"].tolist() == frame["code"].tolist()
    np.testing.assert_array_equal(read["size"], frame["size"])
    assert output == pd.concat([frame[["code", "size"]], predictions], axis=1).to_csv(index=False)


def test_a_column_that_is_not_kept_is_still_refused(run, tmp_path, model):
    (tmp_path / "new.csv").write_bytes(content(people().assign(name="x")))
    code, output, errors = run("predict", "some.model", "new.csv", "--keep", "code")
    assert (code, output) == (2, "")
    assert "additional column 'name', which training did not have" in errors


WRONG_NAMES = {
    "unknown": (
        ("cod",),
        "--keep: new.csv: unknown column 'cod' (did you mean 'code'?): choose from age, code, colour",
    ),
    "a name of the predictions": (("probability_a",), "--keep: the predictions have a column 'probability_a', too"),
    "given twice": (("code", "code"), "--keep: 'code' must be given once, got it twice"),
}


@pytest.mark.parametrize("case", WRONG_NAMES)
def test_wrong_names_are_told_in_one_line(case, run, tmp_path, model):
    names, message = WRONG_NAMES[case]
    keep = [part for name in names for part in ("--keep", name)]
    (tmp_path / "new.csv").write_bytes(content(people()))
    code, output, errors = run("predict", "some.model", "new.csv", *keep)
    assert (code, output, errors.count("\n")) == (2, "", 1)
    assert message in errors


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--separator", "ab"), 'separator must be one sign, such as ",", ";", "\\t" or "|", got \'ab\''),
        (("--decimal", ";"), 'decimal must be "." or ",", got \';\''),
        (("--encoding", "latin-99"), "encoding must name an encoding"),
    ],
)
def test_reading_options_are_checked(options, message, run, tmp_path, model):
    (tmp_path / "new.csv").write_bytes(content(rows(3)))
    code, output, errors = run("predict", "some.model", "new.csv", *options)
    assert (code, output, errors.count("\n")) == (2, "", 1)
    assert message in errors


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_rows_are_predicted_in_pieces_and_summed_up(kind, run, tmp_path, monkeypatch):
    model_of(ESTIMATORS[kind]).save(tmp_path / "some.model")
    frame = people()
    (tmp_path / "new.csv").write_bytes(content(frame))
    expected = TabularModel.load(tmp_path / "some.model").predictions(frame.drop(columns="code"))
    sizes = []
    whole = TabularModel._labels
    monkeypatch.setattr(TabularModel, "_labels", lambda self, x, names: sizes.append(len(x)) or whole(self, x, names))
    monkeypatch.setattr(tabular, "MOST_NUMBERS", 42)
    code, output, _ = run("predict", "some.model", "new.csv", "--keep", "code", "--json")
    assert code == 0
    assert max(sizes) <= 10
    assert sum(sizes) == 20
    document = json.loads(output)
    records = pd.DataFrame(document["predictions"])
    assert records["code"].tolist() == frame["code"].tolist()
    pd.testing.assert_frame_equal(records.drop(columns="code"), expected, check_dtype=False)
    if kind == "numbers":
        assert document["mean"] == pytest.approx(expected["prediction"].mean())
    else:
        assert document["counts"] == expected["prediction"].value_counts().to_dict()
