"""The hub of one server, on loopback, in a temporary folder: deploy/tljh/lstm_edu_hub.py, and what a container needs.

Its spawner is JupyterHub's own SimpleLocalProcessSpawner (no systemd, no accounts, no limits of memory), or, where
LSTM_EDU_HUB_ACCOUNTS is set, LocalProcessSpawner, for which users are accounts of this machine. Students are let in
without a password, and a service may start servers for them.
"""

import os
import sys
from pathlib import Path

c = get_config()  # noqa: F821 (JupyterHub's)
HERE = Path(__file__).resolve().parent
FOLDER = Path(os.environ["LSTM_EDU_HUB_FOLDER"])
PORT = int(os.environ["LSTM_EDU_HUB_PORT"])

os.environ.setdefault("LSTM_EDU_PYTHON", sys.executable)
load_subconfig(str(HERE.parent / "tljh" / "lstm_edu_hub.py"))  # noqa: F821

c.JupyterHub.bind_url = f"http://127.0.0.1:{PORT}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{PORT + 1}"
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{PORT + 2}"
c.ConfigurableHTTPProxy.command = os.environ["LSTM_EDU_PROXY"].split()
c.JupyterHub.db_url = f"sqlite:///{FOLDER / 'hub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(FOLDER / "cookie_secret")
c.ConfigurableHTTPProxy.pid_file = str(FOLDER / "proxy.pid")
if os.environ.get("LSTM_EDU_HUB_ACCOUNTS"):
    c.JupyterHub.spawner_class = "localprocess"
    BIN = str(Path(os.environ["LSTM_EDU_PYTHON"]).parent)
    c.Spawner.environment.update({"PATH": os.pathsep.join([BIN, os.environ["PATH"]])})
    c.Spawner.cmd = f"{BIN}/jupyterhub-singleuser"
else:
    c.JupyterHub.spawner_class = "simple"
    c.SimpleLocalProcessSpawner.home_dir_template = str(FOLDER / "home" / "{username}")
    c.Spawner.args.append("--allow-root")
    c.Spawner.environment.update({"JUPYTER_CONFIG_DIR": str(FOLDER / "config"), "IPYTHONDIR": str(FOLDER / "ipython")})
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.services = [{"name": "class", "api_token": os.environ["LSTM_EDU_HUB_TOKEN"]}]
c.JupyterHub.load_roles = [
    {"name": "class", "services": ["class"], "scopes": ["admin:users", "admin:servers", "tokens", "access:servers"]}
]
