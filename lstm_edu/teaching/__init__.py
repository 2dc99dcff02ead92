"""For teachers: a notebook of the course as an assignment for nbgrader, and the grading of what comes back.

python -m lstm_edu assignment NOTEBOOK     an instructor's and a student's version
nbgrader autograde NAME                    grades the answers with `lstm_edu.exercises`, each in a process of its own
"""

from lstm_edu.teaching.assignment import Assignment, make_assignment
from lstm_edu.teaching.grading import grade
from lstm_edu.teaching.settings import configure

__all__ = ["Assignment", "configure", "grade", "make_assignment"]
