"""nbgrader's part of the grading; imported by nbgrader only (see settings.py)."""

from __future__ import annotations

from typing import Any

from nbformat.v4 import new_output
from nbgrader import utils
from nbgrader.preprocessors import NbGraderPreprocessor

from lstm_edu.exercises.result import CORRECT, NOT_ATTEMPTED, WRONG, Result
from lstm_edu.teaching.grading import grade

_CHECK, _ANSWER = "check-", "answer-"


class GradeExercises(NbGraderPreprocessor):
    """Grades each answer and writes what was found under its check: full points if it is correct, else none."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        answers = {
            cell.metadata.nbgrader.grade_id: index
            for index, cell in enumerate(nb.cells)
            if utils.is_solution(cell) and cell.cell_type == "code"
        }
        for cell in nb.cells:
            if utils.is_grade(cell) and cell.cell_type == "code":
                self._grade(cell, answers, nb.cells)
        return nb, resources

    def _grade(self, cell: Any, answers: dict[str, int], cells: list[Any]) -> None:
        exercise = cell.metadata.nbgrader.grade_id.removeprefix(_CHECK)
        index = answers.get(_ANSWER + exercise)
        if index is None:
            result = Result(exercise, NOT_ATTEMPTED, "The cell of the answer is missing.")
        else:
            before = [c.source for c in cells[:index] if c.cell_type == "code"]
            function = cell.source.rpartition("(")[2].rstrip(") \n")
            try:
                result = grade(exercise, cells[index].source, before, function=function)
            except Exception as error:  # of one answer; the others are still to be graded
                self.log.exception("The answer to %s could not be graded", exercise)
                result = Result(exercise, WRONG, f"The answer could not be graded: {type(error).__name__}: {error}")
        card = {"text/plain": repr(result), "text/html": result._repr_html_()}
        cell.outputs = [new_output("display_data", data=card)]
        if result.status != CORRECT:  # an error is how nbgrader knows that there are no points
            cell.outputs.append(new_output("error", ename=result.status, evalue="", traceback=[result.status]))
