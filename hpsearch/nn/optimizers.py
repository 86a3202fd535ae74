"""Optimizers: update formulas over the flat vectors of parameters and gradient.

In formulas, p is the parameter vector, g the gradient of the loss and η the learning rate. Products, squares, roots and
quotients are elementwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import log, sqrt
from typing import Any, ClassVar

import numpy as np

from hpsearch.nn.arrays import Array, axpy, constant

BLOCK = 65_536
"""Number of entries updated at a time: operands stay in the processor's cache, and temporaries need little memory."""

RMSPROP_STARTS = ("zero", "gradient")
"""Where RMSProp's mean squared gradient starts: at 0, or at the first one."""

SMALLEST_UNIT = 2.0**-20
"""Vectors stored in a shrinking unit are rescaled to unit 1 before the unit gets smaller than this."""


class Optimizer:
    """Base class of optimizers; subclasses implement the update formula for one block of entries.

    Parameters
    ----------
    parameters, gradient
        Flat vectors of the same length.
    n_decaying
        Number of leading entries with weight decay. Only AdamW uses it, as it decays weights itself.

    Attributes
    ----------
    hyperparameters
        Names of the fields of `Hyperparameters` that the constructor takes after `parameters` and `gradient`.
    n_states
        Number of state vectors of the parameters' length; they start at 0.
    decays_weights
        Whether the formula applies weight decay itself; if so, the loss must not include it.
    """

    hyperparameters: ClassVar[tuple[str, ...]] = ()
    n_states: ClassVar[int] = 0
    decays_weights: ClassVar[bool] = False

    def __init__(self, parameters: Array, gradient: Array, *, n_decaying: int = 0) -> None:
        self.parameters = parameters
        self.gradient = gradient
        self.n_decaying = n_decaying
        self.rate = 0.0
        self.state = np.zeros((self.n_states, parameters.size), parameters.dtype)
        self.steps = 0
        self._bind()

    def _bind(self) -> None:
        self._blocks = list(self._split())
        self._axpy = axpy(self.parameters.dtype)

    def step(self, learning_rate: float) -> None:
        """Do one step: update all parameters."""
        self.steps += 1
        self.prepare(learning_rate)
        for block in self._blocks:
            self.update(*block)

    def prepare(self, learning_rate: float) -> None:
        """Compute the values shared by all blocks of a step; override it if a formula needs more than the rate."""
        self.rate = learning_rate

    def number(self, value: float) -> Array:
        """Return a number as a 0-dimensional array for `update`."""
        return constant(value, self.parameters.dtype)

    def add(self, y: Array, factor: float, x: Array) -> None:
        """Add factor · x to y in one BLAS call; NumPy would need two operations and a temporary."""
        self._axpy(x, y, a=factor)

    def add_quotient(self, p: Array, factor: float, numerator: Array, square: Array, t: Array, epsilon: Array) -> None:
        """Add factor · numerator / (√square + ε) to p, with `t` as a temporary."""
        np.sqrt(square, out=t)
        np.add(t, epsilon, out=t)
        np.divide(numerator, t, out=t)
        self.add(p, factor, t)

    def update(self, p: Array, g: Array, t: Array, *state: Array) -> None:
        """Update the block's parameters `p` and `state` in place from the gradient `g`; `t` holds temporaries."""
        raise NotImplementedError

    def _split(self) -> Iterator[tuple[Array, ...]]:
        size = self.parameters.size
        temporary = np.empty(min(size, BLOCK), self.parameters.dtype)
        for start in range(0, size, BLOCK):
            part = slice(start, min(size, start + BLOCK))
            states = (vector[part] for vector in self.state)
            yield (self.parameters[part], self.gradient[part], temporary[: part.stop - start], *states)

    def __getstate__(self) -> dict[str, Any]:
        """Return the attributes without the blocks: pickled views would no longer share memory with their vectors."""
        return {name: value for name, value in self.__dict__.items() if name not in ("_blocks", "_axpy")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._bind()


class SGD(Optimizer):
    """p ← p - η g.

    Source: Deep Learning from Scratch, section 6.1.2.
    """

    def update(self, p: Array, g: Array, t: Array, *state: Array) -> None:
        """Update one block."""
        self.add(p, -self.rate, g)


class Momentum(Optimizer):
    """v ← μ v - η g; p ← p + v.

    Same form as in the chapter and Keras. PyTorch excludes the rate from v (v ← μ v + g; p ← p - η v), which gives the
    same steps while the rate is constant.

    Source: Deep Learning from Scratch, section 6.1.4; Polyak, Some methods of speeding up the convergence of
    iteration methods (1964).
    """

    hyperparameters = ("momentum",)
    n_states = 1

    def __init__(self, parameters: Array, gradient: Array, momentum: float, *, n_decaying: int = 0) -> None:
        super().__init__(parameters, gradient, n_decaying=n_decaying)
        self.momentum = self.number(momentum)

    def update(self, p: Array, g: Array, t: Array, *state: Array) -> None:
        """Update one block."""
        (v,) = state
        np.multiply(v, self.momentum, out=v)
        self.add(v, -self.rate, g)
        np.add(p, v, out=p)


class Nesterov(Optimizer):
    """v ← μ v - η g; p ← p + μ v - η g: momentum with the gradient at the look-ahead point.

    Nesterov's form takes the gradient at p + μ v. Here p denotes that look-ahead point, so it is the point that is
    trained and evaluated, as in Keras and PyTorch.

    Source: Sutskever et al., On the importance of initialization and momentum in deep learning (ICML 2013), section
    2; Bengio, Boulanger-Lewandowski and Pascanu, Advances in optimizing recurrent networks (2013), equations 6 and
    7.
    """

    hyperparameters = ("momentum",)
    n_states = 1

    def __init__(self, parameters: Array, gradient: Array, momentum: float, *, n_decaying: int = 0) -> None:
        super().__init__(parameters, gradient, n_decaying=n_decaying)
        self.momentum = self.number(momentum)
        self.ahead = momentum

    def update(self, p: Array, g: Array, t: Array, *state: Array) -> None:
        """Update one block."""
        (v,) = state
        np.multiply(v, self.momentum, out=v)
        self.add(v, -self.rate, g)
        self.add(p, -self.rate, g)
        self.add(p, self.ahead, v)


class AdaGrad(Optimizer):
    """h ← h + g²; p ← p - η g / (√h + ε).

    h starts at 0. The default ε = 1e-8 is that of all optimizers here. It is outside of the root, as in the book's code
    (1e-7) and PyTorch (1e-10). Keras adds 1e-7 under the root and starts h at 0.1. Outside of the root, ε matters only
    for entries whose √h is not much larger: with |g| = 1e-6, the first step is 1 % short for 1e-8 and 9 % for 1e-7.

    Source: Duchi, Hazan and Singer, Adaptive subgradient methods (JMLR 2011); Deep Learning from Scratch, section
    6.1.5.
    """

    hyperparameters = ("epsilon",)
    n_states = 1

    def __init__(self, parameters: Array, gradient: Array, epsilon: float, *, n_decaying: int = 0) -> None:
        super().__init__(parameters, gradient, n_decaying=n_decaying)
        self.epsilon = self.number(epsilon)

    def update(self, p: Array, g: Array, t: Array, *state: Array) -> None:
        """Update one block."""
        (h,) = state
        np.add(h, np.square(g, out=t), out=h)
        self.add_quotient(p, -self.rate, g, h, t, self.epsilon)


class RMSProp(Optimizer):
    """h ← ρ h + (1 - ρ) g²; p ← p - η g / (√h + ε).

    With `rmsprop_start` "zero", h starts at 0, so the first step has the length η / √(1 - ρ): 10 η for ρ = 0.99. With
    "gradient", it starts at the first g², so that step has the length η, as in Hung-yi Lee's lecture (σ⁰ = g⁰, no ε).

    The default "zero", ρ = 0.99 and ε = 1e-8 outside of the root are PyTorch's. The book's code has the same form with
    ε = 1e-7. Keras starts at 0, too, with ρ = 0.9 and ε = 1e-7 under the root.

    Source: Tieleman and Hinton, Lecture 6.5 (Coursera, 2012); Hung-yi Lee, Tips for training DNN.
    """

    hyperparameters = ("rho", "epsilon", "rmsprop_start")
    n_states = 1

    def __init__(
        self,
        parameters: Array,
        gradient: Array,
        rho: float,
        epsilon: float,
        rmsprop_start: str = RMSPROP_STARTS[0],
        *,
        n_decaying: int = 0,
    ) -> None:
        super().__init__(parameters, gradient, n_decaying=n_decaying)
        self.rho = self.number(rho)
        self.one_minus_rho = 1.0 - rho
        self.epsilon = self.number(epsilon)
        self.starts_at_gradient = rmsprop_start == "gradient"

    def prepare(self, learning_rate: float) -> None:
        """Set h to the first g² before the first step, if it starts there."""
        super().prepare(learning_rate)
        if self.starts_at_gradient and self.steps == 1:
            np.square(self.gradient, out=self.state[0])

    def update(self, p: Array, g: Array, t: Array, *state: Array) -> None:
        """Update one block."""
        (h,) = state
        np.multiply(h, self.rho, out=h)
        self.add(h, self.one_minus_rho, np.square(g, out=t))
        self.add_quotient(p, -self.rate, g, h, t, self.epsilon)


class Adam(Optimizer):
    """m ← β₁ m + (1 - β₁) g; v ← β₂ v + (1 - β₂) g²; p ← p - η m̂ / (√v̂ + ε).

    m̂ = m / (1 - β₁ᵗ) and v̂ = v / (1 - β₂ᵗ) at step t. To save four of twelve vector operations, m and v are stored in
    units that shrink by β₁ and β₂ per step: m = (1 - β₁) s₁ n and v = (1 - β₂) s₂ u. A step is then s₁ ← β₁ s₁;
    n ← n + g / s₁, and likewise for u with g².

    Same form and ε = 1e-8 as algorithm 1 of the paper and PyTorch. The paper's short form, the book's code and Keras
    add ε (the last two 1e-7) to √v instead of √v̂. This differs in the first steps of entries with tiny gradients.

    Source: Kingma and Ba, Adam (ICLR 2015); Deep Learning from Scratch, section 6.1.6.
    """

    hyperparameters: ClassVar[tuple[str, ...]] = ("beta_1", "beta_2", "epsilon")
    n_states = 2

    def __init__(
        self, parameters: Array, gradient: Array, beta_1: float, beta_2: float, epsilon: float, *, n_decaying: int = 0
    ) -> None:
        super().__init__(parameters, gradient, n_decaying=n_decaying)
        self.betas = beta_1, beta_2
        self.epsilon = epsilon
        self.periods = [max(1, int(log(SMALLEST_UNIT, beta))) if beta else 1 for beta in self.betas]
        self.units = [1.0, 1.0]
        self.factor = 0.0
        self.epsilon_of_u = self.number(0.0)

    def prepare(self, learning_rate: float) -> None:
        """Compute the units and factors: with √v̂ = c √u and m̂ = a n, p ← p - (η a / c) n / (√u + ε / c)."""
        super().prepare(learning_rate)
        self.units = [self._unit(*each) for each in zip(self.state, self.betas, self.periods, strict=True)]
        means = [(1.0 - beta) * s / (1.0 - beta**self.steps) for beta, s in zip(self.betas, self.units, strict=True)]
        a, c = means[0], sqrt(means[1])
        self.factor = learning_rate * a / c
        self.epsilon_of_u[()] = self.epsilon / c

    def _unit(self, state: Array, beta: float, period: int) -> float:
        """Return the unit of this step; rescale the state to unit 1 before the unit gets too small."""
        age = self.steps % period
        if age == 0:
            np.multiply(state, beta**period, out=state)
        return float(beta**age)

    def update(self, p: Array, g: Array, t: Array, *state: Array) -> None:
        """Update one block."""
        n, u = state
        self.add(n, 1.0 / self.units[0], g)
        self.add(u, 1.0 / self.units[1], np.square(g, out=t))
        self.add_quotient(p, -self.factor, n, u, t, self.epsilon_of_u)


class AdamW(Adam):
    """Adam with decoupled weight decay: p ← p - η λ p for the weights before each step, λ = `weight_decay`.

    With the other optimizers, the loss includes λ / 2 Σ w² and the gradient λ w. Adam also divides this term by √v̂, so
    weights with large gradients decay less. Here all weights decay at the same rate, and the loss has no L2 term.
    The decay is multiplied by the learning rate as in PyTorch and Keras; the paper multiplies by its schedule only.

    Source: Loshchilov and Hutter, Decoupled weight decay regularization (ICLR 2019), algorithm 2.
    """

    hyperparameters = ("beta_1", "beta_2", "epsilon", "weight_decay")
    decays_weights = True

    def __init__(
        self,
        parameters: Array,
        gradient: Array,
        beta_1: float,
        beta_2: float,
        epsilon: float,
        weight_decay: float,
        *,
        n_decaying: int = 0,
    ) -> None:
        super().__init__(parameters, gradient, beta_1, beta_2, epsilon, n_decaying=n_decaying)
        self.weight_decay = weight_decay

    def step(self, learning_rate: float) -> None:
        """Decay the weights, then do Adam's step."""
        weights = self.parameters[: self.n_decaying]
        np.multiply(weights, 1.0 - learning_rate * self.weight_decay, out=weights)
        super().step(learning_rate)


OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": SGD,
    "momentum": Momentum,
    "nesterov": Nesterov,
    "adagrad": AdaGrad,
    "rmsprop": RMSProp,
    "adam": Adam,
    "adamw": AdamW,
}
