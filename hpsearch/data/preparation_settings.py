"""How inputs are prepared: the keys of ``[data]`` that change no rows, so that a search may choose among them."""

from __future__ import annotations

from dataclasses import dataclass, fields

from hpsearch.checks import one_of, whole
from hpsearch.data.preparation import IMPUTATIONS
from hpsearch.data.roles import MOST_CATEGORIES
from hpsearch.data.scaling import SCALINGS

MOST_COLUMNS = 1_000
"""Maximum number of columns that the categories of one column become."""


@dataclass(frozen=True, kw_only=True)
class PreparationSettings:
    """What is fitted on the training rows of a split.

    Parameters
    ----------
    scaling
        Key of `SCALINGS`.
    imputation
        One of `IMPUTATIONS`: how missing numbers are filled.
    max_categories
        Number of columns that a column of categories becomes at most, 2 to `MOST_COLUMNS`: the rare categories share
        the last one.

    Raises
    ------
    UsageError
        If a value breaks a rule; the message names the key, the rule and the value.
    """

    scaling: str = "standard"
    imputation: str = IMPUTATIONS[0]
    max_categories: int = MOST_CATEGORIES

    def __post_init__(self) -> None:
        one_of("scaling", self.scaling, SCALINGS)
        one_of("imputation", self.imputation, IMPUTATIONS)
        whole("max_categories", self.max_categories, least=2, most=MOST_COLUMNS)


PREPARATION_KEYS = tuple(each.name for each in fields(PreparationSettings))
"""Keys of ``[data]`` that `PreparationSettings` has."""
