"""How nbgrader grades an assignment of ours: the answers are graded, the notebook as a whole is not run."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

_GRADER = "lstm_edu.teaching.grader.GradeExercises"


def configure(c: Any) -> None:
    """Put our settings into nbgrader's configuration; called by the nbgrader_config.py of a course folder."""
    # nbgrader starts `alembic` by its name, which is found only where the environment is activated, or here.
    here = str(Path(sys.executable).parent)
    if here not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join(filter(None, [here, os.environ.get("PATH")]))
    c.CourseDirectory.course_id = "lstm-edu"
    c.ClearSolutions.code_stub = {"python": "..."}
    c.Autograde.autograde_preprocessors = [
        _GRADER,
        "nbconvert.preprocessors.ClearMetadataPreprocessor",
        "nbgrader.preprocessors.LimitOutput",
        "nbgrader.preprocessors.SaveAutoGrades",
        "nbgrader.preprocessors.AssignLatePenalties",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
