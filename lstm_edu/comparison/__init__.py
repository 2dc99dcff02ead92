"""The one home for comparing: when two arrays are equal, where they differ, and how to say so. Does not know Keras."""

from lstm_edu.comparison.report import Report, Row, compare

__all__ = ["Report", "Row", "compare"]
