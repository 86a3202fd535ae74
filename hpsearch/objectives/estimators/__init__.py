"""Estimators of scikit-learn, XGBoost and LightGBM as objectives."""

from hpsearch.objectives.estimators.code import code_allowed
from hpsearch.objectives.estimators.objective import EstimatorObjective
from hpsearch.objectives.estimators.table import ESTIMATORS, Estimator

__all__ = ["ESTIMATORS", "Estimator", "EstimatorObjective", "code_allowed"]
