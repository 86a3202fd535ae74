"""Objectives: what a trial trains and how it is judged.

To add a family, write a subclass of `Objective` in a file here and add a line to `FAMILIES`.
"""

from __future__ import annotations

from collections.abc import Mapping

from hpsearch.objectives.base import Objective
from hpsearch.objectives.estimators import EstimatorObjective
from hpsearch.objectives.functions import FunctionObjective
from hpsearch.objectives.mlp import MLPObjective
from hpsearch.objectives.tables import TableObjective

FAMILIES: Mapping[str, type[Objective]] = {
    family.family: family
    for family in (
        MLPObjective,
        TableObjective,
        FunctionObjective,
        EstimatorObjective,
    )
}
"""Families by the name that ``[model] family`` gives; without one it is the first."""


def family(name: str) -> type[Objective]:
    """Return the family `name`; the base class for functions and unknown names."""
    return FAMILIES.get(name, Objective)


DEFAULT_FAMILY = next(iter(FAMILIES))

__all__ = [
    "DEFAULT_FAMILY",
    "FAMILIES",
    "EstimatorObjective",
    "FunctionObjective",
    "MLPObjective",
    "Objective",
    "TableObjective",
    "family",
]
