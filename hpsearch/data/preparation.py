"""Preparation of inputs, fitted on the training rows: missing numbers are filled, categories become columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from hpsearch.data.columns import TRUTH, Columns
from hpsearch.data.roles import MOST_CATEGORIES
from hpsearch.errors import DataError

IMPUTATIONS = ("median", "mean", "most_frequent")
"""How missing numbers are filled: strategies of scikit-learn's `SimpleImputer`."""

_FILL, _INDICATED, _KEPT, _RARE = "fill", "indicated", "kept", "rare"  # arrays of `arrays`, with a prefix
_NAME = "preparation."
_BLOCK = 64  # columns that are copied at a time


@dataclass(frozen=True, eq=False)
class Preparation:
    """How a table's rows become a matrix, fitted on the training rows.

    A missing number is filled by the median (or what `[data] imputation` names) of the training rows, a truth by the
    most frequent one. A column of numbers that misses values in training rows gets a second one, 1 where the value is
    missing. A missing text is a category of its own. A column of texts becomes a column of zeros and ones for each
    category; with more than `MOST_CATEGORIES`, or what ``[data] max_categories`` says, the rare ones share the last
    column. A category that training did not have is rare, or without such a column has zeros. The order is: numbers,
    indicators, categories.

    Attributes
    ----------
    columns
        Columns of the table.
    fill
        What fills a missing number: float64, one for each number of `columns`; NaN where nothing does.
    indicated
        Which numbers have an indicator: boolean, of the same shape.
    kept
        For each column with categories, the places of those that have a matrix column, ascending.
    rare
        For each column with categories, whether another matrix column is for all others.
    """

    columns: Columns
    fill: NDArray[np.float64] = field(repr=False)
    indicated: NDArray[np.bool_] = field(repr=False)
    kept: tuple[NDArray[np.int64], ...] = field(repr=False)
    rare: NDArray[np.bool_] = field(repr=False)

    def __post_init__(self) -> None:
        numbers, categorical = _width(self.columns), self.columns.categorical
        for name, array, kind, length in (
            (_FILL, self.fill, "f", numbers),
            (_INDICATED, self.indicated, "b", numbers),
            (_RARE, self.rare, "b", len(categorical)),
        ):
            if array.dtype.kind != kind or array.shape != (length,):
                raise DataError(f"{name} must hold {length} values, one for each column")
        if np.isinf(self.fill).any() or len(self.kept) != len(categorical):
            raise DataError("the preparation does not suit the columns")
        for column, kept in zip(categorical, self.kept, strict=True):
            places = kept.dtype.kind == "i" and kept.ndim == 1 and (np.diff(kept, prepend=-1) > 0).all()
            if not places or (len(kept) and kept[-1] >= len(column.categories)):
                raise DataError(f"kept must hold ascending places of the categories of {column.name!r}")

    @classmethod
    def plain(cls, columns: Columns) -> Self:
        """Return the preparation without fitted values: each category has a column, and no value may be missing."""
        numbers, categorical = _width(columns), columns.categorical
        kept = tuple(np.arange(len(column.categories)) for column in categorical)
        return cls(
            columns, np.full(numbers, np.nan), np.zeros(numbers, bool), kept, np.zeros(len(categorical), dtype=bool)
        )

    @classmethod
    def fit(
        cls,
        columns: Columns,
        x: NDArray[np.float32],
        imputation: str = IMPUTATIONS[0],
        filled: NDArray[np.bool_] | None = None,
        *,
        keeps_all: bool = False,
        max_categories: int = MOST_CATEGORIES,
    ) -> Self:
        """Return the preparation that the training rows `x`, shape (rows, raw columns), give.

        Parameters
        ----------
        filled
            Which columns of `x` need a number to fill missing ones with; None for all of them.
        keeps_all
            Whether every category of the table has a column, as in earlier versions, where there are at most
            `max_categories`. One that the training rows do not have is 0 in them.
        max_categories
            Maximum number of matrix columns of each column with categories.
        """
        plain = cls.plain(columns)
        width = len(plain.fill)
        encoded = [
            (kept, False)
            if keeps_all and len(kept) <= max_categories
            else _frequent(x[:, width + place], max_categories)
            for place, kept in enumerate(plain.kept)
        ]
        needed = np.arange(width) if filled is None else np.flatnonzero(filled[:width])
        fill, missing = plain.fill, np.isnan(x[:, needed]).any(axis=0)
        strategies = np.array(_strategies(columns, imputation))
        for strategy in dict.fromkeys(strategies[needed]):
            places = needed[strategies[needed] == strategy]
            for some in np.split(places, range(_BLOCK, len(places), _BLOCK)):
                fill[some] = _fill(x[:, some], str(strategy))
        indicated = np.zeros(width, dtype=bool)
        indicated[needed[missing]] = True
        indicated &= _first_numbers(columns)
        return cls(
            columns, fill, indicated, tuple(kept for kept, _ in encoded), np.array([r for _, r in encoded], bool)
        )

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the columns of the matrix."""
        raw = self.columns.raw_names
        owners = [column.name for column in self.columns.numbers for _ in column.raw_names]
        indicators = (f"{name}=missing" for name, has in zip(owners, self.indicated, strict=True) if has)
        names = [*raw[: len(self.fill)], *indicators]
        for column, kept, rare in zip(self.columns.categorical, self.kept, self.rare, strict=True):
            names += [f"{column.name}={column.categories[place]}" for place in kept]
            names += [f"{column.name}: rare"] if rare else []
        return tuple(names)

    @property
    def fills(self) -> bool:
        """Whether missing numbers are filled."""
        return not np.isnan(self.fill).all() or not len(self.fill)

    def apply(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the matrix of rows, float32 of shape (rows, features) and C-contiguous; `x` itself if it is that.

        Raises
        ------
        DataError
            If a number is missing that nothing fills.
        """
        width = len(self.fill)
        missing = np.isnan(x[:, :width])
        lacking = missing.any(axis=0)
        if not lacking.any() and not self.indicated.any() and x.shape[1] == width:
            return np.ascontiguousarray(x)
        unfilled = lacking & np.isnan(self.fill)
        if unfilled.any():
            raise DataError(f"a value of {self.columns.raw_names[int(unfilled.argmax())]!r} is missing")
        matrix = np.zeros((len(x), len(self.feature_names)), dtype=np.float32)
        matrix[:, :width] = x[:, :width]
        for number in np.flatnonzero(lacking):
            matrix[missing[:, number], number] = self.fill[number]
        first = width + int(self.indicated.sum())
        matrix[:, width:first] = missing[:, self.indicated]
        for place, (kept, rare) in enumerate(zip(self.kept, self.rare, strict=True)):
            codes = x[:, width + place].astype(np.int64)
            own = np.full(len(self.columns.categorical[place].categories) + 1, len(kept) if rare else -1)
            own[kept] = np.arange(len(kept))  # the last is for categories that training did not have
            target = own[codes]
            rows = np.flatnonzero(target >= 0)
            matrix[rows, first + target[rows]] = 1.0
            first += len(kept) + bool(rare)
        return matrix

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return what was learned, as plain arrays by name."""
        kept = {f"{_NAME}{_KEPT}.{place}": each for place, each in enumerate(self.kept)}
        return {
            _NAME + _FILL: self.fill,
            _NAME + _INDICATED: self.indicated,
            _NAME + _RARE: self.rare,
            **kept,
        }

    @classmethod
    def of_arrays(cls, columns: Columns, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Return the preparation that `arrays` gave.

        Raises
        ------
        DataError
            If the arrays do not suit the columns.
        KeyError
            If one is missing.
        """
        kept = tuple(arrays[f"{_NAME}{_KEPT}.{place}"] for place in range(len(columns.categorical)))
        return cls(columns, arrays[_NAME + _FILL], arrays[_NAME + _INDICATED], kept, arrays[_NAME + _RARE])

    @staticmethod
    def owns(name: str) -> bool:
        """Return whether an array of a file is one of `arrays`."""
        return name.startswith(_NAME)


