"""Where we are, and whether a JupyterHub answers."""

import http.client
import json
import os
import urllib.error
import urllib.request

_PATIENCE = 15.0  # seconds


def where() -> str:
    """'Binder', 'hub' or 'computer'."""
    if os.environ.get("BINDER_LAUNCH_HOST") or os.environ.get("BINDER_SERVICE_HOST"):
        return "Binder"
    return "hub" if os.environ.get("JUPYTERHUB_API_URL") else "computer"


def address(given: str | None) -> str | None:
    """Of the API of the hub to ask: of the one that is named, else of the one that this server belongs to."""
    if given:
        top = given.rstrip("/").removesuffix("/hub/home").removesuffix("/hub")
        return f"{top}/hub/api"
    return os.environ.get("JUPYTERHUB_API_URL")


def version(api: str) -> str:
    """Of the hub whose API has this address. OSError, with half a sentence, where none answers."""
    try:
        with urllib.request.urlopen(f"{api.rstrip('/')}/", timeout=_PATIENCE) as answer:
            return str(json.load(answer)["version"])
    except urllib.error.HTTPError as error:
        raise OSError(f"something answers there, but it is not a hub (status {error.code})") from None
    except http.client.InvalidURL as error:
        raise OSError(f"the address is wrong ({error})") from None
    except (ValueError, KeyError, TypeError):
        raise OSError("something answers there, but it is not a JupyterHub") from None
    except urllib.error.URLError as error:
        raise OSError(str(getattr(error.reason, "strerror", None) or error.reason)) from None
    except OSError as error:  # a connection that was made and then broke off
        raise OSError(error.strerror or str(error) or type(error).__name__) from None
    except http.client.HTTPException:  # it does not speak HTTP
        raise OSError("something answers there, but it is not a JupyterHub") from None
