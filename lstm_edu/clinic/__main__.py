"""`python -m lstm_edu.clinic`: for the teacher, what each patient has, and with which letter a student says so."""

from lstm_edu.clinic import case, cases
from lstm_edu.clinic.patients import WORDS

for number in cases():
    patient, found = case(number), case(number).solution()
    words = [WORDS[mistake_id] for mistake_id in str(found.cause).split(" + ")]
    found_as = {letter: choice for letter, choice in patient.choices.items() if choice in words}
    print(f"{number:2}  {' and '.join(found_as)}: {'; '.join(found_as.values())}   ({found.cause})")
    print(f"    {found.message}\n    {found.seen}\n")
