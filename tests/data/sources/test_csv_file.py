import gzip

import numpy as np
import pytest

from hpsearch.data import DataSettings, load
from hpsearch.data.roles import MOST_CATEGORIES
from hpsearch.errors import DataError


def read(folder, content, target="kind", **settings):
    path = folder / "own.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return load(DataSettings(source="csv", path=str(path), target=target, **settings))


def test_categories_are_numbered_after_the_numbers_and_the_target_may_stand_anywhere(tmp_path):
    dataset = read(tmp_path, "size,kind,colour,open\n1.5,dog,red,True\n2,cat,blue,False\n3,cat,red,False\n")
    assert dataset.feature_names == ("size", "open", "colour")
    assert dataset.columns.feature_names == ("size", "open", "colour=blue", "colour=red")
    np.testing.assert_array_equal(dataset.x, [[1.5, 1, 1], [2, 0, 0], [3, 0, 1]])
    assert dataset.class_names == ("cat", "dog")
    assert dataset.y.tolist() == [1, 0, 0]


def test_numbers_are_a_regression_target(tmp_path):
    dataset = read(tmp_path, "a,kind\n1,0.5\n2,1.25\n")
    assert dataset.task == "regression"
    assert dataset.y.tolist() == [0.5, 1.25]
    forced = read(tmp_path, "a,kind\n1,0\n2,1\n", task="regression")
    assert forced.task == "regression"


SAME = {
    "byte order mark": b"\xef\xbb\xbfa,kind\n1,x\n2,y\n",
    "Windows line ends": b"a,kind\r\n1,x\r\n2,y\r\n",
    "spaces after commas": b"a, kind\n1, x\n2, y",
    "quotes": b'"a","kind"\n"1","x"\n2,"y"\n',
    "semicolons": b"a;kind\n1;x\n2;y\n",
    "tabs": b"a\tkind\n1\tx\n2\ty\n",
    "UTF-16": "a,kind\n1,x\n2,y\n".encode("utf-16"),
    "compressed": gzip.compress(b"a,kind\n1,x\n2,y\n"),
    "blank lines": b"\na,kind\n\n1,x\n   \n2,y\n\n",
}


@pytest.mark.parametrize("case", SAME)
def test_ways_to_write_the_same(case, tmp_path):
    plain = read(tmp_path, "a,kind\n1,x\n2,y\n")
    assert read(tmp_path, SAME[case]).fingerprint == plain.fingerprint


def test_a_relative_path_starts_from_the_current_folder(tmp_path, monkeypatch):
    there = read(tmp_path, "a,kind\n1,x\n2,y\n")
    monkeypatch.chdir(tmp_path)
    assert load(DataSettings(source="csv", path="own.csv", target="kind")).fingerprint == there.fingerprint


MANY = "\n".join(["name,kind", *(f"n{i},{'xy'[i % 2]}" for i in range(MOST_CATEGORIES + 1))])

TIMES = "time,kind\n" + "".join(f"{1_700_000_000 + 10 * n},{n % 2}\n" for n in range(20))