def _width(columns: Columns) -> int:
    return sum(len(column.raw_names) for column in columns.numbers)


def _first_numbers(columns: Columns) -> NDArray[np.bool_]:
    """Return which numbers are the first of their column: the parts of a date are missing together."""
    return np.array([not place for column in columns.numbers for place in range(len(column.raw_names))], dtype=bool)


def _strategies(columns: Columns, imputation: str) -> list[str]:
    truths = "most_frequent"
    return [truths if column.kind == TRUTH else imputation for column in columns.numbers for _ in column.raw_names]


def _fill(x: NDArray[np.float32], strategy: str) -> NDArray[np.float64]:
    """Return what fills each column; 0 for a column without any value."""
    from sklearn.impute import SimpleImputer

    imputer = SimpleImputer(strategy=strategy, keep_empty_features=True).fit(x.astype(np.float64))
    statistics: NDArray[np.float64] = np.nan_to_num(imputer.statistics_.astype(np.float64))
    return statistics


def _frequent(codes: NDArray[np.float32], most: int) -> tuple[NDArray[np.int64], bool]:
    """Return the most frequent categories, ascending, and whether there are others."""
    from sklearn.preprocessing import OneHotEncoder

    encoder = OneHotEncoder(max_categories=most, handle_unknown="infrequent_if_exist")
    encoder.fit(codes.astype(np.int64)[:, np.newaxis])
    rare = encoder.infrequent_categories_[0]
    return np.setdiff1d(encoder.categories_[0], [] if rare is None else rare).astype(np.int64), rare is not None
