"""Search for the hyperparameters of any scikit-learn estimator, as a scikit-learn meta-estimator."""

from hpsearch.search_cv.search import SearchCV
from hpsearch.search_cv.specs import Choice, Float, Int

__all__ = ["Choice", "Float", "Int", "SearchCV"]
