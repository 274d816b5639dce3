"""All settings, typed and checked at start-up. `EPM_MODE` chooses the defaults:

embedded: one machine, SQLite, file-based broker, secrets made on the first start, everything under EPM_VAR.
production: every secret and address must be said; nothing is guessed.
"""

from datetime import timedelta
from pathlib import Path

import dj_database_url
from cryptography.fernet import Fernet
from csp.constants import NONE, SELF
from django.templatetags.static import static

from project import env

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = Path(env.text("EPM_VAR", str(BASE_DIR / "var"), "Folder that holds all data of an embedded instance."))
EMBEDDED = env.choice("EPM_MODE", "embedded", ("embedded", "production"), "Which defaults apply.") == "embedded"


def _made_in(name: str) -> Path | None:
    return VAR / "secrets" / name if EMBEDDED else None


# --- processes
EPM_WEB_HOST = env.text("EPM_WEB_HOST", "127.0.0.1", "Address the web process listens on.")
EPM_WEB_PORT = env.integer("EPM_WEB_PORT", 8000, "Port the web process listens on.", low=1, high=65535)
EPM_WEB_WORKERS = env.integer("EPM_WEB_WORKERS", 2, "Web worker processes, of 16 threads each.", low=1)
EPM_TRUSTED_PROXIES = env.networks(
    "EPM_TRUSTED_PROXIES",
    "",
    "Networks of proxies in front of the web process that are believed when they say (X-Forwarded-For) who calls: for the "
    "networks of credentials, and for failed logins. A proxy on a Unix socket is believed where any are.",
)
EPM_WORKER_PROCESSES = env.integer("EPM_WORKER_PROCESSES", 4, "Processes of one Celery worker.", low=1)
EPM_ZONES = env.words("EPM_ZONES", "", "Zones this worker sends for; empty: all zones.")
EPM_EXAMPLE_PORT = env.integer("EPM_EXAMPLE_PORT", 8025, "Port of the example application.", low=1, high=65535)

# --- who we are
SECRET_KEY = env.secret("EPM_SECRET_KEY", "Signs sessions of the console.", made_in=_made_in("secret_key"))
EPM_FIELD_KEYS = env.secret(
    "EPM_FIELD_KEYS",
    "Keys that encrypt secrets at rest: Fernet keys, newest first, separated by spaces.",
    made_in=_made_in("field_keys"),
    make=lambda: Fernet.generate_key().decode(),
).split()
EPM_RETURN_PATH_KEYS = env.secret(
    "EPM_RETURN_PATH_KEYS",
    "Keys that sign return paths, newest first, separated by spaces. Keep old ones as long as reports may come back.",
    made_in=_made_in("return_path_keys"),
).split()
EPM_PUBLIC_URL = env.text(
    "EPM_PUBLIC_URL",
    f"http://127.0.0.1:{EPM_WEB_PORT}" if EMBEDDED else None,
    "The address under which callers and browsers reach this instance; it is written into the WSDL.",
).rstrip("/")
EPM_HOST_NAME = env.text("EPM_HOST_NAME", "epm.localhost", "The name said in EHLO and in Message-IDs.")

# --- Django
DEBUG = False
ALLOWED_HOSTS = env.words("EPM_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]", "Host names the web process answers to.")
CSRF_TRUSTED_ORIGINS = [EPM_PUBLIC_URL]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "project.urls"
WSGI_APPLICATION = "project.wsgi.application"
ASGI_APPLICATION = "project.asgi.application"
INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "epm.console.apps.ConsoleConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "axes",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "epm",
    "notifications",
    "email_processor",
    "app_interface",
    "project",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "project.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "project.middleware.AuthenticationMiddleware",
    "project.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "project.middleware.CSPMiddleware",
    "axes.middleware.AxesMiddleware",
]
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
LANGUAGE_CODE = "en"
USE_TZ = True
TIME_ZONE = "UTC"
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

STATIC_URL = "static/"
STATIC_ROOT = VAR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = EMBEDDED

