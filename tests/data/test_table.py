"""Files and data in memory become tables of numbers, truths, texts and dates."""

import numpy as np
import pandas as pd
import pytest

from hpsearch.data.table import read_table, table_of
from hpsearch.errors import DataError, UsageError


def read(folder, content, name="own.csv", **settings):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_table(path, **settings)


PLAIN = [["a", 1, 2.5], ["b", 2, 3.25]]

SAME = {
    "commas": ("name,n,x\na,1,2.5\nb,2,3.25\n", ",", "."),
    "semicolons": ("name;n;x\na;1;2.5\nb;2;3.25\n", ";", "."),
    "tabs": ("name\tn\tx\na\t1\t2.5\nb\t2\t3.25\n", "\t", "."),
    "bars": ("name|n|x\na|1|2.5\nb|2|3.25\n", "|", "."),
    "decimal commas": ("name;n;x\na;1;2,5\nb;2;3,25\n", ";", ","),
    "decimal commas in quotes": ('name,n,x\na,1,"2,5"\nb,2,"3,25"\n', ",", ","),
    "apostrophes": ("'name','n','x'\n'a',1,2.5\n'b',2,3.25\n", ",", "."),
    "carriage returns": ("name,n,x\ra,1,2.5\rb,2,3.25\r", ",", "."),
    "the separator named": ("sep=;\nname;n;x\na;1;2.5\nb;2;3.25\n", ";", "."),
    "a comma in a name": ('"name";"n";"x"\n"a";1;2,5\n"b";2;3,25\n', ";", ","),
}


@pytest.mark.parametrize("case", SAME)
def test_separator_and_decimal_sign_are_found(tmp_path, case):
    content, separator, decimal = SAME[case]
    table = read(tmp_path, content)
    assert list(table.frame) == ["name", "n", "x"]
    assert table.frame.to_numpy().tolist() == PLAIN
    assert (table.reading["separator"], table.reading["decimal"]) == (separator, decimal)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-32"], ids=lambda encoding: encoding
)
def test_the_encoding_is_found(tmp_path, encoding):
    marked = "utf-16" if encoding == "utf-16-le" else encoding
    table = read(tmp_path, "näme;x\nKäse;1\nÖl;2\n".encode(marked))
    assert table.frame["näme"].tolist() == ["Käse", "Öl"]


def test_settings_win_over_what_is_found(tmp_path):
    content = "name,a;x\nKäse;1.250\nÖl;2.500\n".encode("mac-roman")
    table = read(tmp_path, content, separator=";", decimal=",", encoding="mac-roman")
    assert table.frame.to_numpy().tolist() == [["Käse", 1250], ["Öl", 2500]]
    assert list(table.frame) == ["name,a", "x"]


def test_a_column_that_is_text_keeps_its_zeros(tmp_path):
    table = read(tmp_path, "zip,x\n01234,1\n56789,2\n", texts=["zip"])
    assert table.frame["zip"].tolist() == ["01234", "56789"]


def test_missing_values_stay_missing(tmp_path):
    table = read(tmp_path, "t,x,b,d\na,1,True,2024-03-01\nNA,,,\nc,3,False,2024-03-02\n")
    assert table.frame.isna().to_numpy().tolist() == [[False] * 4, [True] * 4, [False] * 4]
    assert [dtype.kind for dtype in table.frame.dtypes] == ["O", "f", "b", "M"]
    assert table.place(2) == "line 4"


NUMBERS = {
    "thousands": (["1.234,5", "10"], [1234.5, 10]),
    "many thousands": (["1.234.567", "2.000"], [1234567, 2000]),
    "English thousands": (["1,234.5", "1,000"], [1234.5, 1000]),
    "both signs": (["1,234.5", "1.234,5"], None),
    "perhaps thousands": (["1,234", "2,000"], None),
    "no zero before thousands": (["0,234", "2,000"], [0.234, 2.0]),
    "addresses": (["10.0.0.1", "10.0.0.2"], None),
}


