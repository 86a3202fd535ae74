import pytest

from hpsearch.report.section import MOST, few
from hpsearch.report.text import fill


@pytest.mark.parametrize(
    ("count", "each", "selected_count"),
    [(1, 1, 1), (12, 1, 12), (13, 1, 12), (12, 8, 1), (12, 3, 4), (2, 99, 1), (0, 1, 0)],
)
def test_the_first_tasks_that_have_room_and_at_least_one(count, each, selected_count):
    facts: dict = {}
    names = [f"t{index}" for index in range(count)]
    selected, notes = few(names, each, facts)
    assert selected == names[:selected_count]
    assert selected_count * each <= MOST or selected_count <= 1
    assert bool(notes) == (count > selected_count)
    for sentence in notes:
        assert str(count - selected_count) in fill(sentence, facts | {"subject": "task", "subjects": "tasks"})
