"""Is this computer, or this server of a hub, ready for the course? `python -m lstm_edu check` asks.

Everything is really tried: files are written, a kernel is started through jupyter_client, an explorer is shown in it,
and an LSTM of Keras is compared with ours.
"""

from lstm_edu.readiness.looking import Readiness, look

__all__ = ["Readiness", "look"]
