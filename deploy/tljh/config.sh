#!/usr/bin/env bash
# TLJH's own settings for a class, on the server, as an administrator: sudo bash config.sh
set -euo pipefail

tljh-config set limits.memory 1500M            # lstm_edu_hub.py says the same to the spawner
tljh-config set services.cull.timeout 5400     # seconds: a server that nobody has used for a lesson
tljh-config set services.cull.every 300
tljh-config set user_environment.default_app jupyterlab
tljh-config reload hub
