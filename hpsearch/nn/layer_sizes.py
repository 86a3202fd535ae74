"""Sizes of hidden layers: a list, one number, or text that says how many layers of how many units."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from hpsearch.checks import MOST_LAYERS, whole
from hpsearch.errors import UsageError, quoted

_EQUAL_LAYERS = re.compile(r"\s*([0-9]{1,18})\s*x\s*([0-9]{1,18})\s*")


def layer_sizes(name: str, value: Any) -> tuple[int, ...]:
    """Return the units of each hidden layer: of a list, of one number (one layer), or of "N x M" (N layers of M units).

    >>> layer_sizes("hidden_layer_sizes", "3 x 100")
    (100, 100, 100)

    Raises
    ------
    UsageError
        If there are more than `MOST_LAYERS` layers, or a number is not whole or below 1.
    """
    sizes = value.tolist() if isinstance(value, np.ndarray) else value
    form = _EQUAL_LAYERS.fullmatch(sizes) if isinstance(sizes, str) else None
    n_layers, layers = (int(form[1]), [int(form[2])]) if form else (None, _listed(sizes))
    count = len(layers) if n_layers is None else n_layers
    if count > MOST_LAYERS:
        raise UsageError(f"{name} must be those of at most {MOST_LAYERS:,} layers, got {count:,}")
    try:
        each = tuple(whole(name, size, 1) for size in layers)
        return each if n_layers is None else each * whole(name, n_layers, 1)
    except UsageError:
        rule = 'must be whole numbers >= 1, one a layer, or text such as "3 x 100" (layers x units)'
        raise UsageError(f"{name} {rule}, got {quoted(sizes)}") from None


def expanded(sizes: Any) -> Any:
    """Expand the text "N x M" to a list; return anything else, also invalid text, unchanged.

    >>> expanded("2 x 50"), expanded([50]), expanded("0 x 50")
    ([50, 50], [50], '0 x 50')
    """
    try:
        return list(layer_sizes("sizes", sizes)) if isinstance(sizes, str) else sizes
    except UsageError:
        return sizes


def _listed(sizes: Any) -> Any:
    return sizes if isinstance(sizes, (list, tuple)) else [sizes]
