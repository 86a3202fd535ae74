import numpy as np

from hpsearch.data import DataSettings, load
from hpsearch.data.split import split


def test_inputs_are_standard_normal_and_labels_do_not_depend_on_them():
    dataset = load(DataSettings(source="normal", rows=5000, inputs=20))
    assert dataset.x.shape == (5000, 20)
    assert abs(dataset.x.mean()) < 0.02
    assert abs(dataset.x.std() - 1) < 0.02
    assert np.abs(np.corrcoef(dataset.x, rowvar=False) - np.eye(20)).max() < 0.1
    means = [dataset.x[dataset.y == label].mean() for label in range(10)]
    assert np.abs(means).max() < 0.05
    assert np.bincount(dataset.y, minlength=10).min() > 400


def test_sizes_are_the_chapters_by_default():
    assert load(DataSettings(source="normal")).x.shape == (1000, 100)


def test_the_same_seed_splits_it_the_same():
    dataset = load(DataSettings(source="normal"))
    parts = [split(dataset, seed=seed, repeat=repeat).fingerprints for seed, repeat in ((0, 0), (0, 0), (0, 1), (1, 0))]
    assert parts[0] == parts[1]
    assert parts[0]["train"] not in {parts[2]["train"], parts[3]["train"]}
