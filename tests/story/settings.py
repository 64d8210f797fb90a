"""The demo's settings, with static files hashed but not compressed: compressing takes longer than the story."""

from core.settings.base import *  # noqa: F403
from core.settings.base import DATABASES

# A busy machine is no fault of the story's.
if "sqlite" in DATABASES["default"]["ENGINE"]:
    DATABASES["default"]["OPTIONS"]["timeout"] = 120
else:
    DATABASES["default"]["OPTIONS"]["options"] = "-c statement_timeout=300000 -c lock_timeout=120000"

WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ("js", "css", "map", "svg", "txt", "json", "woff2", "png", "ico", "md")
