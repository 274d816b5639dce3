"""Middleware for the pages that people look at. Callers at the two doors have neither sessions nor browsers, and these would
cost them more time than the rest of the way to their operation.
"""

from collections.abc import Awaitable

import csp.middleware
from django.contrib.auth import middleware as auth
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

DOORS = ("/api/v1/", "/soap/")


class ForPeople(MiddlewareMixin):
    """Lets requests at the doors pass by."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        passes = request.path_info.startswith(DOORS)
        return self.get_response(request) if passes else super().__call__(request)


class SessionMiddleware(ForPeople, sessions.SessionMiddleware):
    """Django's."""


class AuthenticationMiddleware(ForPeople, auth.AuthenticationMiddleware):
    """Django's."""


class MessageMiddleware(ForPeople, messages.MessageMiddleware):
    """Django's."""


class CSPMiddleware(ForPeople, csp.middleware.CSPMiddleware):
    """That of django-csp."""
