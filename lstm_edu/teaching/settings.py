"""How nbgrader grades our assignments: its own run of the notebook is replaced by ours."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

_GRADER = "lstm_edu.teaching.grader.GradeExercises"
_READER = "lstm_edu.teaching.grader.Submissions"


def configure(c: Any) -> None:
    """Put our settings into nbgrader's configuration; called by the nbgrader_config.py of a course folder."""
    # nbgrader starts `alembic` by its name, which is found only where the environment is activated, or here.
    here = str(Path(sys.executable).parent)
    if here not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join(filter(None, [here, os.environ.get("PATH")]))
    c.CourseDirectory.course_id = "lstm-edu"
    c.ClearSolutions.code_stub = {"python": "..."}
    c.Autograde.exporter_class = _READER
    c.Autograde.autograde_preprocessors = [
        _GRADER,
        "nbconvert.preprocessors.ClearMetadataPreprocessor",
        "nbgrader.preprocessors.LimitOutput",
        "nbgrader.preprocessors.SaveAutoGrades",
        "nbgrader.preprocessors.AssignLatePenalties",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
