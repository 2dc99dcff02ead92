"""`python -m lstm_edu.clinic`: for the teacher, what each patient has."""

from lstm_edu.clinic import case, cases

for number in cases():
    found = case(number).solution()
    print(f"{number:2}  {found.cause}\n    {found.message}\n    {found.seen}\n")
