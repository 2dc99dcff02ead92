"""The doctor: which mistake produces these numbers, and which mistakes a comparison could have caught.

`le.diagnose` explains an output, `adequacy` says what a comparison can see, `le.adequate_example` makes one that sees
everything, `le.mistakes` lists the catalogue.
"""

from lstm_edu.doctor import catalogue  # noqa: F401  fills the catalogue
from lstm_edu.doctor.adequacy import Adequacy, adequacy, adequate_example
from lstm_edu.doctor.diagnose import diagnose
from lstm_edu.doctor.diagnosis import Candidate, Diagnosis
from lstm_edu.doctor.examples import Example
from lstm_edu.doctor.listing import MistakeTable, mistakes
from lstm_edu.doctor.mistake import CATALOGUE, Mistake
from lstm_edu.doctor.tracing import mistaken_trace

__all__ = [
    "CATALOGUE",
    "Adequacy",
    "Candidate",
    "Diagnosis",
    "Example",
    "Mistake",
    "MistakeTable",
    "adequacy",
    "adequate_example",
    "diagnose",
    "mistaken_trace",
    "mistakes",
]
