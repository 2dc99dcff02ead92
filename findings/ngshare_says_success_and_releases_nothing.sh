#!/usr/bin/env bash
# ngshare 0.6.0 (asks for SQLAlchemy 1.3.12 or later), SQLAlchemy 2.1.9 and 1.4.54, JupyterHub 5.5.0, alembic 1.16.5, tornado 6.6.1
#
# One would guess: where an exchange of nbgrader answers "success" to a release, the assignment is there for the students.
# What happens: with SQLAlchemy 2 the row is made with a relationship (Assignment(name, course)) and never added to the session, which
#   SQLAlchemy 1 did by the relationship ("cascade_backrefs", removed in 2.0). commit() writes nothing, and no error is raised.
#   pip installs SQLAlchemy 2, which ngshare's own requirement allows. Known: https://github.com/LibreTexts/ngshare/issues/169
# Seen: {"success": true} for the release both times; afterwards the list of assignments is [] with 2.1.9, ["lstm"] with 1.4.54.
#
# Its stand-alone mode, "vngshare", listens on loopback and asks no hub. In 0.6.0 it no longer lets anyone in, so the script below says
# who asks.
set -euo pipefail
export JUPYTERHUB_API_URL=http://127.0.0.1:9/hub/api JUPYTERHUB_API_TOKEN=none JUPYTERHUB_CLIENT_ID=none JUPYTERHUB_SERVICE_PREFIX=/api/
folder=$(mktemp -d)
server=""
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT

cat > "$folder/serve.py" <<'PYTHON'
import sys

from ngshare import ngshare

ngshare.MyRequestHandler.get_current_user = lambda handler: {"name": "teacher"}
ngshare.MyRequestHandler.check_xsrf_cookie = lambda handler: None
ngshare.main(sys.argv[1:])
PYTHON
cat > "$folder/run.py" <<'PYTHON'
import base64
import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

address = f"http://127.0.0.1:{sys.argv[1]}/api"


def ask(path, **form):
    """POST where there is a form, else GET."""
    data = urllib.parse.urlencode(form).encode() if form else None
    with urllib.request.urlopen(f"{address}/{path}", data, timeout=30) as answer:
        return json.load(answer)


for _ in range(600):  # until it listens
    try:
        ask("courses")
        break
    except urllib.error.HTTPError:
        raise
    except urllib.error.URLError:
        time.sleep(0.5)
made = ask("course/course", instructors='["teacher"]')
files = [{"path": "lstm.ipynb", "content": base64.encodebytes(b"{}").decode()}]
released = ask("assignment/course/lstm", files=json.dumps(files))
listed = ask("assignments/course")
print("course made:", made, " release:", released, " assignments:", listed["assignments"])
ok = made["success"] and released["success"] and listed["success"]
sys.exit(not (ok and listed["assignments"] == json.loads(sys.argv[2])))
PYTHON

as_expected=0
for case in 2.1.9:12131:[] '1.4.54:12132:["lstm"]'; do
  IFS=: read -r version port expected <<< "$case"
  python3 -m venv "$folder/$version"
  "$folder/$version/bin/pip" install --quiet --disable-pip-version-check ngshare==0.6.0 "sqlalchemy==$version" jupyterhub==5.5.0 \
    alembic==1.16.5 tornado==6.6.1
  mkdir "$folder/files-$version"
  "$folder/$version/bin/python" "$folder/serve.py" --vngshare --host 127.0.0.1 --port "$port" --admins teacher \
    --database "sqlite:///$folder/$version.db" --storage "$folder/files-$version" >"$folder/$version.log" 2>&1 &
  server=$!
  echo "SQLAlchemy $version"
  "$folder/$version/bin/python" "$folder/run.py" "$port" "$expected" || as_expected=1
  kill "$server"
  wait "$server" 2>/dev/null || true
  server=""
done
exit "$as_expected"
