"""For teachers: a notebook of the course as an assignment for nbgrader, and the grading of what comes back.

python -m lstm_edu assignment NOTEBOOK     an instructor's and a student's version
nbgrader autograde NAME                    runs each notebook behind a fence, and grades its answers
as_graded("NOTEBOOK")                      for the student: what the grader would say
"""

from lstm_edu.teaching.assignment import Assignment, make_assignment
from lstm_edu.teaching.fences import Limits, fence
from lstm_edu.teaching.grading import grade
from lstm_edu.teaching.preview import as_graded
from lstm_edu.teaching.settings import configure

__all__ = ["Assignment", "Limits", "as_graded", "configure", "fence", "grade", "make_assignment"]
