"""All settings, from environment variables. `.env.example` lists every variable with what it does.

Any variable can also be given as NAME_FILE, the path of a file that holds the value (Docker and Kubernetes secrets).
Outside DEBUG the program refuses to start without SECRET_KEY, DATABASE_URL, PUBLIC_URL and SIGNING_KEY_PASSWORD,
and the error names the one that is missing.
"""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from kombu import Exchange, Queue

from qms.logs import log_settings

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.FileAwareEnv()
env_file = Path(env.str("ENV_FILE", default=str(BASE_DIR / ".env")))
if env_file.is_file():
    env.read_env(env_file)
DEBUG = env.bool("DEBUG", default=False)


def text(name: str, default: str = "") -> str:
    """Return a variable without the white space that files and shells leave around it; empty counts as not set."""
    return str(env.str(name, default="")).strip() or default


def required(name: str, in_debug: str) -> str:
    """Return a variable that production must set; in DEBUG it may be left out and `in_debug` is used."""
    value = text(name, in_debug if DEBUG else "")
    if not value and not DEBUG:
        raise ImproperlyConfigured(f"Set the environment variable {name} (or {name}_FILE). See .env.example.")
    return value


# --- where things are kept -------------------------------------------------------------------------------------------
VAR_DIR = Path(text("VAR_DIR", str(BASE_DIR / "var"))).resolve()
BROKER_DIR = VAR_DIR / "broker"
for folder in (VAR_DIR, BROKER_DIR / "queue", BROKER_DIR / "control"):
    folder.mkdir(parents=True, exist_ok=True)

# --- secrets and addresses -------------------------------------------------------------------------------------------
SECRET_KEY = required("SECRET_KEY", "only-for-debugging-" + "x" * 50)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
PUBLIC_URL = required("PUBLIC_URL", "http://localhost:8000").rstrip("/")  # in QR codes, e-mails and packs
public_url = urlsplit(PUBLIC_URL)
is_https = public_url.scheme == "https"
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[]) or [public_url.hostname or "localhost"]
if DEBUG:
    ALLOWED_HOSTS = [*ALLOWED_HOSTS, "localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[]) or [PUBLIC_URL]

# --- applications and middleware -------------------------------------------------------------------------------------
OIDC_ISSUER_URL = text("OIDC_ISSUER_URL")
INSTALLED_APPS = [
    "qms",
    "objectives",
    "audits",
    "leadership",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    *(["allauth.socialaccount.providers.openid_connect"] if OIDC_ISSUER_URL else []),
    "crispy_forms",
    "crispy_bootstrap5",
    "django_htmx",
    "django_filters",
    "django_structlog",
    "csp",
    "js_lib_bootstrap5",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "qms.middleware.local_time",
    "qms.middleware.private_pages",
    "qms.middleware.Admission",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "qms.urls"
WSGI_APPLICATION = "qms.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "qms.context_processors.frame",
            ],
            "builtins": [
                "qms.templatetags.components",
                "qms.templatetags.panels",
                "qms.templatetags.charts",
                "qms.templatetags.stacked_chart",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "bootstrap5"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- database, cache, broker -----------------------------------------------------------------------------------------
DATABASES = {"default": env.db_url_config(required("DATABASE_URL", f"sqlite:///{VAR_DIR / 'db.sqlite3'}"))}
DATABASES["default"] |= {"CONN_MAX_AGE": env.int("DATABASE_CONN_MAX_AGE", default=60), "CONN_HEALTH_CHECKS": True}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Readers never wait for the writer (WAL); a writer takes its lock at the start, so it waits instead of failing.
    # Recursive triggers: INSERT OR REPLACE must ask the triggers that refuse a delete (qms/triggers.py).
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; "
        "PRAGMA recursive_triggers=ON;",
    }
elif DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
    # Compiling a query to machine code takes seconds where the estimate is high, and ours then run for milliseconds.
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("options", "-c jit=off")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = text("REDIS_URL")
# Rate limits count in the cache, so every process must see the same one.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL, "KEY_PREFIX": "qms"}
    if REDIS_URL
    else {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "qms_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},  # with the default 300, anybody could push the counts out
    }
}

