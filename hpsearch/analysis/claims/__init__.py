"""Claims: sentences of a source, each with a rule that decides whether the study's results agree.

Names are loaded on first use, since the study file needs `claim` and `names` only.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hpsearch.analysis.claims.decide import decided
    from hpsearch.analysis.claims.decision import Decision

_MODULES = {
    "Decision": "hpsearch.analysis.claims.decision",
    "decided": "hpsearch.analysis.claims.decide",
}

__all__ = ["Decision", "decided"]


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
