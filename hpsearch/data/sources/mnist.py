"""MNIST: 70,000 handwritten digits, from the four IDX files or from OpenML."""

import logging
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpsearch.checks import unreadable
from hpsearch.data.dataset import Dataset
from hpsearch.data.sources.idx_files import read_idx
from hpsearch.errors import DataError

VARIABLE = "HPSEARCH_DATA"
IMAGES, LABELS = "{}-images-idx3-ubyte", "{}-labels-idx1-ubyte"
SIDE = 28
TRAIN_ROWS = 60_000

_log = logging.getLogger("hpsearch")


def load_mnist(data_dir: Path | None) -> Dataset:
    """Load the 60,000 training digits, with the 10,000 test digits as the official test set; pixels are in [0, 1].

    Searches for the files in `data_dir`, else in the folder in HPSEARCH_DATA, and in the subfolder ``mnist`` of either.
    Without a folder, scikit-learn downloads ``mnist_784`` from OpenML and caches it.

    Raises
    ------
    DataError
        If a file is missing from the folder or damaged, or the download fails.
    """
    folder = data_dir or (Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None)
    if folder is None:
        (x, y), test = _download()
    else:
        (x, y), test = _read_pair(folder, "train"), _read_pair(folder, "t10k")
    return Dataset(
        name="mnist",
        x=x,
        y=y,
        task="classification",
        feature_names=tuple(f"pixel_{row}_{column}" for row in range(SIDE) for column in range(SIDE)),
        class_names=tuple("0123456789"),
        test=test,
    )


def _read_pair(folder: Path, part: str) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    images_path, labels_path = _find(folder, IMAGES.format(part)), _find(folder, LABELS.format(part))
    images, labels = read_idx(images_path, dimensions=3), read_idx(labels_path, dimensions=1)
    if images.shape[1:] != (SIDE, SIDE):
        size = " × ".join(map(str, images.shape[1:]))
        raise DataError(f"{images_path}: MNIST images have {SIDE} × {SIDE} pixels; these have {size}")
    if len(images) != len(labels):
        raise DataError(f"{labels_path}: {len(labels)} labels, but {images_path.name} has {len(images)} images")
    if labels.size and labels.max() > 9:
        row = int(labels.argmax())
        raise DataError(f"{labels_path}: labels are digits from 0 to 9; the one at {row} is {labels[row]}")
    return _pixels(images), labels.astype(np.int64)


def _find(folder: Path, name: str) -> Path:
    for place in (folder, folder / "mnist"):
        for path in (place / f"{name}.gz", place / name):
            if unreadable(path) is None:
                return path
    raise DataError(
        f"no {name}(.gz) in {folder}, nor in {folder / 'mnist'}: put the four MNIST files there, name their"
        f" folder with --data-dir or {VARIABLE}, name none to download MNIST from OpenML, or run the study with"
        " --data digits"
    )


def _pixels(images: NDArray[Any]) -> NDArray[np.float32]:
    """Convert pixels from 0 .. 255 to 0 .. 1, one row per image, without copies besides the float32 result."""
    flat = images.reshape(len(images), SIDE * SIDE)
    pixels = np.empty(flat.shape, dtype=np.float32)
    np.divide(flat, np.float32(255), out=pixels, dtype=np.float32, casting="same_kind")
    return pixels


def _download() -> tuple[tuple[NDArray[np.float32], NDArray[np.int64]], ...]:
    from sklearn import datasets

    _log.warning(
        "MNIST: no folder named with --data-dir or %s, so scikit-learn fetches mnist_784 from OpenML: about"
        " 15 MB to download the first time, kept in %s",
        VARIABLE,
        datasets.get_data_home(),
    )
    try:
        with warnings.catch_warnings():
            # Ignore its warnings on retries: the error is reported once, below.
            warnings.simplefilter("ignore")
            bunch = datasets.fetch_openml("mnist_784", version=1, as_frame=False, n_retries=1)
    except (OSError, ValueError) as error:
        raise DataError(
            f"MNIST can't be downloaded from OpenML ({error}): put its four IDX files in a folder, and name"
            f" the folder with --data-dir or {VARIABLE}, or run the study with --data digits"
        ) from error
    x, y = _pixels(bunch.data), bunch.target.astype(np.int64)
    # OpenML has the original order: training images first.
    return (x[:TRAIN_ROWS], y[:TRAIN_ROWS]), (x[TRAIN_ROWS:], y[TRAIN_ROWS:])