# --- behind TLS
_TLS = EPM_PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _TLS
SECURE_SSL_REDIRECT = _TLS
SECURE_HSTS_SECONDS = 31_536_000 if _TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _TLS else None
# Unfold's pages use Alpine.js, which evaluates expressions.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, "'unsafe-eval'"],
        "style-src": [SELF, "'unsafe-inline'"],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
    }
}
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]

# --- where rows live
DATABASES = {
    "default": dj_database_url.parse(
        env.text(
            "DATABASE_URL", f"sqlite:///{VAR / 'epm.sqlite3'}", "Where the rows live: sqlite:///… or postgres://…"
        ),
        conn_max_age=600,
        # Where the database was restarted, a connection of before must not cost a caller its answer.
        conn_health_checks=True,
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE: a transaction that will write takes the write lock at its start, and waits for it instead of failing midway.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    }
    # Tests run on a file too: an in-memory database locks whole tables between threads.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR / "test.sqlite3")}

# --- console
UNFOLD = {
    "SITE_TITLE": "EPM",
    "SITE_HEADER": "EPM",
    "SITE_SUBHEADER": "Email Platform Manager",
    "SITE_SYMBOL": "mark_email_read",
    "SITE_URL": None,
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("console/favicon.svg")},
    ],
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "8px",
    "STYLES": [lambda request: static("console/console.css")],
    "SCRIPTS": [lambda request: static("console/console.js")],
    "COLORS": {
        "primary": {
            "50": "#effaf8",
            "100": "#d6f1ec",
            "200": "#b0e3da",
            "300": "#7ccdc1",
            "400": "#47b0a4",
            "500": "#2b9488",
            "600": "#1d766e",
            "700": "#1a5f59",
            "800": "#184c48",
            "900": "#173f3c",
            "950": "#082524",
        },
    },
}

# --- Celery
CELERY_BROKER_URL = env.text(
    "BROKER_URL",
    "filesystem://",
    "Rings the workers: filesystem:// (one machine) or redis://… Losing it loses no work.",
)
EPM_BROKER_PREFIX = env.text("EPM_BROKER_PREFIX", "", "Put before every key in Redis, so that instances can share one.")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "housekeeping"
CELERY_TASK_ROUTES = ("project.queues.queue_of",)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_DB_REUSE_MAX = 1_000_000  # else Celery closes the connection around every task; project/celery.py looks after it
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {}
if CELERY_BROKER_URL.startswith("filesystem"):
    CELERY_BROKER_URL = "filesystem://localhost"  # kombu warns where a host is missing, though it has no use for one
    _bell = VAR / "broker"
    for _folder in ("queue", "control"):
        (_bell / _folder).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_bell / "queue"),
        "data_folder_out": str(_bell / "queue"),
        "control_folder": str(_bell / "control"),
        "store_processed": False,
        "polling_interval": 0.05,
    }
else:
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "global_keyprefix": EPM_BROKER_PREFIX,
        "socket_connect_timeout": 2,
        "socket_timeout": 10,
        "max_retries": 1,
    }

EPM_SWEEP_SECONDS = env.number(
    "EPM_SWEEP_SECONDS", 5, "Seconds between two looks for work that no doorbell announced.", low=0.2
)
# A sweep that nobody took is of no use later; but it is a worker's clock that says so, and those of two hosts may differ.
_SWEEP_EXPIRES = 600
CELERY_BEAT_SCHEDULE = {
    name: {"task": task, "schedule": EPM_SWEEP_SECONDS, "options": {"expires": _SWEEP_EXPIRES}}
    for name, task in (
        ("sweep the send queue", "email_processor.outbound.tasks.sweep"),
        ("sweep the intake", "email_processor.inbound.tasks.classify_due"),
        ("seal the receipts", "email_processor.inbound.tasks.seal_due"),
        ("sweep the sessions", "email_processor.browser.tasks.browse_due"),
        ("sweep the notifications", "notifications.tasks.tell_due"),
    )
} | {
    name: {"task": task, "schedule": 3600.0, "options": {"expires": _SWEEP_EXPIRES}}
    for name, task in (
        ("forget old idempotency keys", "app_interface.tasks.forget_lapsed_keys"),
        ("forget old TLS sessions", "email_processor.outbound.tasks.forget_old_tls_sessions"),
    )
}
CELERY_BEAT_SCHEDULER = "project.beat:Scheduler"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR / "beat-schedule")