BROKER_VISIBILITY_SECONDS = 2 * 60 * 60
CELERY_BROKER_URL = REDIS_URL or "filesystem://localhost"
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = (
    # Longer than the longest task: a late-acknowledged task must not be handed out twice while it runs.
    {"visibility_timeout": BROKER_VISIBILITY_SECONDS, "socket_timeout": 10, "socket_connect_timeout": 5}
    if REDIS_URL
    else {
        "data_folder_in": str(BROKER_DIR / "queue"),
        "data_folder_out": str(BROKER_DIR / "queue"),
        "control_folder": str(BROKER_DIR / "control"),
    }
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 2, "interval_start": 0.1, "interval_step": 0.2}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SOFT_TIME_LIMIT, CELERY_TASK_TIME_LIMIT = 55 * 60, 60 * 60  # of a task that names none of its own
# A worker takes from all of these unless told otherwise; a long pack must not keep the mail waiting.
CELERY_TASK_ROUTES = {
    "qms.tasks.outbox.*": {"queue": "mail"},
    "qms.tasks.reminder.*": {"queue": "mail"},
    "audits.tasks.pack.*": {"queue": "packs"},
    "qms.tasks.mapping.*": {"queue": "links"},
    "objectives.tasks.risk.carry_over": {"queue": "links"},
}
CELERY_TASK_QUEUES = [Queue(name, Exchange(name), routing_key=name) for name in ("celery", "mail", "packs", "links")]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_ENABLE_REMOTE_CONTROL = bool(REDIS_URL)
CELERY_WORKER_MAX_MEMORY_PER_CHILD = env.int("WORKER_MAX_MEMORY_KIB", default=240_000)
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "qms.celery:PulsingScheduler"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "heartbeat": {"task": "qms.tasks.health.heartbeat", "schedule": 30.0, "options": {"expires": 60}},
    "reminders": {"task": "qms.tasks.reminder.remind", "schedule": 5 * 60.0, "options": {"expires": 4 * 60}},
    "outbox": {"task": "qms.tasks.outbox.sweep", "schedule": 30.0, "options": {"expires": 30}},
    "packs": {"task": "audits.tasks.pack.sweep", "schedule": 60.0, "options": {"expires": 60}},
    "elevation": {"task": "qms.tasks.elevation.end_overdue", "schedule": 60.0, "options": {"expires": 60}},
    "relinks": {"task": "qms.tasks.mapping.sweep", "schedule": 60.0, "options": {"expires": 60}},
    # Each site's day begins at another hour; what is due is found by date, so running it oftener changes nothing.
    "risk-acceptances": {
        "task": "objectives.tasks.risk.expire_acceptances",
        "schedule": 60.0 * 60,
        "options": {"expires": 30 * 60},
    },
    "resource-requests": {
        "task": "leadership.tasks.resource_request.follow_acceptances",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "risk-carry-overs": {
        "task": "objectives.tasks.risk.resume_carry_overs",
        "schedule": 5 * 60.0,
        "options": {"expires": 4 * 60},
    },
    "objective-standings": {
        "task": "objectives.tasks.objective.refresh_standings",
        "schedule": 6 * 60.0 * 60,
        "options": {"expires": 60 * 60},
    },
    "promises": {
        "task": "objectives.tasks.promise.lapse_overdue",
        "schedule": 24 * 60.0 * 60,
        "options": {"expires": 60 * 60},
    },
    "acknowledgements": {
        "task": "leadership.tasks.acknowledgement.follow_people",
        "schedule": 60.0 * 60,
        "options": {"expires": 30 * 60},
    },
    "standard-work-plan": {
        "task": "leadership.tasks.occurrence.plan_ahead",
        "schedule": 60.0 * 60,
        "options": {"expires": 30 * 60},
    },
    "standard-work-judge": {
        "task": "leadership.tasks.occurrence.judge",
        "schedule": 10 * 60.0,
        "options": {"expires": 5 * 60},
    },
    "checkpoint": {"task": "qms.tasks.trail.checkpoint", "schedule": 60.0 * 60, "options": {"expires": 30 * 60}},
}
# Sent after the commit whenever somebody is entered, changed, deactivated or taken back; each finds what to do.
TASKS_AFTER_PEOPLE_CHANGED = ("leadership.tasks.acknowledgement.follow_people",)