@pytest.mark.parametrize("case", NUMBERS)
def test_thousands_are_numbers_only_where_they_can_be_nothing_else(tmp_path, case):
    texts, numbers = NUMBERS[case]
    table = read(tmp_path, "".join(f"{text}\n" for text in ["x;n", *(f"{text};1" for text in texts)]))
    assert table.frame["x"].tolist() == (texts if numbers is None else numbers)
    assert ("ambiguous" in table.reading) == (case == "perhaps thousands")


DATES = {
    "ISO": (["2024-03-01", "2024-12-31"], "2024-03-01"),
    "ISO with times": (["2024-03-01 10:30", "2024-12-31T23:59:59.5"], "2024-03-01 10:30"),
    "ISO with zones": (["2024-03-01T10:30+02:00", "2024-12-31T00:00Z"], "2024-03-01 08:30"),
    "points": (["01.03.2024", "2.3.2024"], "2024-03-01"),
    "a day above 12": (["01/03/2024", "31/03/2024"], "2024-03-01"),
    "a month in front": (["03/01/2024", "03/31/2024"], "2024-03-01"),
    "either": (["01/03/2024", "02/03/2024"], None),
    "neither": (["31/03/2024", "03/31/2024"], None),
    "mixed": (["2024-03-01", "01.03.2024"], None),
    "no such day": (["2024-02-30", "2024-02-01"], None),
    "a text": (["2024-03-01", "soon"], None),
    "short months": (["05-Mar-24", "17-MAY-99"], "2024-03-05"),
    "names of months": (["5 March 2024", "17 May 2024"], "2024-03-05"),
    "names of months with times": (["5 Sept 2024 08:30", "17 May 2024 09:10"], "2024-09-05 08:30"),
    "slashes around months": (["05/Mar/2024", "17/may/1999"], "2024-03-05"),
    "months in front": (['"March 5, 2024"', '"May 17, 2024"'], "2024-03-05"),
    "months in German": (["5 März 2024", "17 Mai 2024"], None),
    "no month": (["5 Mars 2024", "17 May 2024"], None),
    "two digits and a day above 12": (["03/05/24", "31/05/24"], "2024-05-03"),
    "two digits and a month in front": (["03/05/24", "03/31/24"], "2024-03-05"),
    "two digits and either": (["03/05/24", "04/05/24"], None),
    "two digits and points": (["03.05.68", "1.12.24"], "2068-05-03"),
    "two digits of the last century": (["03.05.69", "1.12.24"], "1969-05-03"),
    "two digits and lines": (["31-03-24", "30-03-25"], None),
    "two digits and lines, a year above 31": (["31-03-84", "30-03-25"], "1984-03-31"),
    "months": (["2024-03", "1999-12"], "2024-03-01"),
    "months of a calendar": (["Mar 2024", "December 1999"], "2024-03-01"),
    "codes like months": (["1234-03", "1999-12"], None),
    "codes beyond months": (["2024-03", "1999-13"], None),
    "the same as numbers": (["20240305", "20241231"], None),
}
AMBIGUOUS = ("either", "two digits and either", "two digits and lines")


@pytest.mark.parametrize("case", DATES)
def test_dates_of_one_format_are_dates(tmp_path, case):
    texts, first = DATES[case]
    content = "".join(f"{text}\n" for text in ["when,n", *(f"{text},1" for text in texts)])
    table = read(tmp_path, content)
    if first is None:
        assert table.frame["when"].astype(str).tolist() == texts
    else:
        assert table.frame["when"].iloc[0] == pd.Timestamp(first)
    assert ("ambiguous" in table.reading) == (case in AMBIGUOUS)
    assert read(tmp_path, content, dates=False).frame["when"].astype(str).tolist() == [t.strip('"') for t in texts]


CODES = {
    "postal codes": (["01234", "98765"], True),
    "in quotes": (['"98765"', '"01234"'], True),
    "with blanks": ([" 01234", " 98765"], True),
    "missing ones": (["01234", "", "98765"], True),
    "one that is only zeros": (["00", "10"], True),
    "no zero in front": (["1234", "0"], False),
    "decimals": (["0.5", "01.5"], False),
    "numbers with decimals": (["01", "1.5"], False),
}


