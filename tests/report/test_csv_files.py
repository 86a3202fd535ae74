"""CSV files: text is never a formula, and numbers are never text."""

import csv
import io
import math
from dataclasses import replace

import pandas as pd
import pytest

from hpsearch.report.csv_files import csv_text
from hpsearch.report.write import report_files
from tests.example_results import make_results


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\nx", "=", "-", "＝1", '=HYPERLINK("x")'])
def test_text_that_begins_as_a_formula_gets_a_quote(cell):
    assert rows(csv_text(pd.DataFrame({"a": [cell, "b"]}))) == [["a"], [f"'{cell}"], ["b"]]
    assert rows(csv_text(pd.DataFrame({cell: [1]})))[0] == [f"'{cell}"]
    assert rows(csv_text(pd.DataFrame({"a": pd.Categorical([cell])}))) == [["a"], [f"'{cell}"]]


@pytest.mark.parametrize("text", ["a=1", "a-b", "1e-3", "'=1", " =1", "", "ä", "[-1]", "relu"])
def test_other_text_stays(text):
    frame = pd.DataFrame({"a": [text], "b": [0]})
    assert csv_text(frame) == frame.to_csv(index=False, lineterminator="\n")


def test_a_carriage_return_begins_no_row():
    assert rows(csv_text(pd.DataFrame({"a": ["\rx", "b\r\n=1", "c\r=1"]}))) == [["a"], ["'\nx"], ["b\n=1"], ["c\n=1"]]


def test_numbers_stay_also_among_text():
    frame = pd.DataFrame({"a": [-1.5, math.nan, -math.inf], "b": [-1, "-1", None], "c": [True, False, True], "d": -3})
    assert csv_text(frame) == "a,b,c,d\n-1.5,-1,True,-3\n,'-1,False,-3\n-inf,,True,-3\n"
    assert frame["b"].tolist()[1] == "-1", "the frame itself is as it was"


def test_frames_without_rows_and_with_columns_of_one_name():
    assert csv_text(pd.DataFrame(columns=["=a", "b"])) == "'=a,b\n"
    assert csv_text(pd.DataFrame([["=x", "=y"]], columns=["a", "a"])) == "a,a\n'=x,'=y\n"


def test_every_data_file_of_a_report_is_written_so():
    formula = "=cmd|' /C calc'!A0"
    results = make_results(strategies=("random", formula), repeats=1, trials=4, tasks=("-1+1",), curves=False)
    files = report_files(replace(results, metric="@SUM(1)"))
    cells = [
        (name, cell)
        for name, content in files.items()
        if name.endswith(".csv")
        for row in rows(content.decode())
        for cell in row
    ]
    assert f"'{formula}" in {cell for _, cell in cells}
    for name, cell in cells:
        assert not cell.startswith(("=", "@", "+", "\t")), name
        assert not cell.startswith("-") or math.isfinite(float(cell)) or cell == "-inf", name
