"""Acts by POST; 204 means accepted, and the effect comes back as an event."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from agents.errors import SteeringRefused
from explorer.forms import ActForm, ExpandForm
from explorer.models import Node, Project
from explorer.services import exports, steering

NODE_ACTS: dict[str, tuple[Callable[..., None], type[ActForm] | type[ExpandForm]]] = {
    "prune": (steering.prune, ActForm),
    "restore": (steering.restore, ActForm),
    "pin": (steering.pin, ActForm),
    "unpin": (steering.unpin, ActForm),
    "expand": (steering.expand, ExpandForm),
    "export": (exports.ask, ActForm),
    "cancel-export": (exports.cancel, ActForm),
}
SEARCH_ACTS: dict[str, Callable[..., None]] = {
    "pause": steering.pause,
    "resume": steering.resume,
    "stop": steering.stop,
    "stop_early": steering.stop_early,
    "let_finish": steering.let_finish,
}


@require_POST
def node_act(request: HttpRequest, project_id: int, number: int, act: str) -> HttpResponse:
    """Prune, restore, pin, unpin, expand or export a node; 422 for a bad field, 409 when the tree forbids it."""
    if act not in NODE_ACTS:
        raise Http404
    service, form_class = NODE_ACTS[act]
    return _do(request, project_id, partial(service, project_id, number), form_class(request.POST))


@require_POST
def search_act(request: HttpRequest, project_id: int, act: str) -> HttpResponse:
    """Pause, resume or stop the search; 409 when it is in no state for that."""
    if act not in SEARCH_ACTS:
        raise Http404
    return _do(request, project_id, partial(SEARCH_ACTS[act], project_id), ActForm(request.POST))


def _do(
    request: HttpRequest, project_id: int, act: Callable[..., Any], form: ActForm | ExpandForm
) -> HttpResponse:
    if not form.is_valid():
        return HttpResponse("\n".join(form.messages()), status=422, content_type="text/plain")
    try:
        act(actor=request.user.get_username(), **form.cleaned_data)
    except (Node.DoesNotExist, Project.DoesNotExist) as error:
        raise Http404 from error
    except SteeringRefused as error:
        return HttpResponse(str(error), status=409, content_type="text/plain")
    if getattr(request, "htmx", False):
        return HttpResponse(status=204)
    return redirect("project", project_id)