@pytest.mark.parametrize("case", CODES)
def test_whole_numbers_with_leading_zeros_are_codes(tmp_path, case):
    texts, are_codes = CODES[case]
    content = "".join(f"{text}\n" for text in ["n,zip,x", *(f"{n},{text},7" for n, text in enumerate(texts))])
    table = read(tmp_path, content)
    assert table.reading.get("codes") == ("zip" if are_codes else None)
    if are_codes:
        assert table.frame["zip"].tolist() == [text.strip(' "') or None for text in texts]
    assert table.frame[["n", "x"]].dtypes.map(lambda dtype: dtype.kind).tolist() == ["i", "i"]
    assert read(tmp_path, content, numbers=["zip"]).frame["zip"].dtype.kind in "if"


@pytest.mark.parametrize("sign", [";", "\t"])
def test_codes_at_either_end_of_a_line_are_seen(tmp_path, sign):
    table = read(tmp_path, f"zip{sign}x{sign}area\r\n01234{sign}1,5{sign}7\r\n1{sign}2,5{sign}08")
    assert table.frame["zip"].tolist() == ["01234", "1"]
    assert table.frame["area"].tolist() == ["7", "08"]


COMPACT = {
    "a date": ("order_date", ["20240305", "19991231"], "2024-03-05"),
    "a missing one": ("Date", ["20240305", ""], "2024-03-05"),
    "another name": ("order", ["20240305", "19991231"], None),
    "no such day": ("date", ["20240305", "20240231"], None),
    "other numbers": ("candidate", ["12", "20240305"], None),
    "fractions": ("date", ["20240305.5", "20240306"], None),
    "truths": ("updated", ["True", "False"], None),
}


@pytest.mark.parametrize("case", COMPACT)
def test_numbers_are_dates_only_if_the_name_says_so(tmp_path, case):
    name, texts, first = COMPACT[case]
    content = "".join(f"{text}\n" for text in [f"{name},n", *(f"{text},1" for text in texts)])
    values = read(tmp_path, content).frame[name]
    assert (values.dtype.kind == "M") == (first is not None)
    if first is not None:
        assert values.iloc[0] == pd.Timestamp(first)
        assert read(tmp_path, content, numbers=[name]).frame[name].iloc[0] == float(texts[0])
        assert read(tmp_path, content, texts=[name]).frame[name].iloc[0] == texts[0]


def test_all_problems_are_told_at_once(tmp_path):
    with pytest.raises(DataError) as raised:
        read(tmp_path, "a,,a\n1,2,3\n1,2\n1,2,3,4\n")
    message = str(raised.value)
    assert "column 2 has no name" in message
    assert "'a' more than once" in message
    assert "line 3 has 2 values, and the first line names 3 columns; line 4 has 4 values" in message


def test_many_problems_are_counted(tmp_path):
    with pytest.raises(DataError, match=r"line 11 has 1 value.*; and 90 more problems$"):
        read(tmp_path, "a,b\n" + "1\n" * 100)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"separator": "ab"}, "separator must be one sign, such as .* got 'ab'"),
        ({"separator": "."}, "separator must be"),
        ({"decimal": ";"}, "decimal must be .* got ';'"),
        ({"encoding": "latin-99"}, "encoding must name .* got 'latin-99'"),
        ({"encoding": "rot13"}, "encoding must name"),
    ],
)
def test_settings_are_checked(tmp_path, settings, message):
    with pytest.raises(UsageError, match=message):
        read(tmp_path, "a,b\n1,2\n", **settings)


def test_frames_arrays_and_pairs_are_tables():
    table, target = table_of(pd.DataFrame({"a": [1, 2], "b": [" x", None]}, index=[5, 5]), "b")
    assert (target, table.frame["b"].tolist(), list(table.frame.index)) == ("b", ["x", None], [0, 1])
    table, target = table_of((np.eye(2), ["u", "v"]))
    assert (list(table.frame), target) == (["x_0", "x_1", "y"], "y")
    table, target = table_of(pd.DataFrame({"a": [1, 2]}), pd.Series([3, 4], name="a"))
    assert (list(table.frame), target) == (["a", "a_"], "a_")
