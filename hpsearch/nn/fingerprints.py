"""Fingerprints of what trainings draw first: equal ones show that two trainings are paired."""

from __future__ import annotations

import hashlib
from typing import TypedDict

import numpy as np

from hpsearch.nn.arrays import Array

DIGITS = 16
"""Hexadecimal digits of a fingerprint: among a million trainings, equal ones by chance have a probability of 3e-8."""


class Fingerprints(TypedDict):
    """Fingerprints of a training's start, in JSON types."""

    weights: list[str]
    """Initial weights of each dense layer, the output layer last."""
    order: str
    """Order of the rows in the first epoch."""


def fingerprint(array: Array) -> str:
    """Return the first `DIGITS` digits of the SHA-256 of an array's dtype, shape and little-endian content.

    >>> fingerprint(np.arange(3.0))
    '74cc823074f39176'
    """
    content = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    digest = hashlib.sha256(f"{content.dtype.str}{content.shape}".encode())
    digest.update(content.data)
    return digest.hexdigest()[:DIGITS]
