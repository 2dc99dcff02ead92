"""The clinic: sealed patients. Each contains a mistake that you are not told; find it.

patient = le.clinic.case(1)      # a layer, an input, and what someone's code made of it
patient.output                   # look at it, plot it, compare it with patient.layer(patient.x)
patient.answer("C")              # right, or what contradicts it
patient.hint()                   # a question, then what the numbers show, then three that are left
"""

from lstm_edu.clinic.patient import Finding, Patient, case
from lstm_edu.clinic.patients import RECORDS

__all__ = ["Finding", "Patient", "case", "cases"]


def cases() -> list[int]:
    """The numbers of the patients, from the easiest to the hardest."""
    return list(RECORDS)
