"""Hyperparameter optimization, with comparisons of search strategies, techniques and models.

Public names are loaded on first use, so importing the package is fast.
"""

import sys
import warnings
from importlib import import_module
from typing import TYPE_CHECKING

from hpsearch.version import __version__

if TYPE_CHECKING:
    from hpsearch.api import Comparison, Search, claims, compare, search, verdicts
    from hpsearch.errors import HpsearchError, UsageError
    from hpsearch.estimators import MLPClassifier, MLPRegressor
    from hpsearch.estimators.tabular import TabularModel
    from hpsearch.objectives import EstimatorObjective, MLPObjective, Objective
    from hpsearch.search_cv import Choice, Float, Int, SearchCV
    from hpsearch.strategies.narrowing import NarrowingSampler

_MODULES = {
    "Choice": "hpsearch.search_cv",
    "Comparison": "hpsearch.api",
    "EstimatorObjective": "hpsearch.objectives",
    "Float": "hpsearch.search_cv",
    "HpsearchError": "hpsearch.errors",
    "Int": "hpsearch.search_cv",
    "MLPClassifier": "hpsearch.estimators",
    "MLPObjective": "hpsearch.objectives",
    "MLPRegressor": "hpsearch.estimators",
    "NarrowingSampler": "hpsearch.strategies.narrowing",
    "Objective": "hpsearch.objectives",
    "Search": "hpsearch.api",
    "SearchCV": "hpsearch.search_cv",
    "TabularModel": "hpsearch.estimators.tabular",
    "UsageError": "hpsearch.errors",
    "claims": "hpsearch.api",
    "compare": "hpsearch.api",
    "search": "hpsearch.api",
    "verdicts": "hpsearch.api",
}

__all__ = [
    "Choice",
    "Comparison",
    "EstimatorObjective",
    "Float",
    "HpsearchError",
    "Int",
    "MLPClassifier",
    "MLPObjective",
    "MLPRegressor",
    "NarrowingSampler",
    "Objective",
    "Search",
    "SearchCV",
    "TabularModel",
    "UsageError",
    "__version__",
    "claims",
    "compare",
    "search",
    "verdicts",
]


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module 'hpsearch' has no attribute {name!r}")
    if _MODULES[name] in sys.modules:
        return getattr(sys.modules[_MODULES[name]], name)
    with warnings.catch_warnings():
        # In a notebook, Optuna's own bar, which nothing here uses, asks for ipywidgets.
        warnings.filterwarnings("ignore", message="IProgress not found")
        return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return __all__
