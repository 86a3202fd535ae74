"""What a command answers: text for people, or one JSON document for programs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hpsearch.cli.screen import Screen


@dataclass(frozen=True)
class Answer:
    """Answer of a command.

    Attributes
    ----------
    print
        Prints it for people.
    document
        Returns it in JSON types; numbers that JSON lacks, NumPy's scalars and paths are allowed.
    """

    print: Callable[[Screen], None]
    document: Callable[[], Any]

    def json(self) -> str:
        """Return the document as JSON text."""
        from json import dumps

        return dumps(as_json(self.document()), indent=2, allow_nan=False)


def as_json(value: Any) -> Any:
    """Return a value in JSON types, containers included: a number that is not finite becomes None.

    >>> as_json({"a": (1, float("nan"))})
    {'a': [1, None]}
    """
    if isinstance(value, Mapping):
        return {str(key): as_json(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [as_json(each) for each in value]
    if hasattr(value, "tolist"):  # of NumPy
        return as_json(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, (str, int, bool)) else str(value)
