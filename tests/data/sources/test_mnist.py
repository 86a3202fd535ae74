import gzip
import hashlib
import logging
from pathlib import Path
from types import SimpleNamespace
from urllib.error import URLError

import numpy as np
import pytest
from sklearn import datasets

from hpsearch.data import DataSettings, load
from hpsearch.data.sources import mnist as module
from hpsearch.errors import DataError
from tests.data.idx_bytes import idx_bytes

MNIST = DataSettings(source="mnist")

# Published checksums of the decompressed files.
SUMS = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


@pytest.fixture(autouse=True)
def no_folder_named(request, monkeypatch):
    if "mnist_folder" not in request.fixturenames:
        monkeypatch.delenv(module.VARIABLE, raising=False)


def test_pixels_lie_in_0_to_1(make_mnist):
    images = np.zeros((120, 28, 28), dtype=np.uint8)
    images[3, 1, 2], images[4, 0, 0] = 255, 51
    dataset = load(MNIST, make_mnist(train_images_idx3_ubyte=idx_bytes(images)))
    assert dataset.x[3, 28 + 2] == 1
    assert dataset.feature_names[28 + 2] == "pixel_1_2"
    assert dataset.x[4, 0] == np.float32(0.2)
    assert dataset.x.sum() == pytest.approx(1.2)
    assert dataset.y[:12].tolist() == [*range(10), 0, 1]
    assert [array.shape for array in dataset.test] == [(40, 784), (40,)]


def test_the_folder_may_be_a_subfolder_or_in_the_environment(make_mnist, tmp_path, monkeypatch):
    (tmp_path / "mnist").mkdir()
    make_mnist(tmp_path / "mnist")
    expected = load(MNIST, tmp_path / "mnist").fingerprint
    assert load(MNIST, tmp_path).fingerprint == expected
    monkeypatch.setenv(module.VARIABLE, str(tmp_path))
    assert load(MNIST).fingerprint == expected


def test_an_argument_goes_before_the_environment(make_mnist, tmp_path, monkeypatch):
    make_mnist()
    monkeypatch.setenv(module.VARIABLE, "/nowhere")
    assert len(load(MNIST, tmp_path).x) == 120


WRONG = {
    "cut off": ({"train_images_idx3_ubyte": idx_bytes(np.zeros((120, 28, 28)))[:-1]}, "train-images.*cut off"),
    "other file": ({"t10k_images_idx3_ubyte": idx_bytes(np.zeros(40))}, "t10k-images.*starts with 00000803"),
    "image size": ({"t10k_images_idx3_ubyte": idx_bytes(np.zeros((40, 27, 28)))}, "28 × 28 pixels; .* 27 × 28"),
    "lengths": ({"t10k_labels_idx1_ubyte": idx_bytes(np.arange(39) % 10)}, "39 labels, but .* has 40 images"),
    "label": ({"t10k_labels_idx1_ubyte": idx_bytes(np.arange(40))}, "digits from 0 to 9; the one at 39 is 39"),
}


@pytest.mark.parametrize("case", WRONG)
def test_damaged_files_are_named(case, make_mnist):
    contents, message = WRONG[case]
    for gzipped in (False, True):
        written = {name: gzip.compress(content) if gzipped else content for name, content in contents.items()}
        folder = make_mnist(**written)
        with pytest.raises(DataError, match=message) as raised:
            load(MNIST, folder)
        assert "\n" not in str(raised.value)


def test_a_named_folder_without_the_files_is_told_and_nothing_downloaded(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets, "fetch_openml", None)
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(DataError, match=r"no train-images-idx3-ubyte\(.gz\) in .*--data-dir or HPSEARCH_DATA"):
            load(MNIST, folder)


def test_download_keeps_the_order_and_says_so(monkeypatch, caplog):
    pixels = np.random.default_rng(0).integers(0, 256, (50, 784))
    labels = np.array([str(row % 10) for row in range(50)], dtype=object)
    asked = []

    def fetch(name, **options):
        asked.append((name, options["version"], options["as_frame"]))
        return SimpleNamespace(data=pixels, target=labels)

    monkeypatch.setattr(datasets, "fetch_openml", fetch)
    monkeypatch.setattr(module, "TRAIN_ROWS", 30)
    with caplog.at_level(logging.WARNING, logger="hpsearch"):
        dataset = load(MNIST)
    assert asked == [("mnist_784", 1, False)]
    assert "OpenML" in caplog.text
    np.testing.assert_allclose(np.vstack([dataset.x, dataset.test[0]]), pixels / 255, rtol=1e-6)
    assert [len(dataset.y), len(dataset.test[1])] == [30, 20]
    assert dataset.test[1].tolist() == [row % 10 for row in range(30, 50)]


def test_offline_says_what_to_do(monkeypatch):
    def fetch(*_, **__):
        raise URLError("no route to host")

    monkeypatch.setattr(datasets, "fetch_openml", fetch)
    with pytest.raises(DataError, match=r"no route to host.*put its four IDX files in a folder.*--data-dir"):
        load(MNIST)


@pytest.mark.mnist
def test_the_real_files_are_the_published_ones(mnist_folder):
    for name, expected in SUMS.items():
        path = module._find(Path(mnist_folder), name)
        assert hashlib.sha256(gzip.decompress(path.read_bytes())).hexdigest() == expected


@pytest.mark.mnist
def test_the_real_digits(mnist_folder):
    dataset = load(MNIST, mnist_folder)
    x_test, y_test = dataset.test
    assert dataset.x.shape == (60_000, 784)
    assert x_test.shape == (10_000, 784)
    # Digit counts from LeCun's page; 0.1307 is the published mean pixel of the training images.
    assert np.bincount(dataset.y).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(y_test).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert dataset.x.mean(dtype=np.float64) == pytest.approx(0.1307, abs=5e-5)
    assert (dataset.x.min(), dataset.x.max()) == (0, 1)
