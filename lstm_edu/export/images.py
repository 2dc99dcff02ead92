"""Pictures in a page: a PNG becomes a lossless WebP where that is smaller, by more than half for figures."""

from __future__ import annotations

import base64
import re
from io import BytesIO

_PNG = re.compile(r"data:image/png;base64,([A-Za-z0-9+/\s]+=*)")


def smaller(html: str) -> str:
    """The same page, every pixel included, with each PNG in it as small as it can be. Browsers know WebP since 2020."""
    made: dict[str, str] = {}

    def replaced(found: re.Match[str]) -> str:
        if found[0] not in made:
            made[found[0]] = _address(base64.b64decode(found[1])) or found[0]
        return made[found[0]]

    return _PNG.sub(replaced, html)


def _address(png: bytes) -> str | None:
    """The data: address of the same picture as WebP; None if that gains nothing, or cannot be done."""
    from PIL import Image, UnidentifiedImageError, features

    if not features.check("webp"):
        return None
    try:
        with Image.open(BytesIO(png)) as picture:
            if getattr(picture, "n_frames", 1) > 1 or picture.mode not in ("L", "P", "RGB", "RGBA"):
                return None
            out = BytesIO()
            picture.convert("RGBA").save(out, "WEBP", lossless=True, exact=True, quality=90, method=6)
    except (UnidentifiedImageError, OSError, ValueError):  # what a browser cannot read either, or WebP cannot hold
        return None
    webp = out.getvalue()
    return f"data:image/webp;base64,{base64.b64encode(webp).decode()}" if len(webp) < len(png) else None
