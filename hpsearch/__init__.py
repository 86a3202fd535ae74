"""Find good hyperparameters for a neural network, and tell honestly which way of searching found them best.

The public names are loaded when first used, so that importing this package costs nothing.
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

_HOMES = {
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
    if name not in _HOMES:
        raise AttributeError(f"module 'hpsearch' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
