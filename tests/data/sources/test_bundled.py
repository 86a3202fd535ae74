import numpy as np
import pytest

from hpsearch.data import DataSettings, load

# Rows, columns and classes (0: regression), from scikit-learn's user guide.
SHAPES = {
    "digits": (1797, 64, 10),
    "iris": (150, 4, 3),
    "wine": (178, 13, 3),
    "breast_cancer": (569, 30, 2),
    "diabetes": (442, 10, 0),
}


@pytest.mark.parametrize("name", SHAPES)
def test_sizes(name):
    dataset = load(DataSettings(source=name))
    rows, columns, classes = SHAPES[name]
    assert dataset.x.shape == (rows, columns)
    assert len(dataset.class_names) == classes
    assert dataset.test is None


def test_diabetes_is_not_scaled_beforehand():
    ages = load(DataSettings(source="diabetes")).x[:, 0]
    assert np.array_equal(ages, np.round(ages))
    assert 18 < ages.mean() < 80
