"""Table of estimators: where their classes are, and the space that each is searched in by default.

To add one, write a subclass of `Estimator` and add a line to `ESTIMATORS`. The ranges are for scaled inputs, and in
regression for scaled targets. They are those of the sources that the docstrings name, unless these say otherwise.
auto-sklearn is Feurer et al., Efficient and robust automated machine learning, NeurIPS (2015); its ranges are those of
the components in its repository, automl/auto-sklearn.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, ClassVar

from hpsearch.errors import UsageError

Space = Mapping[str, Mapping[str, Any]]


class Estimator:
    """A kind of model with scikit-learn's interface. Settings outside of `space` have the library's defaults."""

    name: ClassVar[str]
    """Key in `ESTIMATORS`."""

    classes: ClassVar[Mapping[str, str]]
    """Module and class, ``"module:Class"``, by task; a task that is missing has no such estimator."""

    space: ClassVar[Space | None]
    """Searched settings, as in ``[space]`` of a study file. None: there is no default, and a study has to say."""

    regression_space: ClassVar[Space] = {}
    """Further settings that are searched in regression."""

    fixed: ClassVar[Mapping[str, Any]] = {}
    """Settings that no study can change: one thread, nothing printed."""

    @classmethod
    def space_for(cls, task: str) -> Space:
        """Return the default space for ``"classification"`` or ``"regression"``.

        Raises
        ------
        UsageError
            If there is none.
        """
        if cls.space is None:
            raise UsageError(f"[space] is missing: {cls.name!r} has no default space; an empty one searches nothing")
        return {**cls.space, **(cls.regression_space if task == "regression" else {})}

    @classmethod
    def stops_early(cls, settings: Any, rows: int) -> bool:
        """Return whether it ends its training by a score on some of the training `rows`, which it draws at random."""
        return False

    @classmethod
    def kind(cls, task: str) -> type[Any]:
        """Import and return the class for a task.

        Raises
        ------
        UsageError
            If there is none for the task, or its library is not installed.
        """
        if task not in cls.classes:
            raise UsageError(f"{cls.name!r} is for {' and '.join(cls.classes)} only, and the data is for {task}")
        module, _, class_name = cls.classes[task].partition(":")
        library = module.partition(".")[0]
        try:
            found: type[Any] = getattr(import_module(module), class_name)
        except ImportError as error:
            raise UsageError(f"{cls.name!r} needs the package {library}: pip install {library} ({error})") from error
        return found


class LogisticRegression(Estimator):
    """Logistic regression with an L2 penalty of weight 1 / C.

    Range: that of scikit-learn's LogisticRegressionCV by default, 10⁻⁴ … 10⁴.
    """

    name = "logistic_regression"
    classes: ClassVar = {"classification": "sklearn.linear_model:LogisticRegression"}
    space: ClassVar = {"C": {"low": 1e-4, "high": 1e4, "log": True}}


class Ridge(Estimator):
    """Linear regression with an L2 penalty of weight alpha.

    Range: that of glmnet's lambda in Probst, Boulesteix and Bischl, Tunability, JMLR 20 (2019), table 1.
    """

    name = "ridge"
    classes: ClassVar = {"regression": "sklearn.linear_model:Ridge"}
    space: ClassVar = {"alpha": {"low": 2.0**-10, "high": 2.0**10, "log": True}}


class SVM(Estimator):
    """Support vector machine; with an RBF kernel unless ``kernel`` says otherwise.

    Ranges of C and gamma: Hsu, Chang and Lin, A practical guide to support vector classification (2003). Of epsilon:
    auto-sklearn, component libsvm_svr, which calls it a guess. gamma is searched with the kernels that have it.
    """

    name = "svm"
    classes: ClassVar = {"classification": "sklearn.svm:SVC", "regression": "sklearn.svm:SVR"}
    space: ClassVar = {
        "C": {"low": 2.0**-5, "high": 2.0**15, "log": True},
        "gamma": {"low": 2.0**-15, "high": 2.0**3, "log": True, "when": {"kernel": ["rbf", "poly", "sigmoid"]}},
    }
    regression_space: ClassVar = {"epsilon": {"low": 1e-3, "high": 1.0, "log": True}}


class RandomForest(Estimator):
    """Random forest of 100 trees.

    Settings: Probst, Wright and Boulesteix, Hyperparameters and tuning strategies for random forest (2019): columns
    tried in a split, rows of a leaf, rows of a tree. The last one is searched with bootstrap samples only. The
    bounds are not the review's: 1 … 20 rows of a leaf are those of auto-sklearn's extra_trees, on a log scale here; the
    others are ours.
    """

    name = "random_forest"
    classes: ClassVar = {
        "classification": "sklearn.ensemble:RandomForestClassifier",
        "regression": "sklearn.ensemble:RandomForestRegressor",
    }
    space: ClassVar = {
        "max_features": {"low": 0.05, "high": 1.0},
        "min_samples_leaf": {"low": 1, "high": 20, "log": True},
        "max_samples": {"low": 0.2, "high": 1.0, "when": {"bootstrap": [True]}},
    }


class ExtraTrees(Estimator):
    """Extremely randomized trees, 100 of them.

    Settings: K and n_min of Geurts, Ernst and Wehenkel, Machine Learning 63 (2006). Range of min_samples_split:
    auto-sklearn, component extra_trees, on a log scale here; that of max_features is ours.
    """

    name = "extra_trees"
    classes: ClassVar = {
        "classification": "sklearn.ensemble:ExtraTreesClassifier",
        "regression": "sklearn.ensemble:ExtraTreesRegressor",
    }
    space: ClassVar = {
        "max_features": {"low": 0.05, "high": 1.0},
        "min_samples_split": {"low": 2, "high": 20, "log": True},
    }


MANY_ROWS = 10_000
"""Number of rows above which ``early_stopping = "auto"`` of histogram gradient boosting is on; scikit-learn's."""


