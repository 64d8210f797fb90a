"""All settings, read from the environment; safe for production unless DEMO is on.

``DEMO=1`` (set by ``make run``) is the only way to get defaults that need no answers: SQLite, local files,
a throw-away secret key and the mail page. Without it a missing secret stops the start.
"""

from datetime import timedelta
from functools import partial
from pathlib import Path

import environ
from django.utils.translation import gettext_lazy as _

from core.settings.numbers import whole_number

BASE_DIR = Path(__file__).resolve().parents[2]
env = environ.FileAwareEnv()
_whole = partial(whole_number, env)

DEMO = env.bool("DEMO", default=False)
DEBUG = False
#: Data that belongs to this installation: database, private files, demo mail.
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))

if DEMO:
    SECRET_KEY = env.str("SECRET_KEY", default="demo-only-" + "0123456789abcdef" * 4)
    ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
    SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:{}".format(env.str("PORT", default="8000")))
else:
    SECRET_KEY = env.str("SECRET_KEY")
    ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
    SITE_URL = env.str("SITE_URL")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
#: Keys for values that outlive a change of SECRET_KEY (access-log chain, subject hashes).
LEDGER_KEY = env.str("LEDGER_KEY", default=SECRET_KEY)

#: Off only for plain-http runs; ``check --deploy`` refuses it outside demo.
HTTPS = env.bool("HTTPS", default=not DEMO)
#: How many of our own proxies stand in front; decides which X-Forwarded-For element is believed.
TRUSTED_PROXIES = _whole("TRUSTED_PROXIES", default=0, low=0, high=10)

INSTALLED_APPS = [
    "admin_theme.apps.AdminThemeConfig",  # before Unfold: its templates override Unfold's
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.inlines",
    "unfold.contrib.import_export",
    "admin_theme.apps.OfficerAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_email",
    "two_factor",
    "two_factor.plugins.email",
    "import_export",
    "django_q",
    "core",
    "core.catalogue",
    "core.reference",
    "core.rules",
    "core.holdings",
    "core.access_log",
    "accounts",
    "requests_app",
    "public_site",
]

MIDDLEWARE = [
    "core.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "core.middleware.SecurityHeadersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "core.middleware.LanguageCookieMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "accounts.middleware.SessionGuardMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "core.middleware.NullCharacterMiddleware",
    "admin_theme.busy.BusyDataMiddleware",
    "public_site.middleware.NotAllowedPageMiddleware",
]

ROOT_URLCONF = "core.urls"
WSGI_APPLICATION = "core.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "public_site.context.site",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"

# --- database -----------------------------------------------------------------------------------------------
VAR_DIR.mkdir(parents=True, exist_ok=True)
DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'db.sqlite3'}")}
_database = DATABASES["default"]
if "sqlite" in _database["ENGINE"]:
    _database["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-20000; "
            "PRAGMA mmap_size=134217728; PRAGMA journal_size_limit=27103364;"
        ),
    }
    _database["CONN_MAX_AGE"] = None
else:
    _database["CONN_MAX_AGE"] = _whole("CONN_MAX_AGE", default=600, low=0, high=86_400)
    _database["CONN_HEALTH_CHECKS"] = True
    _database.setdefault("OPTIONS", {})["options"] = "-c statement_timeout=30000 -c lock_timeout=5000"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- pages kept in memory -----------------------------------------------------------------------------------
#: What public pages are made of: a change of any of these rows renews the version under which pieces of pages are
#: kept (core.content_version). A model that a kept piece reads has to stand here (tests/public_site/test_kept.py).
CONTENT_MODELS = [
    "reference.Letterhead",
    "rules.WorkRules",
    "catalogue.Service",
    "public_site.SiteContact",
    "public_site.Page",
    "public_site.Faq",
    "public_site.Guide",
    "public_site.Hub",
    "public_site.HubLink",
    "public_site.Sop",
    "public_site.SopStep",
]
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    #: Drawn pieces of public pages, in each process its own; their keys hold the content version, so they never age.
    "pieces": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "pieces",
        "TIMEOUT": None,
        "OPTIONS": {"MAX_ENTRIES": 1000},
    },
}

