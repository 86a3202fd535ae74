"""Columns of a table as a model was trained with them, and the matrix that they make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from hpsearch.errors import DataError, quoted

if TYPE_CHECKING:
    import pandas as pd

NUMBER, TRUTH, TEXT = "number", "truth", "text"
KINDS = (NUMBER, TRUTH, TEXT)

_MOST_NAMED = 10  # columns or categories that a message names
_TRUTHS = {"true": 1.0, "false": 0.0}


@dataclass(frozen=True)
class Column:
    """Column of a table.

    Attributes
    ----------
    kind
        "number", "truth" (true or false, becomes 1 or 0) or "text".
    categories
        Of text: the sorted texts, each of which becomes a column of zeros and ones. Empty for other kinds.
    """

    name: str
    kind: str = NUMBER
    categories: tuple[str, ...] = ()

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the columns that it becomes: its own, or ``name=category`` for each category."""
        return tuple(f"{self.name}={each}" for each in self.categories) if self.kind == TEXT else (self.name,)


@dataclass(frozen=True)
class Columns:
    """Input columns of a table; numbers come first in the matrix, then the categories of texts.

    Attributes
    ----------
    inputs
        In the order of the table.
    target
        Name of the target's column, which a table of new rows may have or not; empty if it has none.
    additional
        Names of other columns that a table of new rows may have or not: groups, times, weights.
    """

    inputs: tuple[Column, ...]
    target: str = ""
    additional: tuple[str, ...] = ()

    @classmethod
    def of_numbers(cls, names: Sequence[str]) -> Self:
        """Return columns of numbers."""
        return cls(tuple(Column(name) for name in names))

    @classmethod
    def of_frame(cls, frame: pd.DataFrame, target: str) -> Self:
        """Return the columns of a frame of inputs without missing values; what is not numeric is text."""
        return cls(tuple(_column(str(name), values) for name, values in frame.items()), target)

    @property
    def in_matrix(self) -> tuple[Column, ...]:
        """The columns in the order of the matrix."""
        return tuple(sorted(self.inputs, key=lambda column: column.kind == TEXT))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the columns of the matrix."""
        return tuple(name for column in self.in_matrix for name in column.feature_names)

    def one_hot(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the numbers as they are, and a column of zeros and ones for each category of each text."""
        import pandas as pd

        parts = []
        for column in self.in_matrix:
            values = frame[column.name]
            parts += [(values == each).astype(np.float32) for each in column.categories] or [values]
        return pd.concat(parts, axis=1).set_axis(list(self.feature_names), axis=1)

    def encode(
        self, frame: pd.DataFrame, source: str, *, ignores_additional: bool = False, ignores_unknown: bool = False
    ) -> NDArray[np.float32]:
        """Return the matrix of new rows, float32 of shape (rows, features); their columns can have any order.

        Parameters
        ----------
        source
            Where the table is from, for messages.
        ignores_additional
            Whether other columns are left out, rather than refused.
        ignores_unknown
            Whether a text that training did not have gets zeros in all its columns, rather than be refused.

        Raises
        ------
        DataError
            If a column is missing, additional or holds what can't be used. One message names all of them.
        """
        frame = frame.set_axis([str(name) for name in frame.columns], axis=1)
        problems = [*self._wrong_names(list(frame.columns), ignores_additional=ignores_additional)]
        converted: dict[str, NDArray[Any]] = {}
        for column in self.inputs:
            if list(frame.columns).count(column.name) != 1:
                continue
            values, problem = _converted(frame[column.name], column, ignores_unknown=ignores_unknown)
            problems += [problem] if problem else []
            converted[column.name] = values
        if problems:
            raise DataError(f"{source}: does not fit the model: {'; '.join(problems)}")
        parts = []
        for column in self.in_matrix:
            values = converted[column.name]
            parts += [(values == each).astype(np.float32) for each in column.categories] or [_to_float32(values)]
        return np.stack(parts, axis=1)

    def _wrong_names(self, names: Sequence[str], *, ignores_additional: bool) -> Iterator[str]:
        expected = [column.name for column in self.inputs]
        missing = [name for name in expected if name not in names]
        if missing:
            yield f"{_named('column', missing)} {'is' if len(missing) == 1 else 'are'} missing"
        twice = [name for name in dict.fromkeys(names) if names.count(name) > 1 and name in expected]
        if twice:
            yield f"{_named('column', twice)} {'is' if len(twice) == 1 else 'are'} there more than once"
        additional = [name for name in dict.fromkeys(names) if name not in (*expected, self.target, *self.additional)]
        if additional and not ignores_additional:
            yield f"{_named('additional column', additional)}, which training did not have"

    def table(self) -> dict[str, Any]:
        """Return the columns in JSON types."""
        inputs = [[column.name, column.kind, list(column.categories)] for column in self.inputs]
        additional = {"additional": list(self.additional)} if self.additional else {}
        return {"inputs": inputs, "target": self.target, **additional}

    @classmethod
    def of_table(cls, table: Mapping[str, Any]) -> Self:
        """Return the columns that `table` describes.

        Raises
        ------
        ValueError
            If it describes none.
        """
        inputs = tuple(Column(name, kind, tuple(categories)) for name, kind, categories in table["inputs"])
        for column in inputs:
            texts = (column.name, *column.categories)
            if column.kind not in KINDS or not all(isinstance(each, str) for each in texts):
                raise ValueError(f"{quoted(column)} is no column")
            if (column.kind == TEXT) != bool(column.categories):
                raise ValueError(f"column {quoted(column.name)} must have categories if it is text, else none")
        if not inputs or len({column.name for column in inputs}) < len(inputs):
            raise ValueError("there must be columns, with different names")
        additional = tuple(table.get("additional", ()))
        if not all(isinstance(name, str) for name in additional):
            raise ValueError("additional columns must have names that are text")
        return cls(inputs, str(table["target"]), additional)