WRONG = {
    "missing target": ("a,kind\n1,x\n2,\n", "column 'kind': the target is missing in line 3: leave"),
    "no value": (
        "a,b,kind\n1,,x\n3,,y\n",
        "nothing can be learned from column 'b' .no value in any row.: write ignore =",
    ),
    "short line": ("a,kind\n1,x\n2\n", "line 3 has 1 value, and the first line names 2 columns"),
    "after blank lines": ("\na,kind\n\n1,x\n\n3,\n", "missing in line 6"),
    "after a quoted line break": ('a,kind\n"one\ntwo",x\n3,\n', "missing in line 4"),
    "after a long text": (f"a,kind\n1,x\n2,{200_000 * 'y'}\n3,\n", "missing in line 4"),
    "infinite": ("a,kind\n1,x\n-inf,y\n", "column 'a', line 3: the value is infinite"),
    "beyond float32": ("a,kind\n1e39,x\n2,y\n", "column 'a', line 2: .*too large for float32"),
    "beyond 64 bits": ("a,kind\n1,x\n123456789012345678901234,y\n", "column 'a', line 3: .*64 bits"),
    "a slip among numbers": ("a,kind\n1,x\n2,y\n3o,x\n4,y\n", "column 'a', line 4: '3o' can't be used as a number"),
    "a slip in the target": ("a,kind\n1,1\n2,2\n3,l\n", "column 'kind', line 4: 'l' can't be used as a number"),
    "no such target": ("a,kin\n1,x\n2,y\n", "unknown column 'kind' .did you mean 'kin'.*choose from a, kin"),
    "names twice but for blanks": ("a, a ,kind\n1,2,x\n3,4,y\n", "has 'a' more than once"),
    "a name in each row": (
        "who,kind\nann,x\nbob,y\ncid,x\n",
        "column 'who' .a different text in every row, such as 'ann'.: write ignore = ..who",
    ),
    "times that float32 takes for one": (TIMES, "column 'time': the values differ too little"),
    "only the target": ("kind\nx\ny\n", "no column is left beside the target 'kind'"),
    "names twice": ("a,a,kind\n1,2,x\n3,4,y\n", "has 'a' more than once"),
    "names twice after a byte order mark": (b"\xef\xbb\xbfa,a,kind\n1,2,x\n3,4,y\n", "has 'a' more than once"),
    "a name left out": (",a,kind\n0,1,x\n1,2,y\n", "column 1 has no name.*index=False"),
    "first row too long": ("a,kind\n0,1,x\n1,2,y\n", "line 2 has 3 values, and the first line names 2 columns"),
    "later row too long": ("a,kind\n1,x\n1,2,y\n", "line 3 has 3 values"),
    "an open quote": ('a,kind\n1,"x\n2,y\n', "can't be read as CSV"),
    "names alone": ("a,kind\n", "no rows below"),
    "empty": ("", "it is empty"),
    "blank": (" \n\n", "it is empty"),
    "too many categories": (MANY, "column 'name' .a different text in every row"),
    "all at once": (
        "a,b,c,kind\n1,,inf,x\n2,,4,\n",
        "column 'b' .no value.*; column 'c', line 2: .* infinite.*; column 'kind': .* missing in line 3",
    ),
    "one class": ("a,kind\n1,x\n2,x\n", "at least two classes; the rows hold 'x'"),
    "constant number": ("a,kind\n1,5\n2,5\n", "at least two classes; the rows hold '5'"),
    "not Windows' encoding": (b"a,kind\n1,\x81\n", "not cp1252 text.*0x81.*give the encoding"),
    "not text": (b"\x00\x01\x02a,kind", "holds NUL bytes"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_used_is_told_in_one_line(case, tmp_path):
    content, message = WRONG[case]
    with pytest.raises(DataError, match=message) as raised:
        read(tmp_path, content)
    assert str(raised.value).startswith(str(tmp_path / "own.csv"))
    assert "\n" not in str(raised.value)


def test_blanks_around_names_and_texts_do_not_count(tmp_path):
    plain = read(tmp_path, "a,b,kind\n1,red,yes\n2.5,green,no\n3,red,yes\n")
    loose = read(tmp_path, " a , b , kind \n 1 , red , yes\n2.5 ,green , no \n3,red,yes \n")
    assert (loose.feature_names, loose.class_names) == (plain.feature_names, plain.class_names)
    assert loose.fingerprint == plain.fingerprint


def test_the_target_must_be_named(tmp_path):
    with pytest.raises(DataError, match="target must name a column: choose from a, kind"):
        read(tmp_path, "a,kind\n1,x\n2,y\n", target=None)


def test_text_cannot_be_forced_into_regression(tmp_path):
    with pytest.raises(DataError, match="column 'kind': regression needs numbers"):
        read(tmp_path, "a,kind\n1,x\n2,y\n", task="regression")


def test_no_file(tmp_path):
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(DataError, match=r"can't be read: (No such file|Is a directory)"):
            load(DataSettings(source="csv", path=str(path), target="kind"))