# --- language and time --------------------------------------------------------------------------------------
LANGUAGE_CODE = "id"
LANGUAGES = [("id", "Bahasa Indonesia"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "locale_vendor"]
TIME_ZONE = "Asia/Jakarta"
USE_I18N = True
USE_TZ = True
FORMAT_MODULE_PATH = ["core.formats"]

# --- static and private files -------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "core.doors.storage.PrivateStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
#: Uploads and results; never under a URL of their own.
PRIVATE_ROOT = Path(env.str("PRIVATE_ROOT", default=str(VAR_DIR / "private")))
#: Set to nginx' internal location (for example ``/internal/``) to let nginx send the bytes.
PRIVATE_ACCEL_PREFIX = env.str("PRIVATE_ACCEL_PREFIX", default="")
MEDIA_URL = ""
DATA_UPLOAD_MAX_MEMORY_SIZE = 3 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 2
DATA_UPLOAD_MAX_NUMBER_FIELDS = 400
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "core.doors.receiving.BoundedFileUploadHandler",
]

# --- sign-in ------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.UsernameOrEmailBackend"]
PASSWORD_HASHERS = [
    "accounts.hashers.LeanArgon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "accounts.password_rules.LengthValidator"},
    {"NAME": "accounts.password_rules.OwnNameValidator"},
    {"NAME": "accounts.password_rules.CommonPasswordValidator"},
]
LOGIN_URL = "public_site:sign_in"
LOGIN_REDIRECT_URL = "public_site:request_list"
LOGOUT_REDIRECT_URL = "public_site:home"
PASSWORD_CHANGE_URL = "public_site:password_change"  # noqa: S105  an address; the console has no page of its own
AUTHENTICATOR_URL = "admin:accounts_user_authenticator"
SIGN_OUT_URL = "public_site:sign_out"  # POST; ends the session and its entry in the list of devices
TWO_FACTOR_PATCH_ADMIN = False
TWO_FACTOR_REMEMBER_COOKIE_AGE = None
TWO_FACTOR_LOGIN_TIMEOUT = 1800  # seconds from the password to the code, resends included
OTP_EMAIL_COOLDOWN_DURATION = 0  # our device keeps its own waiting time (accounts.otp)

