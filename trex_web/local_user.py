"""Single-user mode: who comes from this machine is logged in, nobody else is."""

import ipaddress

from django.conf import settings
from django.contrib.auth import get_user_model, login
from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin


class LocalUserMiddleware(MiddlewareMixin):
    """Logs loopback visitors in as `local` while TREX_SINGLE_USER is on.

    ALLOWED_HOSTS keeps a foreign name that resolves to loopback out before this is reached.
    """

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        """Log the visitor in where that is due."""
        if settings.TREX_SINGLE_USER and request.user.is_anonymous and _is_loopback(request):
            user, _ = get_user_model().objects.get_or_create(username="local")
            login(request, user, backend="django.contrib.auth.backends.ModelBackend")
        return None


def _is_loopback(request: HttpRequest) -> bool:
    # A proxy on this machine forwards strangers from loopback: its header gives it away.
    if "HTTP_X_FORWARDED_FOR" in request.META or "HTTP_FORWARDED" in request.META:
        return False
    request.get_host()
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
