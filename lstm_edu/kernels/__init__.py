"""Kernels that are ready immediately: forked from one process that has already imported what the course imports.

Importing Keras takes several seconds of processor time and a quarter of a gigabyte, in each kernel again. On Linux,
`python -m lstm_edu lab` and the course's server images start one process that imports NumPy, matplotlib, ipywidgets,
lstm_edu and Keras, and runs nothing (`forker.py`); a kernel for this Python is then a fork of it (`provisioner.py`).
Everywhere else, and whenever anything is unusual, a kernel is started as Jupyter always does.
"""

from lstm_edu.kernels.using import NAME, OFF, use, why_not

__all__ = ["NAME", "OFF", "use", "why_not"]
