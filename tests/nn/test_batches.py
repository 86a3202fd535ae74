import pickle
from itertools import chain

import numpy as np
import pytest

from hpsearch.nn.batches import Batches


def new_batches(rows=10, batch_size=4, replacement=False, seed=0):
    batches = Batches(batch_size, replacement=replacement, rng=np.random.default_rng(seed))
    batches.resize(rows)
    return batches


def taken(batches, count):
    return [batches.next().tolist() for _ in range(count)]


def rows_of(batches, count):
    return list(chain(*taken(batches, count)))


def test_without_replacement_an_epoch_has_each_row_once():
    batches = new_batches()
    assert len(batches) == 3
    first, second = taken(batches, 3), taken(batches, 3)
    assert [len(batch) for batch in first] == [4, 4, 2]
    assert sorted(chain(*first)) == sorted(chain(*second)) == list(range(10))
    assert first != second


def test_with_replacement_every_batch_is_drawn_from_all_rows():
    batches = new_batches(replacement=True)
    drawn = taken(batches, 3000)
    assert {len(batch) for batch in drawn} == {4}
    assert any(len(set(batch)) < 4 for batch in drawn)
    counts = np.bincount(list(chain(*drawn)), minlength=10)
    assert np.abs(counts / 12_000 - 0.1).max() < 5 * np.sqrt(0.1 * 0.9 / 12_000)


def test_with_replacement_the_rows_do_not_depend_on_the_batch_size():
    drawn = [rows_of(new_batches(12, size, replacement=True), 24 // size) for size in (1, 2, 3, 12)]
    assert drawn == [drawn[0]] * 4


@pytest.mark.parametrize("replacement", [False, True])
def test_a_batch_has_at_most_all_rows(replacement):
    batches = new_batches(batch_size=1000, replacement=replacement)
    assert len(batches) == 1
    assert len(batches.next()) == len(batches.next()) == 10


@pytest.mark.parametrize("replacement", [False, True])
@pytest.mark.parametrize("done", [1, 3, 4])
def test_a_copy_continues_in_the_middle_of_an_epoch(done, replacement):
    batches = new_batches(replacement=replacement)
    taken(batches, done)
    other = pickle.loads(pickle.dumps(batches))
    other.resize(10)
    assert taken(other, 7) == taken(batches, 7)


def test_another_number_of_rows_begins_an_epoch():
    batches = new_batches()
    batches.next()
    batches.resize(6)
    assert sorted(rows_of(batches, 2)) == list(range(6))


@pytest.mark.parametrize("replacement", [False, True])
def test_the_first_order_is_known_without_a_draw(replacement):
    batches = new_batches(rows=8, replacement=replacement)
    order = batches.first_order().tolist()
    assert order == batches.first_order().tolist() == rows_of(batches, 2)
