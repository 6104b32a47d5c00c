"""The tree and its events as JSON."""

from django.http import Http404, HttpRequest, JsonResponse
from django.views.decorators.http import require_GET

from explorer.forms import EventQuery
from explorer.models import Project
from explorer.selectors import log as event_log
from explorer.selectors import trees


@require_GET
def tree(request: HttpRequest, project_id: int) -> JsonResponse:
    """The state after event `seq`; docs/events.md."""
    try:
        return JsonResponse(trees.snapshot(project_id))
    except Project.DoesNotExist as error:
        raise Http404 from error


@require_GET
def events(request: HttpRequest, project_id: int) -> JsonResponse:
    """A page of events; 400 names the bad parameter and its value."""
    if not Project.objects.filter(pk=project_id).exists():
        raise Http404
    query = EventQuery(request.GET)
    if not query.is_valid():
        return JsonResponse({"errors": query.messages()}, status=400)
    return JsonResponse(event_log.events(project_id, **query.arguments()))
