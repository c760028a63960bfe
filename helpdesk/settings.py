"""One short file, driven by environment variables (docs/admins.md lists them)."""

from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF

from helpdesk import env

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.text("HELPDESK_DATA", str(BASE_DIR / ".data"))).resolve()

DEBUG = env.flag("DEBUG")
SECRET_KEY = env.secret_key(DATA_DIR)
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
SITE_URL = env.text("SITE_URL", f"http://localhost:{env.number('PORT', 8000, low=1, high=65535)}").rstrip("/")
SITE_NAME = env.text("SITE_NAME", "Helpdesk")
SITE_ID = 1
_site = urlsplit(SITE_URL)
BEHIND_TLS = _site.scheme == "https"
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", ("localhost", "127.0.0.1", "[::1]", _site.hostname or "localhost"))
CSRF_TRUSTED_ORIGINS = [SITE_URL]

INSTALLED_APPS = [
    "helpdesk.apps.HelpdeskConfig",
    "core",
    "people",
    "messaging",
    "tickets",
    "notifications",
    "api",
    "portal",
    "desk",
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "csp",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.socialaccount.providers.saml",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
]
MIDDLEWARE = [
    "core.middleware.CorrelationMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "helpdesk.admin_site.AdminPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "people.middleware.CurrentUserMiddleware",
    "people.login.steady.SteadyAnswerMiddleware",
    "people.middleware.StaffMfaMiddleware",
    "people.login.outside.ProviderErrorsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
]
ROOT_URLCONF = "helpdesk.urls"
WSGI_APPLICATION = "helpdesk.wsgi.application"
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
                "core.context_processors.site",
            ],
            "builtins": ["core.templatetags.ui"],
        },
    }
]

# Postgres remembers, Redis only rings the bell.
DATABASES = {"default": env.database(env.text("DATABASE_URL", "postgresql:///helpdesk"))}
DATABASES["default"] |= {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.text("REDIS_URL", "redis://127.0.0.1:6379/0")
# Login limits count here: every process sees them, with or without Redis. "local" is a process's own.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "shared_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
    "local": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 5,
    "socket_connect_timeout": 0.5,
    "visibility_timeout": 600,
}
CELERY_BEAT_SCHEDULE = {
    "dispatch-events": {"task": "core.dispatch_events", "schedule": 5.0},
    "send-outbox": {"task": "messaging.send_outbox", "schedule": 10.0},
    "forget-uploads": {"task": "tickets.forget_uploads", "schedule": 3600.0},
    "api-forget": {"task": "api.forget", "schedule": 6 * 3600.0},
    "beat-heartbeat": {"task": "helpdesk.heartbeat", "schedule": 10.0},
}
DELIVERY_LEASE_SECONDS = 60

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["people.backends.RoleBackend", "allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "people.validators.MaximumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
from helpdesk.login import *  # noqa: E402, F403  (allauth: password, mailed code, second factor, OIDC, SAML)

EMAIL_BACKEND = "messaging.backends.OutboxBackend"
SMTP_URL = env.text("SMTP_URL")  # smtp://user:password@host:587?tls=starttls|tls|none ; empty: mail is kept and shown
DEFAULT_FROM_EMAIL = env.text("MAIL_FROM", f"{SITE_NAME} <support@{_site.hostname or 'localhost'}>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# So many addresses may get their first automatic mail in one hour; more are held and shown.
MAIL_NEW_ADDRESSES_PER_HOUR = env.number("MAIL_NEW_ADDRESSES_PER_HOUR", 100)

LANGUAGE_CODE = "en"
TIME_ZONE = env.text("TIME_ZONE", "UTC")
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(DATA_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "helpdesk.finders.PackageFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "helpdesk.assets.AssetStorage"},
}
MEDIA_ROOT = DATA_DIR / "attachments"  # outside the web root: only served through a permission check
MEDIA_URL = ""
ATTACHMENT_MAX_BYTES = env.number("ATTACHMENT_MAX_MB", 20, low=1, high=500) * 1024 * 1024
ATTACHMENTS_PER_MESSAGE = 10
MESSAGE_MAX_CHARS = 500_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700

# Secure by default; cookies and HSTS follow SITE_URL.
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
SECURE_SSL_REDIRECT = BEHIND_TLS and env.flag("TLS_REDIRECT", True)
SECURE_REDIRECT_EXEMPT = [r"^health/"]  # probes ask this machine, by plain http
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_TLS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.flag("TRUST_PROXY") else None
CSRF_FAILURE_VIEW = "portal.errors.csrf_failure"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF, *LOGIN_FORM_ORIGINS],  # noqa: F405
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    }
}

from helpdesk.admin_site import UNFOLD  # noqa: E402, F401  (how the admin looks)

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["api.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["api.permissions.ScopedToken"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["api.parsers.StrictJSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "api.negotiation.AlwaysJson",
    "DEFAULT_PAGINATION_CLASS": "api.pagination.KeysetPagination",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "api.problems.handle",
    "DEFAULT_THROTTLE_CLASSES": ["api.throttling.TokenThrottle"],
    "DEFAULT_THROTTLE_RATES": {"token": env.text("API_RATE", "6000/min"), "anonymous": "60/min"},
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Helpdesk API",
    "DESCRIPTION": "Tickets, messages, customers. Errors are application/problem+json; lists page by cursor.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "api.schema.add_problems"],
    "ENUM_NAME_OVERRIDES": {
        "StatusEnum": "tickets.models.Status",
        "PriorityEnum": "tickets.models.Priority",
        "TypeEnum": "tickets.models.TicketType",
        "ChannelEnum": "tickets.models.Channel",
        "RoleEnum": "people.models.Role",
        "ParticipantRoleEnum": "tickets.models.ParticipantRole",
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"context": {"()": "core.logging.ContextFilter"}},
    "formatters": {"line": {"format": "%(levelname)s %(name)s [%(correlation_id)s] %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "filters": ["context"], "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
}
