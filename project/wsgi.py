import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from lib.chunked import reads_chunked
from lib.content_types import reads_content_types
from lib.proxies import names_callers

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
application = reads_content_types(reads_chunked(get_wsgi_application(), settings.EPM_BODY_LIMIT))
if settings.EPM_TRUSTED_PROXIES:
    application = names_callers(application, settings.EPM_TRUSTED_PROXIES)
