"""Comparisons of strategies: which are compared, by which values, and with which verdict."""
