"""Random numbers of a training: one generator for everything, or a separate stream for each use."""

from __future__ import annotations

from typing import ClassVar

import numpy as np


class Streams:
    """Separate random streams of one seed, so that nothing that one use draws shifts another.

    Trainings from equal seeds share whatever their settings allow. Dense layers with the same key and shape have the
    same initial draws, also in networks of different depth. The order of rows does not depend on the network.

    Parameters
    ----------
    seed
        Root of the streams. Its children by fixed key seed them; it is not changed.

    Notes
    -----
    A stream's key is appended to `seed.spawn_key`: (use, number), with the numbers in `KEYS` for the uses. Every call
    of a method returns a new generator at the stream's start.

    >>> streams = Streams(np.random.SeedSequence(7))
    >>> bool(streams.weights(0).random() == streams.weights(0).random() != streams.weights(1).random())
    True
    """

    KEYS: ClassVar = {"weights": 0, "output weights": 1, "order": 2, "dropout": 3, "thinned networks": 4}

    def __init__(self, seed: np.random.SeedSequence) -> None:
        self.seed = seed

    def weights(self, layer: int) -> np.random.Generator:
        """Return the stream of the initial weights of a hidden layer; layers count from 0."""
        return self._stream("weights", layer)

    def output_weights(self) -> np.random.Generator:
        """Return the stream of the initial weights of the output layer."""
        return self._stream("output weights")

    def order(self) -> np.random.Generator:
        """Return the stream of the order of rows."""
        return self._stream("order")

    def dropout(self, layer: int) -> np.random.Generator:
        """Return the stream of the dropped units of a hidden layer; layers count from 0."""
        return self._stream("dropout", layer)

    def thinned_networks(self) -> np.random.Generator:
        """Return the stream of the units of thinned networks, which are evaluated after the training."""
        return self._stream("thinned networks")

    def _stream(self, use: str, number: int = 0) -> np.random.Generator:
        key = (*self.seed.spawn_key, self.KEYS[use], number)
        child = np.random.SeedSequence(self.seed.entropy, spawn_key=key, pool_size=self.seed.pool_size)
        return np.random.default_rng(child)


class SharedStream:
    """One generator for every use, in the order of the draws: each use shifts those after it."""

    def __init__(self, generator: np.random.Generator) -> None:
        self.generator = generator

    def weights(self, layer: int) -> np.random.Generator:
        """Return the generator."""
        return self.generator

    def output_weights(self) -> np.random.Generator:
        """Return the generator."""
        return self.generator

    def order(self) -> np.random.Generator:
        """Return the generator."""
        return self.generator

    def dropout(self, layer: int) -> np.random.Generator:
        """Return the generator."""
        return self.generator


def streams_of(rng: np.random.Generator | Streams) -> Streams | SharedStream:
    """Return the streams of the argument `rng` of a network or training."""
    return SharedStream(rng) if isinstance(rng, np.random.Generator) else rng
