"""The product's own settings, told to be quick and to touch nothing outside a folder that goes away."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

scratch = Path(tempfile.mkdtemp(prefix="qms-tests-"))
(scratch / "static").mkdir()
atexit.register(shutil.rmtree, scratch, ignore_errors=True)

os.environ["ENV_FILE"] = str(scratch / "no.env")
os.environ["VAR_DIR"] = str(scratch)
os.environ["STATIC_ROOT"] = str(scratch / "static")
os.environ["MEDIA_ROOT"] = str(scratch / "media")
os.environ["DEBUG"] = "1"
os.environ["LOG_LEVEL"] = "WARNING"
os.environ["PUBLIC_URL"] = "http://localhost:8000"
os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL", f"sqlite:///{scratch / 'db.sqlite3'}")
os.environ["REDIS_URL"] = os.environ.get("TEST_REDIS_URL", "")
for name in ("EMAIL_URL", "OIDC_ISSUER_URL", "S3_BUCKET", "TSA_URL", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS"):
    os.environ.pop(name, None)

from qms.settings import *  # noqa: E402, F403  the environment above must be set first
from qms.settings import DATABASES, STORAGES  # noqa: E402

DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file, as in production: an in-memory database has neither WAL nor the locks that the product meets.
    DATABASES["default"]["TEST"] = {"NAME": str(scratch / "test.sqlite3")}
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CELERY_BROKER_URL = "memory://"
CELERY_BROKER_TRANSPORT_OPTIONS = {}
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
