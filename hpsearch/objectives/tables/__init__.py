"""Tabular benchmarks as objectives: results of published trainings, looked up instead of trained."""

from hpsearch.objectives.tables.objective import TableObjective
from hpsearch.objectives.tables.published import BENCHMARKS, TABLES

__all__ = ["BENCHMARKS", "TABLES", "TableObjective"]
