"""What is too large ends in one line that says the limit, before it fills the memory."""

import bz2
import gzip
import lzma
import os
import subprocess
import sys

import pytest

from hpsearch.data import limits
from hpsearch.data.reading import delimited, shape, unpacking
from hpsearch.data.table import read_table
from hpsearch.errors import DataError


def refused(path):
    with pytest.raises(DataError) as raised:
        read_table(path)
    message = str(raised.value)
    assert message.startswith(str(path))
    assert message.isprintable()
    return message


def test_devices_and_pipes_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in ("/dev/zero", tmp_path / "pipe"):
        assert "Not a regular file" in refused(path)


def test_a_large_file_is_refused_by_its_size(tmp_path):
    path = tmp_path / "own.csv"
    with path.open("wb") as file:
        file.truncate(20_000_000_000)
    assert "holds 20,000,000,000 bytes, and at most 250,000,000 are read" in refused(path)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_small_file_that_unpacks_to_a_large_one_is_refused(tmp_path, monkeypatch, pack):
    monkeypatch.setattr(unpacking, "MOST_FILE_BYTES", 10_000)
    path = tmp_path / "own.csv"
    path.write_bytes(pack(b"a,b\n" + b"1,2\n" * 2_499))
    assert len(read_table(path).frame) == 2_499
    path.write_bytes(pack(b"a,b\n" + b"1,2\n" * 2_500))
    assert "holds more than 10,000 bytes when unpacked" in refused(path)


def test_many_columns_are_refused(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(",".join(f"c{number}" for number in range(100_000)) + "\n1\n")
    assert "has 100,000 columns, and at most 10,000 are read" in refused(path)


LIMITS = {
    "a line": ("MOST_LINE_BYTES", 50, "a,b\n1,2\n" + "x" * 60 + ",1\n", "a line has more than 50 bytes"),
    "the only line": ("MOST_LINE_BYTES", 50, "x" * 60, "a line has more than 50 bytes"),
    "a quote": ("MOST_LINE_BYTES", 50, 'a,b\n"' + "1,2\n" * 60, "more than 50 characters, or a quote is opened and"),
    "rows": ("MOST_ROWS", 5, "a,b\n" + "1,2\n" * 7, "has 8 lines, and at most 5 rows"),
    "values": ("MOST_CELLS", 5, "a,b\n" + "1,2\n" * 6, "has about 14 values, and at most 5"),
}


@pytest.mark.parametrize("case", LIMITS)
def test_the_limits_of_a_text_are_told(tmp_path, monkeypatch, case):
    name, most, content, message = LIMITS[case]
    monkeypatch.setattr(delimited, name, most)
    path = tmp_path / "own.csv"
    path.write_text(content)
    assert message in refused(path)


def test_many_texts_are_refused_and_numbers_are_not(tmp_path, monkeypatch):
    monkeypatch.setattr(shape, "MOST_TEXTS", 100)
    path = tmp_path / "own.csv"
    path.write_text("a,b\n" + "".join(f"{number / 8},x\n" for number in range(200)))
    assert len(read_table(path).frame) == 200
    path.write_text("a,b\n" + "".join(f"t{number},1\n" for number in range(200)))
    assert "has about 183 different texts, and at most 100 are read" in refused(path)


PEAK = """
import resource, sys
from hpsearch.data.table import read_table
from hpsearch.errors import DataError
try:
    read_table(sys.argv[1])
except DataError as error:
    print(error)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


@pytest.mark.long
@pytest.mark.parametrize("case", ["numbers", "texts", "bomb"])
def test_the_largest_files_stay_below_two_gigabytes(tmp_path, case):
    path = tmp_path / "own.csv"
    if case == "bomb":
        path.write_bytes(gzip.compress(bytes(limits.MOST_FILE_BYTES + 10), compresslevel=1))
    else:
        columns = 25 if case == "numbers" else 3
        value = "1" if case == "numbers" else "text {0:012}{1:013}"
        with path.open("w") as file:
            file.write(",".join(f"c{number}" for number in range(columns)) + "\n")
            for row in range(limits.MOST_CELLS // columns if case == "numbers" else limits.MOST_TEXTS * 30 // 31 // 3):
                file.write(",".join(value.format(row, number) for number in range(columns)) + "\n")
    lines = subprocess.run([sys.executable, "-c", PEAK, path], capture_output=True, text=True, check=True).stdout
    assert int(lines.splitlines()[-1]) < 2_000_000_000
