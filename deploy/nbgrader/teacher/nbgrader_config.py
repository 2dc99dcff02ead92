"""The teacher's nbgrader: Formgrader and the commands find the course from wherever they are started.

It goes into the teacher's ~/.jupyter as nbgrader_config.py. See deploy/README.md. Written for nbgrader 0.9.6.
The course is the folder `assignments` in the teacher's home, where `python -m lstm_edu assignment` makes it, or the one
that the environment variable LSTM_EDU_COURSE names.
"""

import os
from pathlib import Path

COURSE = Path.home() / os.environ.get("LSTM_EDU_COURSE", "assignments")

c = get_config()  # noqa: F821 (nbgrader's)
c.CourseDirectory.root = str(COURSE)
if (COURSE / "nbgrader_config.py").exists():  # how an assignment of ours is graded, and the fence
    load_subconfig(str(COURSE / "nbgrader_config.py"))  # noqa: F821
