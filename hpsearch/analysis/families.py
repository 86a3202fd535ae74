"""What an analysis may ask of an objective's family."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hpsearch.errors import UsageError
from hpsearch.objectives.searched_model import SearchedModel


@dataclass(frozen=True)
class Family:
    """Traits of a family of objectives.

    Attributes
    ----------
    accepts_changes
        Whether model and space of a study file may be changed.
    check
        Raises UsageError if the model or the space is invalid.
    looked_up
        Whether values are looked up in a published table instead of measured.
    """

    accepts_changes: bool = False
    check: Callable[[Mapping[str, Any], Mapping[str, Any]], object] | None = None
    looked_up: bool = False


_FAMILIES: Mapping[str, Family] = {
    "mlp": Family(accepts_changes=True, check=SearchedModel),
    "table": Family(looked_up=True),
}


def family(name: str) -> Family:
    """Return the traits of a family; the defaults for an unknown one."""
    return _FAMILIES.get(name, Family())


def is_valid(name: str, model: Mapping[str, Any], space: Mapping[str, Any]) -> bool:
    """Return whether the family accepts the model and the space."""
    check = family(name).check
    if check is None:
        return True
    try:
        check(model, space)
    except UsageError:
        return False
    return True
