"""Form of nearest neighbours: the training rows, from which the model is made again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from hpsearch.errors import DataError
from hpsearch.estimators.saved.form import Arrays, Description, Form, Shape, parameters_of

_X, _Y = "rows.x", "rows.y"
_PARAMETERS = "parameters"


class RefittedForm(Form):
    """Parameters and training rows. Reading fits again, which only sorts the rows into a tree."""

    def write(self, estimator: Any) -> tuple[Description, Arrays]:
        """Return parameters, and rows with their targets."""
        targets = estimator.classes_[estimator._y] if hasattr(estimator, "classes_") else estimator._y
        return {_PARAMETERS: parameters_of(estimator)}, {_X: estimator._fit_X, _Y: targets}

    def read(self, kind: type[Any], description: Mapping[str, Any], arrays: Arrays, shape: Shape) -> Any:
        """Return the estimator, fitted to the rows again."""
        x, y = arrays[_X], arrays[_Y]
        if set(arrays) != {_X, _Y} or x.ndim != 2 or x.shape[1] != shape.inputs or y.shape != (len(x),):
            raise DataError(f"there must be training rows of {shape.inputs} inputs, each with its target")
        if (shape.classes and y.dtype.kind not in "iu") or not np.isfinite(y).all():
            raise DataError("the targets of training rows must be class numbers, or finite numbers")
        parameters = description[_PARAMETERS]
        if set(parameters) != set(parameters_of(kind())):
            raise DataError(f"there must be the parameters of {kind.__name__}")
        return kind(**parameters).fit(x, y)