class HistGradientBoosting(Estimator):
    """Gradient boosting on binned columns, 100 rounds.

    Ranges: auto-sklearn, component gradient_boosting.
    """

    name = "hist_gradient_boosting"
    classes: ClassVar = {
        "classification": "sklearn.ensemble:HistGradientBoostingClassifier",
        "regression": "sklearn.ensemble:HistGradientBoostingRegressor",
    }
    space: ClassVar = {
        "learning_rate": {"low": 0.01, "high": 1.0, "log": True},
        "max_leaf_nodes": {"low": 3, "high": 2047, "log": True},
        "min_samples_leaf": {"low": 1, "high": 200, "log": True},
        "l2_regularization": {"low": 1e-10, "high": 1.0, "log": True},
    }

    @classmethod
    def stops_early(cls, settings: Any, rows: int) -> bool:
        """Return whether early stopping is on: by default it is, with more than `MANY_ROWS` rows."""
        return settings.early_stopping is True or (settings.early_stopping == "auto" and rows > MANY_ROWS)


class KNeighbors(Estimator):
    """Nearest neighbours.

    Range of n_neighbors: that of k in Probst, Boulesteix and Bischl, Tunability, JMLR 20 (2019), table 1, on a log
    scale as in auto-sklearn, component k_nearest_neighbors, which has the choices of weights and p.
    """

    name = "k_neighbors"
    classes: ClassVar = {
        "classification": "sklearn.neighbors:KNeighborsClassifier",
        "regression": "sklearn.neighbors:KNeighborsRegressor",
    }
    space: ClassVar = {
        "n_neighbors": {"low": 1, "high": 30, "log": True},
        "weights": {"choices": ["uniform", "distance"]},
        "p": {"choices": [1, 2]},
    }


class NaiveBayes(Estimator):
    """Gaussian naive Bayes.

    The literature tunes nothing here; the range is from scikit-learn's default, almost no smoothing, to the
    largest variance of a column.
    """

    name = "naive_bayes"
    classes: ClassVar = {"classification": "sklearn.naive_bayes:GaussianNB"}
    space: ClassVar = {"var_smoothing": {"low": 1e-9, "high": 1.0, "log": True}}


class MLP(Estimator):
    """Multilayer perceptron of scikit-learn; `MLPObjective` is this project's own.

    Ranges: auto-sklearn, component mlp, which searches depth and width, too. The initial learning rate is searched with
    the solvers that have one.
    """

    name = "mlp"
    classes: ClassVar = {
        "classification": "sklearn.neural_network:MLPClassifier",
        "regression": "sklearn.neural_network:MLPRegressor",
    }
    space: ClassVar = {
        "alpha": {"low": 1e-7, "high": 0.1, "log": True},
        "learning_rate_init": {"low": 1e-4, "high": 0.5, "log": True, "when": {"solver": ["adam", "sgd"]}},
        "activation": {"choices": ["relu", "tanh"]},
    }

    @classmethod
    def stops_early(cls, settings: Any, rows: int) -> bool:
        """Return whether early stopping is on."""
        return bool(settings.early_stopping)


class XGBoost(Estimator):
    """Gradient boosting of XGBoost, 100 rounds.

    Ranges: Probst, Boulesteix and Bischl, Tunability, JMLR 20 (2019), table 1; shares of columns from 0.1. The source
    searches up to 5,000 rounds, too.
    """

    name = "xgboost"
    classes: ClassVar = {"classification": "xgboost:XGBClassifier", "regression": "xgboost:XGBRegressor"}
    space: ClassVar = {
        "learning_rate": {"low": 2.0**-10, "high": 1.0, "log": True},
        "max_depth": {"low": 1, "high": 15},
        "min_child_weight": {"low": 1.0, "high": 128.0, "log": True},
        "subsample": {"low": 0.1, "high": 1.0},
        "colsample_bytree": {"low": 0.1, "high": 1.0},
        "reg_lambda": {"low": 2.0**-10, "high": 2.0**10, "log": True},
        "reg_alpha": {"low": 2.0**-10, "high": 2.0**10, "log": True},
    }
    fixed: ClassVar = {"n_jobs": 1, "verbosity": 0}


class LightGBM(Estimator):
    """Gradient boosting of LightGBM, 100 rounds.

    Ranges: FLAML (Wang et al., MLSys 2021), its LGBMEstimator; with at most 1,024 leaves, where FLAML's bound is the
    number of rows, and without its search of rounds and bins.
    """

    name = "lightgbm"
    classes: ClassVar = {"classification": "lightgbm:LGBMClassifier", "regression": "lightgbm:LGBMRegressor"}
    space: ClassVar = {
        "learning_rate": {"low": 2.0**-10, "high": 1.0, "log": True},
        "num_leaves": {"low": 4, "high": 1024, "log": True},
        "min_child_samples": {"low": 2, "high": 128, "log": True},
        "colsample_bytree": {"low": 0.01, "high": 1.0},
        "reg_lambda": {"low": 2.0**-10, "high": 2.0**10, "log": True},
        "reg_alpha": {"low": 2.0**-10, "high": 2.0**10, "log": True},
    }
    fixed: ClassVar = {"n_jobs": 1, "verbosity": -1}


ESTIMATORS: Mapping[str, type[Estimator]] = {
    estimator.name: estimator
    for estimator in (
        LogisticRegression,
        Ridge,
        SVM,
        RandomForest,
        ExtraTrees,
        HistGradientBoosting,
        KNeighbors,
        NaiveBayes,
        MLP,
        XGBoost,
        LightGBM,
    )
}
"""Estimators by the name that ``[model] estimator`` gives."""
