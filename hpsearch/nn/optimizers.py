"""Optimizers: each is its formula over the flat vectors of parameters and gradient.

In the formulas p is the parameters, g the gradient of the loss, η the learning rate; products, squares, roots and
quotients are taken entry by entry.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import log, sqrt
from typing import Any, ClassVar

import numpy as np

from hpsearch.nn.arrays import Array, axpy, constant

BLOCK = 65_536
"""Entries that are updated at a time, so that a formula's operands stay in the processor's cache from one operation to
the next, and temporaries need little memory."""

SMALLEST_UNIT = 2.0**-20
"""Vectors that are kept in a unit that shrinks are brought back to the unit 1 before it gets smaller than that."""


class Optimizer:
    """Updates the parameters in place; a subclass writes its formula for one block of entries.

    Parameters
    ----------
    parameters, gradient
        Flat vectors of the same length.
    n_decaying
        Number of entries at the front that are weights. Only AdamW, which decays them itself, uses it.

    Attributes
    ----------
    hyperparameters
        Names of the fields of `Hyperparameters` that the constructor takes after `parameters` and `gradient`.
    n_states
        How many vectors of the parameters' length the formula remembers; they start at 0.
    decays_weights
        Whether the formula decays the weights itself, so that `weight_decay` must not enter the loss.
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
        """Update the parameters once."""
        self.steps += 1
        self.prepare(learning_rate)
        for block in self._blocks:
            self.update(*block)

    def prepare(self, learning_rate: float) -> None:
        """Compute what all blocks of a step share; a formula that needs more than the rate extends it."""
        self.rate = learning_rate

    def number(self, value: float) -> Array:
        """A number to be used in `update`."""
        return constant(value, self.parameters.dtype)

    def add(self, y: Array, factor: float, x: Array) -> None:
        """Add factor · x to y, which is one operation of BLAS; NumPy takes two, and memory for the product."""
        self._axpy(x, y, a=factor)

    def add_quotient(self, p: Array, factor: float, numerator: Array, square: Array, t: Array, epsilon: Array) -> None:
        """Add factor · numerator / (√square + ε) to p."""
        np.sqrt(square, out=t)
        np.add(t, epsilon, out=t)
        np.divide(numerator, t, out=t)
        self.add(p, factor, t)

    def update(self, p: Array, g: Array, t: Array, *state: Array) -> None:
        """Update a block: parameters `p` and `state` in place, from the gradient `g`; `t` is for temporaries."""
        raise NotImplementedError

    def _split(self) -> Iterator[tuple[Array, ...]]:
        size = self.parameters.size
        temporary = np.empty(min(size, BLOCK), self.parameters.dtype)
        for start in range(0, size, BLOCK):
            part = slice(start, min(size, start + BLOCK))
            states = (vector[part] for vector in self.state)
            yield (self.parameters[part], self.gradient[part], temporary[: part.stop - start], *states)

    def __getstate__(self) -> dict[str, Any]:
        """Without the blocks: views that were pickled would no longer look into their vectors."""
        return {name: value for name, value in self.__dict__.items() if name not in ("_blocks", "_axpy")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._bind()


class SGD(Optimizer):
    """p ← p - η g.

    Source: Deep Learning from Scratch, section 6.1.2.
    """

    def update(self, p: Array, g: Array, t: Array, *state: Array) -> None:
        """One block."""
        self.add(p, -self.rate, g)


class Momentum(Optimizer):
    """v ← μ v - η g; p ← p + v.

    As in the chapter and Keras. PyTorch keeps the rate out of v (v ← μ v + g; p ← p - η v): the same steps as long
    as the rate is constant.

    Source: Deep Learning from Scratch, section 6.1.4; Polyak, Some methods of speeding up the convergence of
    iteration methods (1964).
    """

    hyperparameters = ("momentum",)
    n_states = 1

    def __init__(self, parameters: Array, gradient: Array, momentum: float, *, n_decaying: int = 0) -> None:
        super().__init__(parameters, gradient, n_decaying=n_decaying)
        self.momentum = self.number(momentum)

    def update(self, p: Array, g: Array, t: Array, *state: Array) -> None:
        """One block."""
        (v,) = state
        np.multiply(v, self.momentum, out=v)
        self.add(v, -self.rate, g)
        np.add(p, v, out=p)


class Nesterov(Optimizer):
    """v ← μ v - η g; p ← p + μ v - η g: momentum whose gradient is taken where the momentum leads to.

    In Nesterov's form the gradient is taken at p + μ v. This is the same with p standing for that point ahead,
    which is what is trained and evaluated, as in Keras and PyTorch.

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
        """One block."""
        (v,) = state
        np.multiply(v, self.momentum, out=v)
        self.add(v, -self.rate, g)
        self.add(p, -self.rate, g)
        self.add(p, self.ahead, v)


class AdaGrad(Optimizer):
    """h ← h + g²; p ← p - η g / (√h + ε).

    Source: Duchi, Hazan and Singer, Adaptive subgradient methods (JMLR 2011); Deep Learning from Scratch, section
    6.1.5, with ε = 1e-7. PyTorch's ε is 1e-10; Keras starts h at 0.1.
    """

    hyperparameters = ("epsilon",)
    n_states = 1

    def __init__(self, parameters: Array, gradient: Array, epsilon: float, *, n_decaying: int = 0) -> None:
        super().__init__(parameters, gradient, n_decaying=n_decaying)
        self.epsilon = self.number(epsilon)

    def update(self, p: Array, g: Array, t: Array, *state: Array) -> None:
        """One block."""
        (h,) = state
        np.add(h, np.square(g, out=t), out=h)
        self.add_quotient(p, -self.rate, g, h, t, self.epsilon)


class RMSProp(Optimizer):
    """h ← ρ h + (1 - ρ) g²; p ← p - η g / (√h + ε).

    As in PyTorch, whose default is ρ = 0.99, too; Keras' is 0.9, with ε under the root.

    Source: Tieleman and Hinton, Lecture 6.5 (Coursera, 2012).
    """

    hyperparameters = ("rho", "epsilon")
    n_states = 1

    def __init__(self, parameters: Array, gradient: Array, rho: float, epsilon: float, *, n_decaying: int = 0) -> None:
        super().__init__(parameters, gradient, n_decaying=n_decaying)
        self.rho = self.number(rho)
        self.one_minus_rho = 1.0 - rho
        self.epsilon = self.number(epsilon)

    def update(self, p: Array, g: Array, t: Array, *state: Array) -> None:
        """One block."""
        (h,) = state
        np.multiply(h, self.rho, out=h)
        self.add(h, self.one_minus_rho, np.square(g, out=t))
        self.add_quotient(p, -self.rate, g, h, t, self.epsilon)


class Adam(Optimizer):
    """m ← β₁ m + (1 - β₁) g; v ← β₂ v + (1 - β₂) g²; p ← p - η m̂ / (√v̂ + ε).

    m̂ = m / (1 - β₁ᵗ) and v̂ = v / (1 - β₂ᵗ) at the t-th step. As numbers are cheaper to multiply than vectors, m and v
    are kept in units that shrink by β₁ and β₂ a step: m = (1 - β₁) s₁ n and v = (1 - β₂) s₂ u, so that a step is
    s₁ ← β₁ s₁; n ← n + g / s₁, and likewise with g². This spares four of twelve operations on vectors.

    As in the paper's algorithm 1 and PyTorch; the paper's short form, the chapter's code and Keras add ε to √v
    instead of √v̂, which differs in the first steps of entries with tiny gradients.

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
        """With √v̂ = c √u and m̂ = a n: p ← p - (η a / c) n / (√u + ε / c)."""
        super().prepare(learning_rate)
        self.units = [self._unit(*each) for each in zip(self.state, self.betas, self.periods, strict=True)]
        means = [(1.0 - beta) * s / (1.0 - beta**self.steps) for beta, s in zip(self.betas, self.units, strict=True)]
        a, c = means[0], sqrt(means[1])
        self.factor = learning_rate * a / c
        self.epsilon_of_u[()] = self.epsilon / c

    def _unit(self, state: Array, beta: float, period: int) -> float:
        """The unit of this step; before it gets too small, the state is brought back to the unit 1."""
        age = self.steps % period
        if age == 0:
            np.multiply(state, beta**period, out=state)
        return float(beta**age)

    def update(self, p: Array, g: Array, t: Array, *state: Array) -> None:
        """One block."""
        n, u = state
        self.add(n, 1.0 / self.units[0], g)
        self.add(u, 1.0 / self.units[1], np.square(g, out=t))
        self.add_quotient(p, -self.factor, n, u, t, self.epsilon_of_u)


class AdamW(Adam):
    """Adam, with p ← p - η λ p for the weights before each step: λ = `weight_decay` apart from the gradient.

    With the other optimizers λ w is part of the gradient, as λ / 2 Σ w² is of the loss; Adam then divides it by
    √v̂, too, so that weights with large gradients decay less. Here all weights decay at the same rate and the loss
    has no L2 part. As in PyTorch and Keras, the decay is multiplied by the learning rate; the paper's is by its
    schedule only.

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
        """The decay, then Adam's step."""
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
