"""Trials in, documents out: computes nothing that `analysis` could, trains nothing, and draws the rest."""

from hpsearch.report.write import write_report

__all__ = ["write_report"]
