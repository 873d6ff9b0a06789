"""Every setting of Ieum: each variable is read once, typed, with a default that makes the trial work."""

from pathlib import Path

import environ
from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

from helpdesk import embedded, logs, secret

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

VAR_DIR = env.path("VAR_DIR", default=str(BASE_DIR / "var"))()
Path(VAR_DIR).mkdir(parents=True, exist_ok=True)

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="") or secret.kept_in(Path(VAR_DIR) / "secret_key")
# Keys that encrypt the channels' secrets, newest first; older ones can still decrypt.
VAULT_KEYS = env.list("VAULT_KEYS", default=[]) or [secret.kept_in(Path(VAR_DIR) / "vault_key")]
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
# The address under which customers and providers reach this desk; links in mail are built from it.
PORT = env.int("PORT", default=8000)
PUBLIC_URL = env.str("PUBLIC_URL", default=f"http://localhost:{PORT}").rstrip("/")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL, *env.list("CSRF_TRUSTED_ORIGINS", default=[])]
HTTPS = PUBLIC_URL.startswith("https://")

DEMO = env.bool("DEMO", default=False)
# Simulated providers, on whose pages one plays the customer; a desk with real customers has no use for them.
SIMULATOR = env.bool("SIMULATOR", default=DEMO)
SIMULATOR_URL = env.str("SIMULATOR_URL", default=f"http://127.0.0.1:{PORT}").rstrip("/")
# What the desk is called on screens and in mail.
DESK_NAME = env.str("DESK_NAME", default="모먼트스토어" if DEMO else "Ieum")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.forms",
    "django_htmx",
    "channels",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.google",
    "allauth.socialaccount.providers.openid_connect",
    "helpdesk.broker.QueueConfig",
    "agents",
    "customers",
    "channels_app",
    "channels_app.simulator",
    "conversations",
    "helpdesk",
]

MIDDLEWARE = [
    "helpdesk.health.HealthMiddleware",
    "helpdesk.logs.RequestIdMiddleware",
    "helpdesk.proxy.ProxyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "helpdesk.bundles.middleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "agents.middleware.SessionActivityMiddleware",
    "agents.middleware.PreferencesMiddleware",
]

ROOT_URLCONF = "helpdesk.urls"
ASGI_APPLICATION = "helpdesk.asgi.application"
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
                "csp.context_processors.nonce",
                "helpdesk.context.desk",
            ],
        },
    }
]

# ── Engines ────────────────────────────────────────────────────────────────────────────────────────────────────────
DATABASE_URL = env.str("DATABASE_URL", default="")
DATABASES = {"default": env.db("DATABASE_URL") if DATABASE_URL else embedded.database(Path(VAR_DIR) / "postgres")}
DATABASES["default"].setdefault("ENGINE", "django.db.backends.postgresql")
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"]["ATOMIC_REQUESTS"] = False
DB_POOL = env.bool("DB_POOL", default=False)
if DB_POOL:
    DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {
        "min_size": 1,
        "max_size": env.int("DB_POOL_MAX", default=10),
        "timeout": 10,
        # The pool waits longer before each attempt; giving up early makes the next request try at once.
        "reconnect_timeout": 4,
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
SILENCED_SYSTEM_CHECKS = ["auth.W004"]  # e-mail is unique without regard to case, by a constraint
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="")
BROKER_URL = env.str("BROKER_URL", default="")
if REDIS_URL.startswith("redis"):
    # Limits on log-ins and chats then hold over all processes; without Redis each process counts for itself.
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
WORKER_THREADS = env.int("WORKER_THREADS", default=4)
# Functions that each worker runs in a thread of their own: they get a threading.Event and return when it is set.
WORKER_LOOPS = ["conversations.polling.watch_accounts"]
# Where the built-in mail door listens: host:port, or lmtp://host:port. A trial opens it inside its worker, at a port that
# goes with the pages' port, so that two trials on one machine do not take each other's mail.
MAIL_LISTEN = env.str("MAIL_LISTEN", default=f"127.0.0.1:{2525 + (PORT - 8000) % 20000}" if DEMO else "")
# PEM files with which the mail door offers STARTTLS, and whether it takes mail without.
MAIL_TLS_CERT = env.str("MAIL_TLS_CERT", default="")
MAIL_TLS_KEY = env.str("MAIL_TLS_KEY", default="")
MAIL_TLS_REQUIRED = env.bool("MAIL_TLS_REQUIRED", default=False)
# For so many minutes customers of the demo go on writing; 0: nothing happens by itself.
DEMO_LIFE_MINUTES = env.int("DEMO_LIFE_MINUTES", default=15 if DEMO else 0)
if DEMO_LIFE_MINUTES:
    WORKER_LOOPS += ["helpdesk.demo.rest.arrive", "helpdesk.demo.life.go_on"]