OTP_DIGITS = 6
OTP_TTL = timedelta(seconds=_whole("OTP_TTL", default=600, low=60, high=3_600))
OTP_TRIES = _whole("OTP_TRIES", default=5, low=1, high=20)
OTP_RESEND_WAIT = timedelta(seconds=_whole("OTP_RESEND_WAIT", default=60, low=0, high=3_600))
OTP_SENDS_PER_HOUR = _whole("OTP_SENDS_PER_HOUR", default=5, low=1, high=100)
OTP_VOID_LIMIT = _whole("OTP_VOID_LIMIT", default=3, low=1, high=20)
OTP_LOCK = timedelta(seconds=_whole("OTP_LOCK", default=1800, low=60, high=86_400))
#: Authenticator app (TOTP) of officers: off, optional or required. The console opens with the same mailed code as the
#: public site until an installation asks for more, as production should (ASVS 6.3.6: e-mail is no factor of its own).
OFFICER_TOTP = env.str("OFFICER_TOTP", default="optional")
#: Whether whoever has an authenticator may have a code mailed instead.
OFFICER_TOTP_MAIL_FALLBACK = env.bool("OFFICER_TOTP_MAIL_FALLBACK", default=OFFICER_TOTP != "required")
OTP_TOTP_ISSUER = "Layanan Data Keimigrasian"
OTP_TOTP_SYNC = False  # a code is good one step (30 s) early or late, never more
OTP_TOTP_THROTTLE_FACTOR = 0  # accounts.authenticator counts the tries, across all of an account's attempts
OTP_STATIC_THROTTLE_FACTOR = 0
LOGIN_FAILS = _whole("LOGIN_FAILS", default=5, low=1, high=100)
LOGIN_FAILS_WINDOW = timedelta(seconds=_whole("LOGIN_FAILS_WINDOW", default=900, low=60, high=86_400))
LOGIN_FAILS_PER_ADDRESS = _whole("LOGIN_FAILS_PER_ADDRESS", default=20, low=1, high=10_000)
TEMP_PASSWORD_TTL = timedelta(hours=_whole("TEMP_PASSWORD_TTL_HOURS", default=72, low=1, high=720))
PASSWORD_RESET_TIMEOUT = _whole("RESET_TTL", default=1800, low=300, high=86_400)
EMAIL_CONFIRM_TTL = timedelta(days=3)
PASSWORD_MIN_LENGTH = 12
PASSWORD_MAX_LENGTH = 256
SESSION_IDLE = timedelta(seconds=_whole("SESSION_IDLE", default=1800, low=60, high=86_400))
SESSION_IDLE_OFFICER = timedelta(seconds=_whole("SESSION_IDLE_OFFICER", default=900, low=60, high=86_400))
SESSION_ABSOLUTE = timedelta(seconds=_whole("SESSION_ABSOLUTE", default=43200, low=300, high=604_800))
SESSION_ABSOLUTE_OFFICER = timedelta(
    seconds=_whole("SESSION_ABSOLUTE_OFFICER", default=28800, low=300, high=604_800)
)
#: So long after signing in or confirming, weighty deeds in the console do not ask again who is there (S-12).
SUDO = timedelta(seconds=_whole("SUDO", default=600, low=1, high=86_400))
#: Asks: ``f(request, deed) -> page or None`` (admin_theme.weighty).
IDENTITY_CHECK = "accounts.identity.ask"
TRACK_MISSES = _whole("TRACK_MISSES", default=10, low=1, high=1_000)
TRACK_MISSES_WINDOW = timedelta(seconds=_whole("TRACK_MISSES_WINDOW", default=600, low=60, high=86_400))
UPLOADS_PER_HOUR = _whole("UPLOADS_PER_HOUR", default=30, low=1, high=10_000)
#: Messages an applicant may write to officers; an officer may write five times as many.
MESSAGES_PER_HOUR = _whole("MESSAGES_PER_HOUR", default=30, low=1, high=10_000)

# --- files coming in ----------------------------------------------------------------------------------------
PDF_MAX_BYTES = 2 * 1024 * 1024
PDF_MAX_PAGES = 200
#: Virus scanner (clamd): path of its socket or host:port; empty where none is installed.
CLAMD_SOCKET = env.str("CLAMD_SOCKET", default="")
#: An applicant's workbook of rows (product.md §4).
XLSX_MAX_BYTES = _whole("XLSX_MAX_BYTES", default=20 * 1024 * 1024, low=10_000, high=200 * 1024 * 1024)
XLSX_MAX_ROWS = _whole("XLSX_MAX_ROWS", default=100_000, low=10, high=1_000_000)
#: Rows of one request, however many workbooks bring them.
REQUEST_MAX_ROWS = _whole("REQUEST_MAX_ROWS", default=200_000, low=10, high=2_000_000)
XLSX_MAX_ENTRIES = 100
XLSX_MAX_UNPACKED = 15 * XLSX_MAX_BYTES
XLSX_MAX_RATIO = 200
XLSX_MAX_COLUMNS = 60
XLSX_PARSE_SECONDS = 60
XLSX_PARSE_MEMORY = 1024 * 1024 * 1024
#: Up to here a file is written while the person waits; what is larger is written by the queue.
AT_ONCE_BYTES = _whole("AT_ONCE_BYTES", default=2 * 1024 * 1024, low=1, high=20 * 1024 * 1024)
AT_ONCE_ROWS = _whole("AT_ONCE_ROWS", default=1000, low=1, high=20_000)
#: Rows that the queue works on between two commits.
SLICE_ROWS = _whole("SLICE_ROWS", default=1000, low=1, high=10_000)
#: Staff imports of holdings are larger than an applicant's upload.
HOLDINGS_IMPORT_MAX_BYTES = 20 * 1024 * 1024
HOLDINGS_IMPORT_MAX_ROWS = 100_000
#: So long an import can be undone; then the former values of what it replaced, personal data, are removed.
IMPORT_UNDO_DAYS = env.int("IMPORT_UNDO_DAYS", default=30)

