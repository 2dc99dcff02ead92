"""For every server with this folder on JUPYTER_CONFIG_PATH: `python -m lstm_edu lab`, Binder's, a hub's image."""

from lstm_edu.kernels import use

use()
