"""Hyperparameter optimization of a neural network, with comparisons of search strategies.

Public names are loaded on first use, so importing the package is fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from hpsearch.version import __version__

if TYPE_CHECKING:
    from hpsearch.api import Comparison, Search, compare, search
    from hpsearch.errors import HpsearchError, UsageError
    from hpsearch.estimators import MLPClassifier, MLPRegressor
    from hpsearch.objectives.mlp import MLPObjective
    from hpsearch.strategies.narrowing import NarrowingSampler

_MODULES = {
    "Comparison": "hpsearch.api",
    "HpsearchError": "hpsearch.errors",
    "MLPClassifier": "hpsearch.estimators",
    "MLPObjective": "hpsearch.objectives.mlp",
    "MLPRegressor": "hpsearch.estimators",
    "NarrowingSampler": "hpsearch.strategies.narrowing",
    "Search": "hpsearch.api",
    "UsageError": "hpsearch.errors",
    "compare": "hpsearch.api",
    "search": "hpsearch.api",
}

__all__ = [
    "Comparison",
    "HpsearchError",
    "MLPClassifier",
    "MLPObjective",
    "MLPRegressor",
    "NarrowingSampler",
    "Search",
    "UsageError",
    "__version__",
    "compare",
    "search",
]


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module 'hpsearch' has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return __all__
