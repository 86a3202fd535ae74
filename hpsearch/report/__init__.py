"""Reports: documents and figures from stored results. Statistics are in `analysis`; nothing here trains."""

from hpsearch.report.write import write_report

__all__ = ["write_report"]