if DEMO and MAIL_LISTEN:
    WORKER_LOOPS.append("helpdesk.mail_door.keep_open")

LOGGING = logs.configuration(
    as_json=env.bool("LOG_JSON", default=bool(DATABASE_URL)), level=env.str("LOG_LEVEL", default="INFO")
)

STORAGES = {
    "default": {"BACKEND": env.str("FILE_STORAGE", default="django.core.files.storage.FileSystemStorage")},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
STATIC_URL = "/static/"
STATIC_ROOT = env.path("STATIC_ROOT", default=str(Path(VAR_DIR) / "static"))()
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = Path(VAR_DIR) / "media"
WHITENOISE_USE_FINDERS = True

# ── People ─────────────────────────────────────────────────────────────────────────────────────────────────────────
AUTH_USER_MODEL = "agents.User"
AUTHENTICATION_BACKENDS = [
    "agents.backends.RoleBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/inbox/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_DISPLAY = "agents.models.display_name"
ACCOUNT_ADAPTER = "agents.adapters.AccountAdapter"
SOCIALACCOUNT_ADAPTER = "agents.adapters.SocialAccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key"}
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
USERSESSIONS_TRACK_ACTIVITY = True
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {"add_webauthn": "agents.passkeys.PasskeyForm"}
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
SOCIALACCOUNT_PROVIDERS = env.json("SOCIALACCOUNT_PROVIDERS", default={})
SOCIALACCOUNT_ONLY = False

# ── Security ───────────────────────────────────────────────────────────────────────────────────────────────────────
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "frame-src": [SELF],
        "media-src": [SELF, "blob:"],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=31536000 if HTTPS else 0)
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
X_FRAME_OPTIONS = "DENY"
# Private addresses that outgoing requests may reach all the same, as networks in CIDR notation.
OUTGOING_ALLOWED_NETWORKS = env.list("OUTGOING_ALLOWED_NETWORKS", default=[])
if SIMULATOR:
    OUTGOING_ALLOWED_NETWORKS += ["127.0.0.0/8"]
DATA_UPLOAD_MAX_MEMORY_SIZE = env.int("UPLOAD_MAX_BYTES", default=60 * 1024 * 1024)
ATTACHMENT_MAX_BYTES = env.int("ATTACHMENT_MAX_BYTES", default=20 * 1024 * 1024)
# How long a provider can fetch a file that we send by its public, signed address.
SHARED_FILE_HOURS = env.int("SHARED_FILE_HOURS", default=48)

# ── Language and time ──────────────────────────────────────────────────────────────────────────────────────────────
LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="ko")
LANGUAGES = [("ko", _("Korean")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "locale/libraries"]
TIME_ZONE = env.str("TIME_ZONE", default="Asia/Seoul")
USE_TZ = True

# ── Own mail (password resets, notices to agents) ──────────────────────────────────────────────────────────────────
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="desk@localhost")

# ── Desk behaviour ─────────────────────────────────────────────────────────────────────────────────────────────────
UNDO_SECONDS = env.int("UNDO_SECONDS", default=10)
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
