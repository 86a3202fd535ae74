import numpy as np
import pytest

from hpsearch.nn import SCHEDULES, Hyperparameters
from hpsearch.nn.learning_rate import learning_rate_at


def rates(steps=40, steps_per_epoch=4, **settings):
    chosen = Hyperparameters(learning_rate=0.5, epochs=10, decay_rate=0.5, decay_epochs=2, **settings)
    return np.array([learning_rate_at(step, steps_per_epoch, chosen) for step in range(steps)])


time = np.arange(40) / 4

# Expected factor at `time` epochs, computed by hand in another form than in the code.
EXPECTED = {
    "constant": np.ones(40),
    "step": np.repeat([1, 1 / 2, 1 / 4, 1 / 8, 1 / 16], 8),
    "exponential": np.exp(-time * np.log(2) / 2),
    "inverse_time": 4 / (4 + time),
    "cosine": np.cos(np.pi * time / 20) ** 2,
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_factor(name):
    np.testing.assert_allclose(rates(schedule=name), 0.5 * EXPECTED[name], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", SCHEDULES)
def test_warm_up_comes_first_then_the_schedule_from_its_start(name):
    warm = rates(schedule=name, warmup_epochs=1.0)
    np.testing.assert_allclose(warm[:4], 0.5 * np.array([0.25, 0.5, 0.75, 1.0]))
    assert warm[4] == 0.5
    assert (np.diff(warm[4:]) <= 0).all()
    assert 0 <= warm[-1] <= 0.5


@pytest.mark.parametrize("warmup_epochs", [0.1, 0.375, 0.6, 9.9, 10, 30])
@pytest.mark.parametrize("name", SCHEDULES)
def test_any_warm_up_stays_in_range(name, warmup_epochs):
    warm = rates(steps=80, schedule=name, warmup_epochs=warmup_epochs)
    assert ((warm >= 0) & (warm <= 0.5)).all()
    assert warm[0] > 0


@pytest.mark.parametrize("warmup_epochs", [1, 4])
def test_cosine_falls_from_the_end_of_the_warm_up_to_the_last_epoch(warmup_epochs):
    after = time[4 * warmup_epochs :]
    expected = 0.5 * np.cos(np.pi / 2 * (after - warmup_epochs) / (10 - warmup_epochs)) ** 2
    warm = rates(schedule="cosine", warmup_epochs=warmup_epochs)
    np.testing.assert_allclose(warm[4 * warmup_epochs :], expected, atol=1e-15)


@pytest.mark.parametrize("warmup_epochs", [10.0, 11.0])
def test_cosine_has_not_begun_where_the_warm_up_takes_all_epochs(warmup_epochs):
    assert SCHEDULES["cosine"].factor(0.0, epochs=10, warmup_epochs=warmup_epochs) == 1.0


def test_cosine_stays_at_zero_after_its_end():
    np.testing.assert_allclose(rates(steps=60, schedule="cosine")[40:], 0, atol=1e-15)


@pytest.mark.parametrize("name", SCHEDULES)
def test_does_not_depend_on_the_batch_size(name):
    coarse, fine = rates(10, 1, schedule=name), rates(40, 4, schedule=name)
    np.testing.assert_allclose(fine[::4], coarse, atol=1e-15)


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("decay_rate", [1e-300, 10.0, 1e300])
@pytest.mark.parametrize("decay_epochs", [1e-320, 1e-3, 1e300])
def test_no_setting_leaves_the_numbers_that_there_are(name, decay_rate, decay_epochs):
    settings = Hyperparameters(schedule=name, decay_rate=decay_rate, decay_epochs=decay_epochs)
    assert all(learning_rate_at(step, 4, settings) >= 0 for step in range(20))
