import gzip
import os

import numpy as np
import pytest

from hpsearch.data import DataSettings
from tests.data.idx_bytes import idx_bytes


@pytest.fixture
def make_mnist(tmp_path):
    """Write four small IDX files, some gzipped; `contents` replaces the bytes of a file by name."""

    def write(folder=tmp_path, **contents):
        rng = np.random.default_rng(0)
        files = {}
        for part, rows in (("train", 120), ("t10k", 40)):
            files[f"{part}-images-idx3-ubyte"] = idx_bytes(rng.integers(0, 256, (rows, 28, 28)))
            files[f"{part}-labels-idx1-ubyte"] = gzip.compress(idx_bytes(np.arange(rows) % 10))
        for name, content in files.items():
            content = contents.get(name.replace("-", "_"), content)
            ending = ".gz" if content.startswith(b"\x1f\x8b") else ""
            (folder / f"{name}{ending}").write_bytes(content)
        return folder

    return write


@pytest.fixture
def every_source(tmp_path, make_mnist):
    """Return a function from a key of SOURCES to its settings and data folder."""
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(60, 3)), np.arange(60) % 3
    np.savez(tmp_path / "own.npz", x=x, y=y)
    lines = ["size,colour,kind", *(f"{v[0]},{'red' if v[1] > 0 else 'blue'},k{k}" for v, k in zip(x, y, strict=True))]
    (tmp_path / "own.csv").write_text("\n".join(lines), encoding="utf-8")
    extra = {
        "csv": {"path": str(tmp_path / "own.csv"), "target": "kind"},
        "npz": {"path": str(tmp_path / "own.npz")},
    }
    make_mnist()
    return lambda source: (DataSettings(source=source, **extra.get(source, {})), tmp_path)


@pytest.fixture
def mnist_folder():
    """Folder of the real MNIST files."""
    if not os.environ.get("HPSEARCH_DATA"):
        pytest.skip("HPSEARCH_DATA names no folder with the MNIST files")
    return os.environ["HPSEARCH_DATA"]
