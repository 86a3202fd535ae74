import numpy as np
import pytest

from hpsearch.errors import UsageError
from hpsearch.estimators.randomness import generator_from

MAKERS = {
    "int": lambda: 7,
    "numpy int": lambda: np.int64(7),
    "RandomState": lambda: np.random.RandomState(7),
    "Generator": lambda: np.random.default_rng(7),
}


@pytest.mark.parametrize("maker", MAKERS)
def test_the_same_state_gives_the_same_generator(maker):
    one, other = (generator_from(MAKERS[maker]()).random(4) for _ in range(2))
    np.testing.assert_array_equal(one, other)


def test_numbers_are_the_same_of_any_type():
    assert generator_from(7).random() == generator_from(np.uint8(7)).random() != generator_from(8).random()


@pytest.mark.parametrize("maker", ["RandomState", "Generator"])
def test_a_source_gives_another_generator_at_each_call(maker):
    source = MAKERS[maker]()
    assert generator_from(source).random() != generator_from(source).random()


def test_none_is_another_one_each_time_whatever_numpys_global_state():
    drawn = set()
    for _ in range(3):
        np.random.seed(0)  # noqa: NPY002 -- must have no effect
        drawn.add(generator_from(None).random())
    assert len(drawn) == 3


@pytest.mark.parametrize("wrong", [-1, 1.0, "1", True, [1]])
def test_what_is_no_random_state_is_refused(wrong):
    with pytest.raises(UsageError, match="random_state must be a whole number >= 0"):
        generator_from(wrong)