# --- files -----------------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = Path(text("STATIC_ROOT", str(VAR_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
# There is no MEDIA_URL: a file is only ever served by a view that checks who asks.
MEDIA_ROOT = Path(text("MEDIA_ROOT", str(VAR_DIR / "media")))
S3_BUCKET = text("S3_BUCKET")
STORAGES: dict[str, dict[str, Any]] = {
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    "default": {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": S3_BUCKET,
            "endpoint_url": text("S3_ENDPOINT_URL") or None,
            "region_name": text("S3_REGION") or None,
            "access_key": text("S3_ACCESS_KEY") or None,
            "secret_key": text("S3_SECRET_KEY") or None,
            "default_acl": "private",
            "file_overwrite": False,
        },
    }
    if S3_BUCKET
    else {"BACKEND": "django.core.files.storage.FileSystemStorage"},
}
EVIDENCE_MAX_FILE_BYTES = env.int("EVIDENCE_MAX_FILE_BYTES", default=25 * 1024 * 1024)
EVIDENCE_MAX_IMAGE_PIXELS = env.int("EVIDENCE_MAX_IMAGE_PIXELS", default=100_000_000)

# --- signing of evidence packs ---------------------------------------------------------------------------------------
SIGNING_KEY_FILE = Path(text("SIGNING_KEY_PATH", str(VAR_DIR / "signing" / "key.p12")))  # PKCS#12
SIGNING_KEY_PASSWORD = required("SIGNING_KEY_PASSWORD", "only-for-debugging")
TSA_URL = text("TSA_URL")

# --- people and log-in -----------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "qms.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "qms.account_adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # an administrator vouches for the address when making the account
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_DEFAULT_HTTP_PROTOCOL = public_url.scheme
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key"}
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True
ADMINISTRATORS_NEED_SECOND_FACTOR = env.bool("ADMINISTRATORS_NEED_SECOND_FACTOR", default=not DEBUG)
MFA_TOTP_ISSUER = text("ORGANIZATION", "Quality management")
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_PROVIDERS: dict[str, dict[str, Any]] = {}
if OIDC_ISSUER_URL:
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "company",
                "name": text("OIDC_NAME", "Company log-in"),
                "client_id": required("OIDC_CLIENT_ID", ""),
                "secret": required("OIDC_CLIENT_SECRET", ""),
                "settings": {"server_url": OIDC_ISSUER_URL},
            }
        ],
    }

# --- security of the transport and the browser -----------------------------------------------------------------------
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=is_https)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # probes come from inside, without the proxy
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=365 * 24 * 60 * 60 if is_https else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = is_https
if env.bool("BEHIND_TLS_PROXY", default=False):  # only when the proxy always sets or removes this header itself
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = is_https
SESSION_COOKIE_AGE = env.int("SESSION_HOURS", default=12) * 60 * 60
API_CALLS_PER_TEN_SECONDS = env.int("API_CALLS_PER_TEN_SECONDS", default=60)  # of one token of the interface
ELEVATION_MINUTES = env.int("ELEVATION_MINUTES", default=15)  # of an elevated administrator session
DATA_UPLOAD_MAX_NUMBER_FIELDS = 6_000  # one checkbox per row of an import
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
oidc_origin = "{0.scheme}://{0.netloc}".format(urlsplit(OIDC_ISSUER_URL)) if OIDC_ISSUER_URL else None
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF, *([oidc_origin] if oidc_origin else [])],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    },
}

# --- e-mail ----------------------------------------------------------------------------------------------------------
DEFAULT_FROM_EMAIL = SERVER_EMAIL = text("EMAIL_FROM", "quality@localhost")
email = env.email_url_config(text("EMAIL_URL", f"filemail:///{VAR_DIR / 'mail'}"))
EMAIL_BACKEND = email["EMAIL_BACKEND"]
EMAIL_FILE_PATH = email["EMAIL_FILE_PATH"]
EMAIL_HOST, EMAIL_PORT = email["EMAIL_HOST"] or "localhost", email["EMAIL_PORT"] or 25
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = email["EMAIL_HOST_USER"] or "", email["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS, EMAIL_USE_SSL = email.get("EMAIL_USE_TLS", False), email.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 20

# --- language and time -----------------------------------------------------------------------------------------------
LANGUAGE_CODE = text("LANGUAGE_CODE", "en")
LANGUAGES = [("en", _("English")), ("es", _("Spanish"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"  # of storage; every site has its own for display

# --- logs ------------------------------------------------------------------------------------------------------------
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = env.bool("TRUST_REQUEST_ID_HEADER", default=False)
LOGGING = log_settings(text("LOG_LEVEL", "INFO"))