# --- business decisions where the sources are silent (product.md §4) ------------------------------------------
TYPED_ROWS_MAX = 10
SMALL_CELL_THRESHOLD = _whole("SMALL_CELL_THRESHOLD", default=5, low=1, high=1_000)
DOCUMENT_NUMBER_TEMPLATE = env.str(
    "DOCUMENT_NUMBER_TEMPLATE", default="{unit}-{classification}-{ddmmyyyy}-{sequence:04}"
)
DOCUMENT_NUMBER_UNIT = env.str("DOCUMENT_NUMBER_UNIT", default="IMI")
DOCUMENT_NUMBER_CLASS = env.str("DOCUMENT_NUMBER_CLASS", default="GR.03.07")
RESULT_PDF_MAX_ROWS = _whole("RESULT_PDF_MAX_ROWS", default=1000, low=1, high=100_000)
STATISTICS_MAX_YEARS = 5

# --- electronic signature (core.doors.pdf_signing) ------------------------------------------------------------
#: none, local (a key of our own) or bsre (BSrE's service). Empty: nobody has decided, which `check --deploy` says.
PDF_SIGNING = env.str("PDF_SIGNING", default="local" if DEMO else "")
DEMO_SIGNING_KEY = VAR_DIR / "demo-signing.pem"
#: PKCS#12 (.p12, .pfx), or PEM with the certificate in it or in a file of its own.
PDF_SIGNING_KEY = env.str("PDF_SIGNING_KEY", default=str(DEMO_SIGNING_KEY) if DEMO else "")
PDF_SIGNING_CERTIFICATE = env.str("PDF_SIGNING_CERTIFICATE", default="")
PDF_SIGNING_PASSPHRASE = env.str("PDF_SIGNING_PASSPHRASE", default="")
#: Address of a timestamp authority (RFC 3161); empty: the signature carries our own clock.
PDF_SIGNING_TSA = env.str("PDF_SIGNING_TSA", default="")
PDF_SIGNING_TIMEOUT = _whole("PDF_SIGNING_TIMEOUT", default=20, low=1, high=120)
BSRE_URL = env.str("BSRE_URL", default="")
BSRE_USERNAME = env.str("BSRE_USERNAME", default="")
BSRE_PASSWORD = env.str("BSRE_PASSWORD", default="")
#: Whose certificate the service signs with: that of the agency's seal, not an official's own.
BSRE_NIK = env.str("BSRE_NIK", default="")
BSRE_PASSPHRASE = env.str("BSRE_PASSPHRASE", default="")
BSRE_TIMEOUT = _whole("BSRE_TIMEOUT", default=60, low=1, high=300)
#: One of these words has to stand in the issuer of what the service signed: the document says it is BSrE's.
BSRE_ISSUERS = env.list(
    "BSRE_ISSUERS",
    default=[
        "BSrE",
        "Balai Sertifikasi Elektronik",
        "Balai Besar Sertifikasi Elektronik",
        "BSSN",
        "Badan Siber dan Sandi Negara",
    ],
)

