"""Trajectories against PyTorch, minima, and independence of block size and pickling."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import lfilter

import hpsearch.nn.optimizers as module
from hpsearch.nn import OPTIMIZERS, Hyperparameters
from hpsearch.nn.learning_rate import learning_rate_at

PYTORCH = json.loads(Path(__file__).with_name("pytorch_trajectories.json").read_text())
CURVATURE = np.array([0.1, 2.0])  # of f(x, y) = x² / 20 + y²


def make(name, parameters, gradient, *, n_decaying=0, **numbers):
    kind = OPTIMIZERS[name]
    return kind(parameters, gradient, **Hyperparameters(**numbers).select(kind.hyperparameters), n_decaying=n_decaying)


def start(name, **settings):
    point, gradient = np.array([-7.0, 2.0]), np.zeros(2)
    return make(name, point, gradient, n_decaying=2, **settings)


def descend(optimizer, rates):
    points = []
    for rate in rates:
        optimizer.gradient[...] = CURVATURE * optimizer.parameters
        optimizer.step(rate)
        points.append(optimizer.parameters.copy())
    return np.array(points)


def test_there_is_a_reference_for_every_optimizer():
    assert PYTORCH.keys() == OPTIMIZERS.keys()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_trajectory_is_pytorchs(name):
    # Weight decay affects adamw only: no other optimizer applies it apart from the gradient.
    points = descend(start(name, weight_decay=0.05), [0.1] * 12)
    np.testing.assert_allclose(points, PYTORCH[name], rtol=1e-12)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_finds_the_minimum(name):
    settings = Hyperparameters(learning_rate=0.5, schedule="cosine", epochs=4000)
    points = descend(start(name), [learning_rate_at(step, 1, settings) for step in range(4000)])
    assert np.abs(points[0]).max() > 1
    np.testing.assert_allclose(points[-1], 0, atol=1e-4)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_blocks_change_nothing(name, monkeypatch):
    rng = np.random.default_rng(0)
    before, gradients = rng.standard_normal(23), rng.standard_normal((5, 23))

    def run():
        optimizer = make(name, before.copy(), np.zeros(23), n_decaying=17, weight_decay=0.1)
        for gradient in gradients:
            optimizer.gradient[...] = gradient
            optimizer.step(0.1)
        return optimizer.parameters

    whole = run()
    monkeypatch.setattr(module, "BLOCK", 5)
    np.testing.assert_allclose(run(), whole, rtol=1e-12)
    assert not np.allclose(whole, before)


@pytest.mark.parametrize(("beta_1", "beta_2"), [(0.9, 0.999), (0.5, 0.9), (0.0, 0.99), (0.9, 0.0), (0.99, 0.5)])
def test_adam_is_its_formula_over_many_steps(beta_1, beta_2):
    """Compare with algorithm 1 of the paper, over several resets of the moments' units."""
    gradients = np.random.default_rng(0).standard_normal((400, 4)) * [1e-3, 1, 10, 1e-8]
    p, m, v = np.ones(4), np.zeros(4), np.zeros(4)
    optimizer = make("adam", np.ones(4), np.zeros(4), beta_1=beta_1, beta_2=beta_2)
    for t, g in enumerate(gradients, 1):
        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g**2
        p = p - 0.01 * m / (1 - beta_1**t) / (np.sqrt(v / (1 - beta_2**t)) + 1e-8)
        optimizer.gradient[...] = g
        optimizer.step(0.01)
        np.testing.assert_allclose(optimizer.parameters, p, rtol=1e-10, atol=1e-12)


def test_adam_is_its_formula_beyond_the_first_restart_of_a_slow_moment():
    """With β₂ = 0.999 the unit of v restarts after 13,855 and 27,710 steps; the moments by SciPy's recursive filter."""
    gradients = np.random.default_rng(1).standard_normal((28_000, 2)) * [1.0, 1e-3]
    steps = np.arange(1.0, len(gradients) + 1)[:, None]
    m = lfilter([0.1], [1.0, -0.9], gradients, axis=0) / (1 - 0.9**steps)
    v = lfilter([0.001], [1.0, -0.999], gradients**2, axis=0) / (1 - 0.999**steps)
    optimizer, points = make("adam", np.ones(2), np.zeros(2)), []
    for gradient in gradients:
        optimizer.gradient[...] = gradient
        optimizer.step(0.01)
        points.append(optimizer.parameters.copy())
    np.testing.assert_allclose(points, 1 - 0.01 * np.cumsum(m / (np.sqrt(v) + 1e-8), axis=0), rtol=1e-9, atol=1e-9)


