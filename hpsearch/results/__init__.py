"""Stored trials as data frames, from hpsearch studies and from other Optuna studies."""
