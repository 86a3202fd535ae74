import gzip

import numpy as np
import pytest

from hpsearch.data.sources.idx_files import read_idx
from hpsearch.errors import DataError

# Two images of 1 x 3, byte by byte.
PLAIN = bytes.fromhex("00000803 00000002 00000001 00000003 0001ff 7f8010".replace(" ", ""))
VALUES = [[[0, 1, 255]], [[127, 128, 16]]]
PACKED = gzip.compress(PLAIN)


@pytest.mark.parametrize("content", [PLAIN, PACKED], ids=["plain", "gzipped"])
@pytest.mark.parametrize("name", ["a", "a.gz"])
def test_the_content_tells_whether_it_is_gzipped(content, name, tmp_path):
    (tmp_path / name).write_bytes(content)
    assert read_idx(tmp_path / name, dimensions=3).tolist() == VALUES


DAMAGED = {
    "empty": (b"", "starts with nothing"),
    "labels for images": (bytes.fromhex("0000080100000000"), "starts with 00000803; this one starts with 00000801"),
    "floats": (bytes.fromhex("00000d03") + PLAIN[4:], "starts with 00000d03"),
    "header cut off": (PLAIN[:9], "header ends after 9 of 16 bytes"),
    "values cut off": (PLAIN[:-1], "2 × 1 × 3 values, 22 bytes in all, and the file has 21: it is cut off"),
    "too long": (PLAIN + b"\x00", "followed by something else"),
    "sizes beyond 64 bits": (PLAIN[:4] + b"\xff" * 12 + PLAIN[16:], "it is cut off"),
    "gzip cut off": (PACKED[:-9], "can't be read"),
    "gzip damaged": (PACKED[:12] + b"\xff\xff\xff" + PACKED[15:], "can't be read"),
    "gzip checksum": (PACKED[:-8] + bytes(4) + PACKED[-4:], "can't be read"),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_damage_is_told_in_one_line_with_the_file(case, tmp_path):
    content, message = DAMAGED[case]
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message) as raised:
        read_idx(path, dimensions=3)
    assert str(raised.value).startswith(str(path))
    assert "\n" not in str(raised.value)


def test_no_file(tmp_path):
    with pytest.raises(DataError, match="none: can't be read"):
        read_idx(tmp_path / "none", dimensions=np.int64(1))
