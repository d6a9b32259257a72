"""Settings of the project; SHOP_DATABASE in the environment names its SQLite file."""

import os

SECRET_KEY = "only a workload"
ALLOWED_HOSTS = ["shop.example"]
USE_TZ = True
ROOT_URLCONF = "workload.shop.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django.contrib.sessions", "django.contrib.humanize", "workload.shop"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ["SHOP_DATABASE"],
        # It is the memory that is measured, not the disk.
        "OPTIONS": {"init_command": "PRAGMA synchronous = OFF"},
    }
}
