import numpy as np

from hpsearch.data import DataSettings, load


def said(number):
    words = ("fizz" if number % 3 == 0 else "") + ("buzz" if number % 5 == 0 else "")
    return words or "number"


def test_bits_and_answers():
    dataset = load(DataSettings(source="fizzbuzz"))
    powers = 2 ** np.arange(10)
    for (x, y), expected in (((dataset.x, dataset.y), range(101, 1024)), (dataset.test, range(1, 101))):
        numbers = (x @ powers).astype(int)
        assert numbers.tolist() == list(expected)
        assert set(np.unique(x)) == {0, 1}
        assert [dataset.class_names[label] for label in y] == [said(number) for number in numbers]
