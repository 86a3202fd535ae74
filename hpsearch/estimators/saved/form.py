"""Form of an estimator in a file: a description in JSON types, and arrays."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

from numpy.typing import NDArray

from hpsearch.errors import DataError, UsageError

Description = dict[str, Any]
Arrays = dict[str, NDArray[Any]]


class Shape(NamedTuple):
    """What a model file says of its estimator; all else in it is checked against this.

    Attributes
    ----------
    inputs
        Number of columns of the matrix.
    classes
        Number of classes that the estimator knows; 0 for regression.
    """

    inputs: int
    classes: int


class Form(ABC):
    """Way to write an estimator and to read it.

    A file may come from a stranger: `read` runs no code of the file, and refuses what would read or write outside of an
    array, fill the memory, or never end.
    """

    @abstractmethod
    def write(self, estimator: Any) -> tuple[Description, Arrays]:
        """Return what `read` needs.

        Raises
        ------
        UsageError
            If its settings or parts can't be written so.
        """

    @abstractmethod
    def read(self, kind: type[Any], description: Mapping[str, Any], arrays: Arrays, shape: Shape) -> Any:
        """Return the estimator; `arrays` are all arrays of the file that nothing else has taken.

        Raises
        ------
        DataError
            If it isn't one that `write` could have written.
        """


def class_at(path: str) -> type[Any]:
    """Import the class at ``"module:Class"``.

    Raises
    ------
    DataError
        If its library is not installed, or no longer has it.
    """
    module, _, name = path.partition(":")
    library = module.partition(".")[0]
    try:
        kind: type[Any] = getattr(import_module(module), name)
    except ImportError as error:
        raise DataError(f"the model needs the package {library}: pip install {library} ({error})") from error
    except AttributeError as error:
        raise DataError(f"the model needs {name} of {library}, which the installed version does not have") from error
    return kind


def parameters_of(estimator: Any) -> dict[str, Any]:
    """Return the constructor's parameters without those that only say how to compute.

    Raises
    ------
    UsageError
        If one has no JSON type.
    """
    parameters = {name: value for name, value in estimator.get_params(deep=False).items() if name not in _COMPUTING}
    for name, value in parameters.items():
        if not _is_plain(value):
            raise UsageError(f"a saved model holds numbers, text, true, false and None, and {name} is {value!r}")
    return {name: value for name, value in parameters.items() if name != "random_state"}


_COMPUTING = ("n_jobs", "verbose", "verbosity", "callbacks")


def _is_plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(isinstance(key, str) for key in value) and all(map(_is_plain, value.values()))
    return value is None or isinstance(value, str | int | float | bool)
