"""The demo's settings, with static files hashed but not compressed: compressing takes longer than the story."""

from core.settings.base import *  # noqa: F403

WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ("js", "css", "map", "svg", "txt", "json", "woff2", "png", "ico", "md")
