"""Table of the estimators that a model file can hold, and how each is written and read."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin

from hpsearch.errors import DataError, UsageError, choose_from, quoted
from hpsearch.estimators.base import MLPEstimator
from hpsearch.estimators.classifier import MLPClassifier
from hpsearch.estimators.regressor import MLPRegressor
from hpsearch.estimators.saved.boosters import LightGBMForm, XGBoostForm
from hpsearch.estimators.saved.fitted_checks import check_forest, check_hist_gradient_boosting, check_svm
from hpsearch.estimators.saved.form import Arrays, Description, Form, Shape, class_at
from hpsearch.estimators.saved.refitted import RefittedForm
from hpsearch.estimators.saved.skops_form import SkopsForm
from hpsearch.text import plain, shorten

_NETWORKS: Mapping[str, type[MLPEstimator]] = {"MLPClassifier": MLPClassifier, "MLPRegressor": MLPRegressor}

_FOREST = SkopsForm(check_forest)
_BOOSTING = SkopsForm(check_hist_gradient_boosting, without=("_feature_subsample_rng", "_scorer"))
_PERCEPTRON = SkopsForm(without=("_optimizer", "_random_state"))

FORMS: Mapping[str, Form] = {
    "sklearn.linear_model:LogisticRegression": SkopsForm(),
    "sklearn.linear_model:Ridge": SkopsForm(),
    "sklearn.svm:SVC": SkopsForm(check_svm),
    "sklearn.svm:SVR": SkopsForm(check_svm),
    "sklearn.ensemble:RandomForestClassifier": _FOREST,
    "sklearn.ensemble:RandomForestRegressor": _FOREST,
    "sklearn.ensemble:ExtraTreesClassifier": _FOREST,
    "sklearn.ensemble:ExtraTreesRegressor": _FOREST,
    "sklearn.ensemble:HistGradientBoostingClassifier": _BOOSTING,
    "sklearn.ensemble:HistGradientBoostingRegressor": _BOOSTING,
    "sklearn.neighbors:KNeighborsClassifier": RefittedForm(),
    "sklearn.neighbors:KNeighborsRegressor": RefittedForm(),
    "sklearn.naive_bayes:GaussianNB": SkopsForm(),
    "sklearn.neural_network:MLPClassifier": _PERCEPTRON,
    "sklearn.neural_network:MLPRegressor": _PERCEPTRON,
    "xgboost:XGBClassifier": XGBoostForm(),
    "xgboost:XGBRegressor": XGBoostForm(),
    "lightgbm:LGBMClassifier": LightGBMForm(),
    "lightgbm:LGBMRegressor": LightGBMForm(),
}
"""Form of each estimator of a library, by ``"module:Class"``. Networks of this project save themselves."""

_PACKAGES = {"sklearn": "scikit-learn"}  # distribution by module, where the names differ
_LONGEST_VERSION = 50
_LONGEST = 300  # characters of a library's message


def check_savable(kind: type[Any]) -> None:
    """Refuse a class that no file can hold.

    Raises
    ------
    UsageError
        If it isn't one of this project's networks, and not in `FORMS`.
    """
    if not issubclass(kind, MLPEstimator) and _path_of(kind) is None:
        names = ", ".join(sorted({path.partition(":")[2] for path in FORMS}))
        raise UsageError(
            f"a model file can hold {' and '.join(_NETWORKS)} of hpsearch and {names}, and not {kind.__name__}: "
            "use it in Python"
        )


def saved_state(estimator: Any) -> tuple[Description, Arrays]:
    """Return a fitted estimator as a description in JSON types and arrays.

    Raises
    ------
    UsageError
        If no file can hold it, or not with its settings.
    """
    check_savable(type(estimator))
    if isinstance(estimator, MLPEstimator):
        return estimator.saved_state()
    path = str(_path_of(type(estimator)))
    part, arrays = FORMS[path].write(estimator)
    classes = [int(number) for number in getattr(estimator, "classes_", ())]
    return {"estimator": path, "classes": classes, "versions": _versions(path), "part": part}, arrays


def restored(state: Mapping[str, Any], arrays: Arrays, inputs: int) -> Any:
    """Return the estimator that `saved_state` described, for a matrix of so many columns.

    Raises
    ------
    DataError
        If it was changed, can't be read by the installed libraries, or does not predict.
    """
    name = state["estimator"]
    if name in _NETWORKS:
        if "classes" in state["targets"] and len(set(state["targets"]["classes"])) != state["model"]["n_outputs"]:
            raise DataError("there must be an output for each class")
        return _NETWORKS[name].from_saved_state(state, arrays)
    if name not in FORMS:
        raise DataError(choose_from("estimator", name, (*_NETWORKS, *FORMS)))
    classes = state["classes"]
    if not all(type(number) is int for number in classes) or classes != sorted(set(classes)):
        raise DataError("classes must be whole numbers in order")
    kind, shape = class_at(name), Shape(inputs, len(classes))
    if bool(classes) != issubclass(kind, ClassifierMixin):
        raise DataError(f"{kind.__name__}: a classifier must have classes, and a regressor none")
    try:
        estimator = FORMS[name].read(kind, state["part"], arrays, shape)
        _check_predictions(estimator, classes, inputs)
    except Exception as error:  # whatever a file of a stranger, or of another version, may bring about
        text = str(error) if isinstance(error, DataError) else f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise DataError(f"{kind.__name__}: {shorten(plain(text), _LONGEST)}{_other_versions(state)}") from error
    return estimator


def differing_versions(state: Mapping[str, Any]) -> list[str]:
    """Return "scikit-learn 1.8.0, and 1.9.1 is installed" for each library of another version."""
    stored = state.get("versions", {})
    return [
        f"{package} {_shown(stored[package])}, and {installed} is installed"
        for package, installed in (_versions(state["estimator"]) if stored else {}).items()
        if stored.get(package, installed) != installed
    ]


def _other_versions(state: Mapping[str, Any]) -> str:
    others = differing_versions(state)
    return f" (it was saved with {'; '.join(others)}: fit it again)" if others else ""


def _path_of(kind: type[Any]) -> str | None:
    """Return the key in `FORMS` of a class, whose module is imported already."""
    for path in FORMS:
        module, _, name = path.partition(":")
        if kind is getattr(sys.modules.get(module), name, None):
            return path
    return None


def _versions(path: str) -> dict[str, str]:
    """Return the installed versions of the libraries that a class needs, by package."""
    modules = dict.fromkeys(("sklearn", path.partition(":")[0].partition(".")[0]))
    return {_PACKAGES.get(module, module): str(import_module(module).__version__) for module in modules}


def _shown(text: object) -> str:
    return shorten(plain(str(text)), _LONGEST_VERSION)


def _check_predictions(estimator: Any, classes: list[int], inputs: int) -> None:
    """Refuse an estimator that doesn't predict two rows of zeros as it should."""
    if estimator.n_features_in_ != inputs:
        raise DataError(f"it must have {inputs} inputs, got {quoted(estimator.n_features_in_)}")
    rows = np.zeros((2, inputs), np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        predictions = np.asarray(estimator.predict(rows))
        if predictions.shape != (2,) or predictions.dtype.kind not in "iuf" or not np.isfinite(predictions).all():
            raise DataError("it must predict a number for each row")
        if not classes:
            return
        if np.asarray(estimator.classes_).tolist() != classes or not set(predictions.tolist()) <= set(classes):
            raise DataError("it must predict the classes that it names")
        if hasattr(estimator, "predict_proba") and estimator.predict_proba(rows).shape != (2, len(classes)):
            raise DataError("it must give a probability for each class")
