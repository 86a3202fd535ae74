"""Python interface: `search` and `compare` for any optuna objective."""

from hpsearch.api.comparing import compare
from hpsearch.api.judging import claims, verdicts
from hpsearch.api.planning import Tuned
from hpsearch.api.returned import Comparison, Parameter, Search
from hpsearch.api.searching import search

__all__ = ["Comparison", "Parameter", "Search", "Tuned", "claims", "compare", "search", "verdicts"]
