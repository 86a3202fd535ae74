"""Reports: documents and figures from stored results. Statistics are in `analysis`; nothing here trains.

`write_report` is loaded on first use, since the cards of notebooks need no matplotlib.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hpsearch.report.write import write_report

__all__ = ["write_report"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("hpsearch.report.write"), name)