# --- mail ---------------------------------------------------------------------------------------------------
DEFAULT_FROM_EMAIL = env.str(
    "DEFAULT_FROM_EMAIL", default="DIREKTORAT JENDERAL IMIGRASI REPUBLIK INDONESIA <no-reply@imigrasi.go.id>"
)
EMAIL_TIMEOUT = _whole("EMAIL_TIMEOUT", default=10, low=1, high=300)
DEMO_MAIL_DIR = VAR_DIR / "mail"
#: Sign-ins of the demo data, printed by ``make run``; the accounts exist only in demo mode.
DEMO_PASSWORD = "jalan-laut-kopi-senja" if DEMO else ""
DEMO_SIGN_INS = [
    ("BADANIT_001", _("Siti, pemohon")),
    ("budi", _("Budi, verifikator")),
    ("rina", _("Rina, petugas")),
    ("ratna", _("Ratna, penyetuju")),
    ("puti", _("Puti, pimpinan")),
    ("kartika", _("Kartika, admin")),
    ("dewi", _("Dewi, pengelola konten")),
    ("umar", _("Umar, auditor")),
]
if "EMAIL_URL" in env.ENVIRON:
    globals().update(env.email_url("EMAIL_URL"))
elif DEMO:
    EMAIL_BACKEND = "core.doors.mail.DemoMailBackend"
#: kind -> dotted path of the function that builds the message from ids; names cross the layers only as strings.
MAIL_BUILDERS = {
    "accounts": "accounts.emails",
    "requests": "requests_app.emails",
    "hub": "public_site.hub.emails",
    "core": "core.emails",
    "holdings": "core.holdings.emails",
}

# --- Info Layanan (public_site.hub) ---------------------------------------------------------------------------
#: Older content turns the daily self-check red.
HUB_CONTENT_MAX_DAYS = _whole("HUB_CONTENT_MAX_DAYS", default=180, low=1, high=3_660)
#: Whether the self-check may ask other people's sites; off where the server has no way out.
HUB_CHECK_OUTBOUND = env.bool("HUB_CHECK_OUTBOUND", default=not DEMO)
#: Who gets the mail when it is red; empty: every officer who may edit the pages.
HUB_CHECK_MAIL_TO = env.list("HUB_CHECK_MAIL_TO", default=[])
#: What needs an administrator's eye: dotted paths of ``f() -> iterable of core.problems.Problem``.
PROBLEM_FINDERS = [
    "core.problems.platform_problems",
    "accounts.problems.problems",
    "requests_app.problems.problems",
    "public_site.problems.problems",
]
#: What an officer still has on the desk: ``f(user) -> iterable of (words, address)``; asked before an account is shut.
OPEN_WORK = ["requests_app.problems.open_work"]
#: Where records of the holdings are in use: ``f(records, since) -> queryset with "record_id" and "number"``.
RECORD_USES = ["requests_app.record_uses.answers_on"]
#: Called with the keys of records that got their former values back.
RECORD_CHANGED = ["requests_app.record_uses.forget_proposals"]
#: Mails that make a secret anew: sent by their own verb, never once more from the list.
MAILS_NEVER_AGAIN = ["accounts.sign_in_code", "accounts.account_opened", "accounts.password_reset"]
#: What officers do beyond reading and writing rows: dotted paths of ``f() -> iterable of admin_theme.roles.Duty``.
ROLE_DUTIES = ["requests_app.duties.duties"]
#: Queued when the calendar of holidays changed: dotted paths of tasks without arguments.
CALENDAR_TASKS = ["requests_app.tasks.count_due_dates"]
#: Lines above the officers' first page: dotted paths of ``f(request) -> list of {"tone", "text", "link"}``.
DASHBOARD_NOTICES = [
    "core.reference.holiday_import.dashboard_notices",
    "core.holdings.admin.dashboard_notices",
    "requests_app.admin.conversation.dashboard_notices",
    "requests_app.admin.revoking.dashboard_notices",
    "public_site.hub.admin.dashboard_notices",
]

