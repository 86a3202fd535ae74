"""Functions of two numbers as objectives: an optimizer descends from a start, and its path is the result."""

from hpsearch.objectives.functions.objective import FunctionObjective
from hpsearch.objectives.functions.surfaces import FUNCTIONS, Function

__all__ = ["FUNCTIONS", "Function", "FunctionObjective"]
