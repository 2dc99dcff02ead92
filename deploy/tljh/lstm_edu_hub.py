"""JupyterHub's settings for a class on one server. See deploy/README.md.

The Littlest JupyterHub 2.0 reads it from its folder jupyterhub_config.d; any other JupyterHub 5 by
load_subconfig("lstm_edu_hub.py"). Written for JupyterHub 5.5, systemdspawner 1.0, lstm-edu 0.1.
"""

import os
import subprocess

c = get_config()  # noqa: F821 (JupyterHub's)

# The Python that the students' servers run on; lstm-edu is installed in it.
PYTHON = os.environ.get("LSTM_EDU_PYTHON", "/opt/tljh/user/bin/python")
MEMORY = "1500M"  # for a server, what it forks kernels from, and three notebooks with Keras: docs/classroom.md

said = subprocess.run(
    [PYTHON, "-c", "from lstm_edu._lab import SETTINGS; print(SETTINGS)"], capture_output=True, text=True
)
if said.returncode:
    raise SystemExit(
        f"lstm-edu is not installed for {PYTHON}: deploy/README.md, step 2. ({said.stderr[-200:].strip()})"
    )

# What `python -m lstm_edu lab` has: its settings of JupyterLab, and kernels that are ready immediately.
# A student's first kernel waits for the process that it is forked from: that takes some seconds more, and 200 MB less.
c.Spawner.environment.update({"JUPYTER_CONFIG_PATH": said.stdout.strip(), "LSTM_EDU_FORK": "wait"})
c.Spawner.default_url = "/lab"
c.Spawner.args.extend(
    [
        "--MappingKernelManager.cull_idle_timeout=1800",  # kernels that are idle for half an hour, in no open page
        "--MappingKernelManager.cull_interval=300",
        "--LabApp.extension_manager=readonly",  # no installing into the class's environment from the page
    ]
)

# When thirty servers start at once, each takes a minute or more on two processors: nobody is lost, all wait.
c.Spawner.start_timeout = 300
c.Spawner.http_timeout = 180
c.JupyterHub.concurrent_spawn_limit = 10 * (os.cpu_count() or 1)  # those who come then are asked to try again

c.Spawner.mem_limit = MEMORY
c.Spawner.mem_guarantee = "400M"
# systemd would end the whole server when one kernel is killed because its memory ran out; this ends the kernel only.
c.SystemdSpawner.unit_extra_properties = {"OOMPolicy": "continue"}
