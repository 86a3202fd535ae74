"""Estimators as parts of a model file: how each class is written and read without pickle."""

from hpsearch.estimators.saved.estimators import FORMS, check_savable, differing_versions, restored, saved_state

__all__ = ["FORMS", "check_savable", "differing_versions", "restored", "saved_state"]
