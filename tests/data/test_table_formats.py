"""Compressed files and Parquet files are tables."""

import bz2
import gzip
import io
import lzma
import sys
import zipfile

import numpy as np
import pandas as pd
import pytest

from hpsearch.data import DataSettings, load
from hpsearch.data.sources.csv_file import read_rows
from hpsearch.data.table import read_table
from hpsearch.errors import DataError

TEXT = b"name,x\na,1.5\nb,2.5\n"


def read(folder, content, **settings):
    path = folder / "own.data"
    path.write_bytes(content)
    return read_table(path, **settings)


def zipped(**members):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return content.getvalue()


PACKED = {
    "gzip": gzip.compress(TEXT),
    "gzip in parts": gzip.compress(TEXT[:9]) + gzip.compress(TEXT[9:]),
    "bzip2": bz2.compress(TEXT),
    "xz": lzma.compress(TEXT),
    "xz in parts": lzma.compress(TEXT[:9]) + bytes(8) + lzma.compress(TEXT[9:]),
    "zip": zipped(**{"a.csv": TEXT, "__MACOSX/a.csv": b"\0"}),
}


@pytest.mark.parametrize("case", PACKED)
def test_a_compressed_file_is_unpacked(tmp_path, case):
    table = read(tmp_path, PACKED[case])
    assert table.frame.to_numpy().tolist() == [["a", 1.5], ["b", 2.5]]
    assert table.reading["compression"] == case.split()[0]


@pytest.mark.parametrize("case", PACKED)
def test_a_compressed_file_that_is_cut_off_is_refused(tmp_path, case):
    with pytest.raises(DataError, match=f"own.data: can't be read as a {case.split()[0]} file, damaged or cut off"):
        read(tmp_path, PACKED[case][:-9])


WRONG_ZIPS = {
    "two files": (zipped(a=TEXT, b=TEXT), "a zip file must hold one file, got 2: 'a', 'b'"),
    "none": (zipped(), "a zip file must hold one file, got 0"),
    "a spreadsheet": (zipped(**{"[Content_Types].xml": b"", "a": b""}), "is a spreadsheet or document: save the sheet"),
}


@pytest.mark.parametrize("case", WRONG_ZIPS)
def test_zip_files_must_hold_one_table(tmp_path, case):
    content, message = WRONG_ZIPS[case]
    with pytest.raises(DataError, match=message):
        read(tmp_path, content)


PACKED_OTHERWISE = {
    "Zstandard": b"\x28\xb5\x2f\xfd\x04",
    "7-Zip": b"7z\xbc\xaf\x27\x1c\x00",
    "gzip": gzip.compress(gzip.compress(TEXT)),
    "bzip2": zipped(a=bz2.compress(TEXT)),
}


@pytest.mark.parametrize("packing", PACKED_OTHERWISE)
def test_a_file_that_is_packed_otherwise_or_twice_is_told(tmp_path, packing):
    with pytest.raises(DataError, match=f"holds a {packing} file: unpack it, or pack the table alone"):
        read(tmp_path, PACKED_OTHERWISE[packing])


FRAME = pd.DataFrame(
    {
        "whole": [1, 2, 3],
        "number": [1.5, np.nan, 2.5],
        "nullable": pd.array([1, None, 3], dtype="Int64"),
        "truth": [True, None, False],
        "text": ["a ", None, "b"],
        "category": pd.Categorical(["x", "y", "x"]),
        "when": pd.to_datetime(["2024-03-01", None, "2024-03-02"]),
    }
)


def parquet(frame):
    pytest.importorskip("pyarrow")
    content = io.BytesIO()
    frame.to_parquet(content)
    return content.getvalue()


def test_parquet_is_read_like_the_frame_it_was(tmp_path):
    table = read(tmp_path, parquet(FRAME))
    assert [dtype.kind for dtype in table.frame.dtypes] == list("iffbOOM")
    assert table.frame["text"].tolist() == ["a", None, "b"]
    assert table.frame["category"].tolist() == ["x", "y", "x"]
    assert table.frame["truth"].isna().tolist() == [False, True, False]
    assert table.frame["when"].iloc[2] == pd.Timestamp("2024-03-02")
    assert table.reading == {"format": "parquet"}
    assert read(tmp_path, parquet(FRAME), texts=["whole"]).frame["whole"].tolist() == ["1", "2", "3"]


def test_every_format_of_a_table_is_the_same_data_set(tmp_path):
    frame = pd.DataFrame({"n": [1, 2, 3, 5], "colour": ["a", "b", "a", "b"], "kind": ["x", "y", "x", "y"]})
    csv = frame.to_csv(index=False).encode()
    fingerprints = set()
    for number, content in enumerate((csv, gzip.compress(csv), parquet(frame))):
        path = tmp_path / f"{number}.data"
        path.write_bytes(content)
        dataset = load(DataSettings(source="csv", path=str(path), target="kind"))
        fingerprints.add(dataset.fingerprint)
        rows = read_rows(path, dataset.columns).frame
        assert dataset.columns.encode(rows, "new rows").x.tolist() == dataset.x.tolist()
    assert len(fingerprints) == 1


def test_an_index_of_parquet_is_a_column(tmp_path):
    table = read(tmp_path, parquet(FRAME.set_index("number")))
    assert table.frame["number"].tolist()[::2] == [1.5, 2.5]


def test_a_long_text_of_parquet_is_held_once(tmp_path):
    table = read(tmp_path, parquet(pd.DataFrame({"t": ["x" * 1000] * 50, "n": range(50)})))
    assert len(set(map(id, table.frame["t"]))) == 1


def test_a_name_twice_in_parquet_is_told(tmp_path):
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    content = io.BytesIO()
    pq.write_table(pa.table([pa.array(["x", "y"]), pa.array([1, 2])], names=["a", "a"]), content)
    with pytest.raises(DataError, match="column names must differ; 'a' is there 2 times"):
        read(tmp_path, content.getvalue())


def test_nested_columns_of_parquet_are_told(tmp_path):
    frame = pd.DataFrame({"a": [[1], [2]], "b": [{"c": 1}, {"c": 2}], "d": [1, 2]})
    with pytest.raises(DataError, match=r"column 'a' holds list.*; column 'b' holds struct"):
        read(tmp_path, parquet(frame))


def test_damaged_parquet_is_refused(tmp_path):
    content = parquet(FRAME)
    for damaged in (content[:-9], content[:4] + bytes(100) + content[104:], content[:40]):
        with pytest.raises(DataError, match=r"own\.data: ") as raised:
            read(tmp_path, damaged)
        assert "\n" not in str(raised.value)


def test_parquet_has_no_separator(tmp_path):
    with pytest.raises(DataError, match="is Parquet, which has no separator"):
        read(tmp_path, b"PAR1", separator=",")


def test_without_pyarrow_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(DataError, match=r"Parquet needs pyarrow: pip install 'hpsearch\[parquet\]'"):
        read(tmp_path, b"PAR1")