# --- WhatsApp (Cloud API) -------------------------------------------------------------------------------------
#: Empty secrets switch it off: the webhook answers 404. The simulator works without any of them.
WHATSAPP_VERIFY_TOKEN = env.str("WHATSAPP_VERIFY_TOKEN", default="")
WHATSAPP_APP_SECRET = env.str("WHATSAPP_APP_SECRET", default="")
WHATSAPP_ACCESS_TOKEN = env.str("WHATSAPP_ACCESS_TOKEN", default="")
WHATSAPP_PHONE_NUMBER_ID = env.str("WHATSAPP_PHONE_NUMBER_ID", default="")
WHATSAPP_API_URL = env.str("WHATSAPP_API_URL", default="https://graph.facebook.com/v24.0")
WHATSAPP_TIMEOUT = _whole("WHATSAPP_TIMEOUT", default=10, low=1, high=300)
#: By sender: wrong numbers, and messages that get an answer, in an hour.
WHATSAPP_STATUS_MISSES = _whole("WHATSAPP_STATUS_MISSES", default=5, low=1, high=1_000)
WHATSAPP_MESSAGES_PER_HOUR = _whole("WHATSAPP_MESSAGES_PER_HOUR", default=60, low=1, high=100_000)
#: How long a number and texts stay after the person's last message; longer while an officer is talking to them.
WHATSAPP_KEEP_HOURS = _whole("WHATSAPP_KEEP_HOURS", default=24, low=1, high=720)
WHATSAPP_OFFICER_DAYS = _whole("WHATSAPP_OFFICER_DAYS", default=7, low=1, high=366)
#: Ids without text; the API delivers again for up to seven days.
WHATSAPP_MESSAGE_DAYS = _whole("WHATSAPP_MESSAGE_DAYS", default=30, low=1, high=3_660)
WHATSAPP_PASSPORT_DAYS = _whole("WHATSAPP_PASSPORT_DAYS", default=180, low=1, high=3_660)

# --- queue --------------------------------------------------------------------------------------------------
Q_CLUSTER = {
    "name": "layanan-data",
    "orm": "default",
    "workers": _whole("WORKERS", default=2, low=1, high=64),
    "timeout": 600,
    "retry": 660,
    "max_attempts": 3,
    "ack_failures": True,
    "poll": 0.5,
    "bulk": 1,
    "catch_up": False,
    "save_limit": 500,
    "label": _("Antrean kerja"),
}

# --- cookies and headers --------------------------------------------------------------------------------------
SESSION_COOKIE_NAME = "__Host-sesi" if HTTPS else "sesi"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 43200
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_SAVE_EVERY_REQUEST = False
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "public_site.views.errors.csrf_failure"
LANGUAGE_COOKIE_NAME = "bahasa"
LANGUAGE_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_AGE = 365 * 86400
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- import / export ----------------------------------------------------------------------------------------
IMPORT_EXPORT_IMPORT_PERMISSION_CODE = "add"
IMPORT_EXPORT_EXPORT_PERMISSION_CODE = "view"
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True
IMPORT_EXPORT_SKIP_ADMIN_LOG = False

# --- logging ------------------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "core.logs.RequestIdFilter"}},
    "formatters": {"json": {"()": "core.logs.JsonFormatter"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["request_id"]},
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django": {"level": "INFO", "handlers": [], "propagate": True},
        "weasyprint": {"level": "ERROR"},  # its progress lines say nothing of ours
        "fontTools": {"level": "WARNING"},
        "pikepdf": {"level": "WARNING"},
        "pyhanko": {"level": "ERROR"},  # warns of every certificate whose issuer it was not told to trust
        "pyhanko_certvalidator": {"level": "ERROR"},
        "django-q": {"level": "WARNING"},
    },
}

SILENCED_SYSTEM_CHECKS: list[str] = []

from core.settings.tasks import TASK_LABELS  # noqa: E402, F401
from core.settings.unfold import UNFOLD  # noqa: E402, F401  the console's site map is its own page
