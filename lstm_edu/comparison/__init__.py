"""The one home for comparing: when two arrays are equal, where they are not, and what to say of it. Knows no Keras."""

from lstm_edu.comparison.report import Report, Row, compare

__all__ = ["Report", "Row", "compare"]