# --- sending
EPM_LEASE = timedelta(
    seconds=env.number("EPM_LEASE_SECONDS", 30, "Seconds a worker that died keeps what it claimed.", low=1)
)
EPM_SEND_CONCURRENCY = env.integer(
    "EPM_SEND_CONCURRENCY",
    200,
    "Mails one worker process has on the wire at once, shared out evenly among the connections of its zone.",
    low=1,
)
EPM_MAXIMUM_AGE = timedelta(
    hours=env.number("EPM_MAXIMUM_AGE_HOURS", 120, "Hours after which an unsent mail expires.", low=0.01)
)
EPM_SMTP_PATIENCE = env.number(
    "EPM_SMTP_PATIENCE",
    1,
    "How long mail servers are waited for, as a multiple of the timeouts of RFC 5321 4.5.3.2 (5 minutes for most answers).",
    low=0.001,
    high=10,
)
EPM_TRANSCRIPTS = env.choice(
    "EPM_TRANSCRIPTS",
    "all",
    ("all", "trouble"),
    "Of which attempts the SMTP transcript is kept: of all, or only of those that did not simply succeed (half a kB each).",
)
EPM_IDLE_CONNECTION_SECONDS = env.number(
    "EPM_IDLE_CONNECTION_SECONDS",
    5,
    "Seconds a connection to a mail server stays open for the next mail.",
    low=0.1,
    high=300,
)
EPM_DNS_SERVERS = env.words(
    "EPM_DNS_SERVERS",
    "",
    "Name servers asked for the servers of recipients and for the health of sender domains, as address or address:port; "
    "empty: those of the system.",
)
EPM_DNS_TRUSTED = env.flag(
    "EPM_DNS_TRUSTED",
    False,
    "Do these name servers check DNSSEC, and can nobody come between them and us? Then DANE is honoured.",
)
EPM_SIMULATOR_HOST = env.text("EPM_SIMULATOR_HOST", "127.0.0.1", "Where the simulated mail world listens.")
EPM_SIMULATOR_PORT = env.integer(
    "EPM_SIMULATOR_PORT", 2526, "Where the simulated mail world listens.", low=1, high=65535
)
EPM_SIMULATOR_MAILDIR = env.text(
    "EPM_SIMULATOR_MAILDIR", "", "Folder where the simulated world files what it takes; empty: nowhere."
)

EPM_SENDING_ADDRESSES = env.words(
    "EPM_SENDING_ADDRESSES",
    "",
    "Public addresses from which mail reaches the world; empty: those of the connections' servers.",
)

# --- taking in
EPM_LISTENER_HOST = env.text(
    "EPM_LISTENER_HOST", "127.0.0.1", "Address on which reports and mails are taken in by SMTP."
)
EPM_LISTENER_PORT = env.integer("EPM_LISTENER_PORT", 2525, "Port of the SMTP listener.", low=1, high=65535)
EPM_LMTP_PORT = env.integer("EPM_LMTP_PORT", 2424, "Port of the LMTP listener; 0: none.", high=65535)
EPM_LISTENER_CERTIFICATE = env.text(
    "EPM_LISTENER_CERTIFICATE", "", "PEM file with which the listener offers STARTTLS; empty: it offers none."
)
EPM_LISTENER_KEY = env.text(
    "EPM_LISTENER_KEY", "", "PEM file of the certificate's key; empty: it is in the certificate's file."
)
EPM_LISTENER_CONNECTIONS = env.integer(
    "EPM_LISTENER_CONNECTIONS", 200, "Connections one peer address may have open to each port of the listener.", low=1
)
EPM_LISTENER_RATE = env.integer(
    "EPM_LISTENER_RATE", 60_000, "Mails one peer address may send to each port of the listener in a minute.", low=1
)
EPM_RETURN_PATH_DOMAIN = env.text(
    "EPM_RETURN_PATH_DOMAIN", "bounces.epm.localhost", "Domain of signed return paths where a connection names none."
)
EPM_INBOUND_LIMIT = env.integer("EPM_INBOUND_LIMIT", 35_000_000, "Octets of the largest mail taken in.", low=1000)

