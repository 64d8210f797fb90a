"""Settings of the test suite: the production rules, cheap hashing, files in a temporary folder."""

import logging
import os
import tempfile

os.environ.setdefault("DEMO", "1")
os.environ.setdefault("VAR_DIR", tempfile.mkdtemp(prefix="ldk-test-"))

from core.settings.base import *  # noqa: F403
from core.settings.base import DATABASES, STATIC_ROOT, STORAGES

SECRET_KEY = "test-" + "x" * 60
LEDGER_KEY = SECRET_KEY
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
LOGGING_CONFIG = None
if "postgresql" in DATABASES["default"]["ENGINE"]:
    # The limits of pages would judge how busy the machine is: emptying a hundred tables may take its time here.
    DATABASES["default"]["OPTIONS"]["options"] = "-c statement_timeout=300000 -c lock_timeout=120000"
# The tables of roles ask for thousands of refused pages; pytest would format each one's traceback three times.
logging.getLogger("django.request").setLevel(logging.ERROR)
SITE_URL = "http://testserver"
# Tests of signatures turn it on; the demonstration's key is none of the others' business.
PDF_SIGNING = "none"
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
# WhiteNoise warns about a missing folder, and warnings are errors here.
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
