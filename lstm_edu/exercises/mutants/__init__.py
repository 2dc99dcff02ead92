"""Wrong answers, made from right ones: the solutions are small programs, and learners change them a little.

`mutated(exercise, answered)` is an explainer (see `exercises.explaining`). It changes the solution, and other ways to
write it, in one place after another (`expressions`, `statements`), and what goes in and comes out (`outside`); a mutant
that gives the learner's numbers on every question is what the learner did, or computes the same. Its sentence is made
from the change, from the names of what it touches and from the line as it then is. `catalogued` does the same with the
doctor's mistakes, and `mutated_twice` tries two changes at once.
"""

from lstm_edu.exercises.mutants.catalogue import catalogued
from lstm_edu.exercises.mutants.search import bank_of, mutated, mutated_twice

__all__ = ["bank_of", "catalogued", "mutated", "mutated_twice"]