# --- limits at the doors
EPM_MESSAGE_LIMIT = env.integer("EPM_MESSAGE_LIMIT", 25_000_000, "Octets of all attachments of one mail.", low=1000)
EPM_RECIPIENT_LIMIT = env.integer("EPM_RECIPIENT_LIMIT", 1000, "Recipients of one mail.", low=1)
EPM_ATTACHMENT_LIMIT = env.integer("EPM_ATTACHMENT_LIMIT", 100, "Attachments of one mail.", low=1)
EPM_HEADER_LIMIT = env.integer("EPM_HEADER_LIMIT", 100, "Header fields a caller may add to one mail.", low=0)
EPM_NESTING_LIMIT = env.integer("EPM_NESTING_LIMIT", 20, "Levels of lists and objects in a JSON body.", low=5, high=200)
EPM_REQUEST_SECONDS = env.number(
    "EPM_REQUEST_SECONDS",
    10,
    "Seconds a request may take to arrive; one more is given for every 20,000 octets.",
    low=0.1,
)
EPM_BODY_LIMIT = env.integer("EPM_BODY_LIMIT", 40_000_000, "Octets of one request's body.", low=1000)
DATA_UPLOAD_MAX_MEMORY_SIZE = EPM_BODY_LIMIT
EPM_CONFIGURATION_SECONDS = env.number(
    "EPM_CONFIGURATION_SECONDS",
    1,
    "Seconds a process may remember what was configured (credentials, applications, connections, keys); 0: not at all.",
    low=0,
    high=60,
)

# --- calling applications
EPM_HTTP_ALLOWED_PRIVATE = env.networks(
    "EPM_HTTP_ALLOWED_PRIVATE",
    "127.0.0.0/8,::1/128" if EMBEDDED else "",
    "Private networks that applications, attachments and directly reached mail servers may live in; everything else "
    "private is refused.",
)
EPM_NOTIFY_TIMEOUT = env.number("EPM_NOTIFY_TIMEOUT", 15, "Seconds a Notification URL may take to answer.", low=0.1)
EPM_LAUNCH_TIMEOUT = env.number("EPM_LAUNCH_TIMEOUT", 30, "Seconds an application URL may take to answer.", low=0.1)

# --- REST
REST_FRAMEWORK = {
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "app_interface.rest.answering.problem_answer",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "EPM Application Interface",
    "DESCRIPTION": "Send email, launch email applications, and follow every recipient to the end. "
    "The same operations, checks and codes are offered over SOAP at /soap/AppIntfWS?wsdl.",
    "VERSION": "1",
    "LICENSE": {"name": "MIT", "identifier": "MIT"},
    "CONTACT": {"name": "The operators of this platform", "url": EPM_PUBLIC_URL},
    "TAGS": [
        {"name": "emails", "description": "Send, follow, find and cancel mails."},
        {"name": "launches", "description": "Let applications run."},
        {"name": "receipts", "description": "What mail servers reported of the mails."},
        {"name": "events", "description": "What applications are told, by cursor."},
        {"name": "notifications", "description": "How applications were told, and telling them again."},
        {"name": "suppressions", "description": "Who gets no mail."},
        {"name": "inbound", "description": "Mails handed in over HTTP."},
        {"name": "status", "description": "How the platform is doing."},
        {"name": "management", "description": "All that an operator can configure by hand."},
        {"name": "problems", "description": "What can go wrong, code by code."},
    ],
    "OAS_VERSION": "3.1.1",
    "SERVERS": [{"url": EPM_PUBLIC_URL}],
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": ["app_interface.rest.components.complete"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "persistAuthorization": False},
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {
        "handlers": ["console"],
        "level": env.choice("EPM_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"), "How much is logged."),
    },
    "loggers": {
        # These tell every request and every SMTP command at INFO.
        **{name: {"level": "WARNING"} for name in ("httpx", "mail.log")},
        # Whoever calls by a wrong name is told so; a traceback for each would let strangers fill the log.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
    },
}