def steps_of(name, gradients, **settings):
    """Return the steps of one parameter at the learning rate 1, without sign."""
    optimizer, steps = make(name, np.zeros(1), np.zeros(1), **settings), []
    for gradient in gradients:
        before = optimizer.parameters.copy()
        optimizer.gradient[...] = gradient
        optimizer.step(1.0)
        steps.append(abs(optimizer.parameters - before).item())
    return steps


GRADIENTS = [0.3, -1.0, 0.2, 5.0]


def test_rmsprop_that_starts_at_the_gradient_is_the_lectures_formula():
    sigma, expected = abs(GRADIENTS[0]), []
    for number, gradient in enumerate(GRADIENTS):
        sigma = np.sqrt(0.9 * sigma**2 + 0.1 * gradient**2) if number else sigma
        expected.append(abs(gradient) / sigma)
    steps = steps_of("rmsprop", GRADIENTS, rho=0.9, rmsprop_start="gradient", epsilon=1e-12)
    np.testing.assert_allclose(steps, expected)


def test_rmsprops_first_step_is_as_long_as_the_docstring_says():
    assert steps_of("rmsprop", [0.3]) == pytest.approx([10.0])
    assert steps_of("rmsprop", [0.3], rmsprop_start="gradient") == pytest.approx([1.0])


def test_rmsprop_starts_at_the_gradient_also_after_pickling():
    optimizer = start("rmsprop", rmsprop_start="gradient")
    descend(optimizer, [0.1])
    copy = pickle.loads(pickle.dumps(optimizer))
    np.testing.assert_array_equal(descend(copy, [0.1] * 3), descend(optimizer, [0.1] * 3))


@pytest.mark.parametrize(("epsilon", "short"), [(1e-8, 0.01), (1e-7, 0.09)])
def test_adagrads_epsilon_is_outside_of_the_root(epsilon, short):
    assert 1 - steps_of("adagrad", [1e-6], epsilon=epsilon)[0] == pytest.approx(short, abs=0.002)


@pytest.mark.parametrize("name", [name for name, kind in OPTIMIZERS.items() if "epsilon" in kind.hyperparameters])
def test_epsilon_is_outside_of_the_root_for_all(name):
    """A gradient as large as ε = 0.01 halves the first step; under the root, ε would leave a tenth."""
    settings = {"epsilon": 0.01, "rho": 0.0}
    assert steps_of(name, [0.01], **settings) == pytest.approx([0.5])


def test_adamw_decays_the_weights_only():
    optimizer = make("adamw", np.ones(3), np.zeros(3), n_decaying=2, weight_decay=0.5)
    optimizer.step(0.1)
    np.testing.assert_allclose(optimizer.parameters, [0.95, 0.95, 1.0])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_no_entry_decays_unless_it_is_said(name):
    kind = OPTIMIZERS[name]
    numbers = Hyperparameters(weight_decay=0.5).select(kind.hyperparameters)
    silent, telling = kind(np.ones(3), np.zeros(3), **numbers), kind(np.ones(3), np.zeros(3), **numbers, n_decaying=2)
    assert (silent.n_decaying, telling.n_decaying) == (0, 2)
    silent.step(0.1)
    np.testing.assert_array_equal(silent.parameters, 1)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_pickled_goes_on_as_before(name):
    optimizer = start(name)
    descend(optimizer, [0.1] * 3)
    copy = pickle.loads(pickle.dumps(optimizer))
    np.testing.assert_array_equal(descend(copy, [0.1] * 3), descend(optimizer, [0.1] * 3))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_gradient_is_left_as_it_was(name):
    optimizer = start(name)
    optimizer.gradient[...] = [0.5, -0.25]
    optimizer.step(0.1)
    np.testing.assert_array_equal(optimizer.gradient, [0.5, -0.25])
