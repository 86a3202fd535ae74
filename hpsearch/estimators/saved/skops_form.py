"""Form of scikit-learn's estimators: bytes of skops, in which all is checked before it is used."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from copy import copy
from typing import Any

import numpy as np

from hpsearch.errors import DataError, UsageError
from hpsearch.estimators.saved.contents import TRUSTED, checked, types_in
from hpsearch.estimators.saved.form import Arrays, Description, Form, Shape, parameters_of

_BYTES = "skops"
_COMPUTING = {"n_jobs": None, "verbose": 0}  # how to compute, which a file does not decide


class SkopsForm(Form):
    """An estimator as skops writes it.

    Parameters
    ----------
    check
        Refuses a loaded estimator whose arrays don't fit each other; scikit-learn's compiled code does not look.
    without
        Attributes that are left out: only training needs them, or `complete` makes them.
    complete
        Adds to a checked estimator what follows from its settings.
    """

    def __init__(
        self,
        check: Callable[[Any, Shape], None] | None = None,
        without: tuple[str, ...] = (),
        complete: Callable[[Any], None] | None = None,
    ) -> None:
        self._check, self._without, self._complete = check, without, complete

    def write(self, estimator: Any) -> tuple[Description, Arrays]:
        """Return the estimator as bytes of skops."""
        import skops.io

        parameters_of(estimator)
        part = copy(estimator)
        for name in self._without:
            vars(part).pop(name, None)
        kind = type(estimator).__name__
        try:
            data = skops.io.dumps(part)
        except (TypeError, RecursionError) as error:
            raise UsageError(f"{kind} can't be saved with these settings: {error}") from error
        if others := types_in(data):
            raise UsageError(f"{kind} can't be saved with these settings: it holds {', '.join(sorted(others))}")
        return {}, {_BYTES: np.frombuffer(data, np.uint8)}

    def read(self, kind: type[Any], description: Mapping[str, Any], arrays: Arrays, shape: Shape) -> Any:
        """Return the estimator; any failure is an exception."""
        import skops.io

        if set(arrays) != {_BYTES}:
            raise DataError("there must be the bytes of an estimator and no other arrays")
        data = checked(arrays[_BYTES].tobytes(), shape)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on other versions, of each tree; the model file warns once
            estimator = skops.io.loads(data, trusted=sorted({name for names in TRUSTED.values() for name in names}))
        if type(estimator) is not kind:
            raise DataError(f"it must hold {kind.__name__}, got {type(estimator).__name__}")
        estimator.get_params(deep=False)  # raises AttributeError without one of them
        for name, value in _COMPUTING.items():
            if name in vars(estimator):
                setattr(estimator, name, value)
        if self._check is not None:
            self._check(estimator, shape)
        if self._complete is not None:
            self._complete(estimator)
        return estimator