def _column(name: str, values: pd.Series[Any]) -> Column:
    import pandas as pd

    if pd.api.types.is_bool_dtype(values):
        return Column(name, TRUTH)
    if pd.api.types.is_numeric_dtype(values):
        return Column(name)
    return Column(name, TEXT, tuple(sorted(map(str, values.unique()))))


def _converted(values: pd.Series[Any], column: Column, *, ignores_unknown: bool) -> tuple[NDArray[Any], str]:
    """Return the values as numbers, or as text, and what is wrong with them."""
    missing = values.isna().to_numpy()
    if missing.any():
        return values.to_numpy(), f"{_place(column, missing)}: the value is missing"
    if column.kind == TEXT:
        texts = np.array([str(value).strip() for value in values], dtype=object)
        unknown = sorted(set(texts) - set(column.categories))
        if unknown and not ignores_unknown:
            categories = _some(column.categories)
            return texts, f"column {column.name!r} holds {_some(unknown)}, and training had only {categories}"
        return texts, ""
    return _numbers(values, column)


def _numbers(values: pd.Series[Any], column: Column) -> tuple[NDArray[Any], str]:
    import pandas as pd

    numbers = pd.to_numeric(values, errors="coerce")
    if column.kind == TRUTH:
        truths = values.map(lambda value: _TRUTHS.get(str(value).strip().lower()))
        numbers = numbers.astype(object).where(truths.isna(), truths)
    array = pd.to_numeric(numbers).to_numpy(dtype=np.float64)
    wrong = np.isnan(array)
    if wrong.any():
        value = str(values.iloc[int(wrong.argmax())])
        return array, f"{_place(column, wrong)}: {quoted(value)} is not a number"
    infinite = ~np.isfinite(_to_float32(array))
    if infinite.any():
        return array, f"{_place(column, infinite)}: the value is infinite, or too large for float32"
    return array, ""


def _place(column: Column, wrong: NDArray[np.bool_]) -> str:
    return f"column {column.name!r}, row {int(wrong.argmax()) + 1}"


def _named(noun: str, names: Sequence[str]) -> str:
    return f"{noun}{'' if len(names) == 1 else 's'} {_some(names)}"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(map(quoted, names[:_MOST_NAMED])) + more


def _to_float32(values: NDArray[Any]) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):
        return values.astype(np.float32)
