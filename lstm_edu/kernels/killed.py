"""A kernel that the system has killed because memory ran out, and what the learner is told about it."""

import html
from pathlib import Path

# An argument of ipykernel: the successor of such a kernel runs this when it starts.
TELL = "--IPKernelApp.exec_lines=__import__('lstm_edu.kernels.killed', fromlist=['tell']).tell()"
SAID = (
    "Memory ran out: the last cell needed more than there is, and its kernel was killed. This one is new and knows "
    "nothing yet. Close what you don't need (Kernel → Shut Down All Kernels), make the cell smaller (fewer rows, fewer "
    "units, fewer plots), then choose Run → Run All Above Selected Cell."
)
_PREFERRED = 200  # of 1000: among what shares a limit of memory, kernels end before their server does


def count() -> int:
    """How many processes Linux has killed on this machine because memory ran out; 0 where it does not say."""
    try:
        lines = Path("/proc/vmstat").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)


def prefer(pid: int | None) -> None:
    """Let the system end this process before its parents, where memory runs out."""
    score = Path(f"/proc/{pid}/oom_score_adj")
    try:
        score.write_text(str(min(1000, int(score.read_text()) + _PREFERRED)))
    except OSError:
        pass  # not Linux, or it has ended


def tell() -> None:
    """Say it in the first cell that is run in this kernel."""
    from IPython import get_ipython
    from IPython.display import HTML, display

    shell = get_ipython()

    def say(_: object) -> None:
        shell.events.unregister("pre_run_cell", say)
        style = "border-left: 4px solid #d55e00; padding: 0.4em 0.8em"
        display(HTML(f'<div role="alert" style="{style}">{html.escape(SAID)}</div>'))

    shell.events.register("pre_run_cell", say)
