import pytest

from hpsearch.report.section import MOST, few
from hpsearch.report.text import fill


@pytest.mark.parametrize(
    ("count", "each", "shown"), [(1, 1, 1), (12, 1, 12), (13, 1, 12), (12, 8, 1), (12, 3, 4), (2, 99, 1), (0, 1, 0)]
)
def test_the_first_tasks_that_have_room_and_at_least_one(count, each, shown):
    facts: dict = {}
    names = [f"t{index}" for index in range(count)]
    drawn, told = few(names, each, facts)
    assert drawn == names[:shown]
    assert shown * each <= MOST or shown <= 1
    assert bool(told) == (count > shown)
    for sentence in told:
        assert str(count - shown) in fill(sentence, facts)
