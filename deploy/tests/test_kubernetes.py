"""deploy/kubernetes rendered and validated: by the chart's own schema, by Helm, by the hub's and KubeSpawner's classes.

LSTM_EDU_CHART is the folder `jupyterhub` of a clone of zero-to-jupyterhub-k8s. From PyPI: jsonschema, pyyaml, pycurl,
jupyterhub-kubespawner 7.1, jupyterhub-nativeauthenticator; and helm-sdkpy (Python 3.12 or later) for Helm's part.
"""

import asyncio
import copy
import json
import os
import shutil
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parents[1]
CHART = Path(os.environ.get("LSTM_EDU_CHART", ""))
yaml = pytest.importorskip("yaml")
pytestmark = pytest.mark.skipif(not (CHART / "Chart.yaml").is_file(), reason="LSTM_EDU_CHART names no chart")


def merged(a: dict, b: dict) -> dict:
    for key, value in b.items():
        a[key] = merged(a[key], value) if isinstance(value, dict) and isinstance(a.get(key), dict) else value
    return a


def all_values(**also) -> dict:
    """The chart's, ours, and what a test adds."""
    chart = yaml.safe_load((CHART / "values.yaml").read_text())
    ours = yaml.safe_load((HERE / "kubernetes" / "values.yaml").read_text())
    return merged(merged(chart, ours), copy.deepcopy(also))


MISSPELT = {"singleuser": {"memory": {"limt": "1G"}}}


def test_the_values_fit_the_charts_schema():
    jsonschema = pytest.importorskip("jsonschema")
    schema = yaml.safe_load((CHART / "values.schema.yaml").read_text())
    validator = jsonschema.Draft7Validator(schema)
    assert [error.message for error in validator.iter_errors(all_values())] == []
    assert [error.message for error in validator.iter_errors(all_values(**MISSPELT))] != []


def test_helm_renders_the_chart(tmp_path):
    helm = pytest.importorskip("helm_sdkpy")
    copied = shutil.copytree(CHART, tmp_path / "jupyterhub")
    schema = yaml.safe_load((CHART / "values.schema.yaml").read_text())
    (copied / "values.schema.json").write_text(json.dumps(schema))

    def errors(values: dict) -> int:
        (copied / "values.yaml").write_text(yaml.safe_dump(values))
        return len(asyncio.run(helm.Lint(helm.Configuration()).run(str(copied)))["Errors"] or [])

    assert errors(all_values()) == 0 and errors(all_values(**MISSPELT)) > 0
    (copied / "templates" / "broken.yaml").write_text("{{ .Values.none.of.this }}")
    assert errors(all_values()) > 0


def configured(monkeypatch):
    """The configuration that the chart's hub makes of the values."""
    from traitlets.config.loader import PyFileConfigLoader

    monkeypatch.syspath_prepend(str(CHART / "files" / "hub"))
    sys.modules.pop("z2jh", None)
    import z2jh

    values = all_values()
    monkeypatch.setattr(z2jh, "_load_config", lambda: values)
    monkeypatch.setattr(z2jh, "_get_config_value", lambda key: key)
    monkeypatch.setattr(z2jh, "get_secret_value", lambda key, default="x": "0" * 64)
    for name in ("HUB", "PROXY_API", "PROXY_PUBLIC"):
        monkeypatch.setenv(f"{name}_SERVICE_PORT", "8081")
        monkeypatch.setenv(f"{name}_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("HELM_RELEASE_NAME", "class")
    monkeypatch.setenv("POD_NAMESPACE", "class")
    return PyFileConfigLoader(str(CHART / "files" / "hub" / "jupyterhub_config.py")).load_config()


NOWHERE = """
{"apiVersion": "v1", "kind": "Config", "current-context": "a", "contexts": [{"name": "a", "context": {"cluster": "a"}}],
 "clusters": [{"name": "a", "cluster": {"server": "http://127.0.0.1:9"}}], "users": []}
"""


def test_the_hub_and_kubespawner_take_it(monkeypatch, tmp_path):
    (tmp_path / "nowhere").write_text(NOWHERE)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "nowhere"))  # read when kubernetes_asyncio is imported
    pytest.importorskip("kubespawner")
    from jupyterhub.app import JupyterHub
    from kubespawner import KubeSpawner
    from nativeauthenticator import NativeAuthenticator

    config = configured(monkeypatch)
    hub = JupyterHub(config=config)
    assert hub.concurrent_spawn_limit == 50 and hub.authenticator_class is NativeAuthenticator
    unknown = [name for name in config.KubeSpawner if name not in KubeSpawner.class_traits(config=True)]
    unknown += [name for name in config.Spawner if name not in KubeSpawner.class_traits(config=True)]
    assert unknown == []

    class Named:
        id, name, url, escaped_name = 1, "ada", "/", "ada"

    async def made():
        spawner = KubeSpawner(config=config, _mock=True, user=Named())
        return spawner, await spawner.get_pod_manifest()

    spawner, pod = asyncio.run(made())
    assert spawner.start_timeout == 300 and spawner.http_timeout == 180
    (container,) = [c for c in pod.spec.containers if c.name == "notebook"]
    assert container.image == "REGISTRY/lstm-edu:0.1.0"
    assert container.resources.limits["memory"] == 1500 << 20 and container.resources.requests["memory"] == 700 << 20
    assert "--MappingKernelManager.cull_idle_timeout=1800" in container.args
