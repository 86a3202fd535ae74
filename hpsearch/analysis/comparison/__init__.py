"""Comparison of variants: pairings, compared values and verdicts."""
