"""Pages: projects, a new project, the explorer and its node panel."""

from typing import Any, cast

from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from explorer.errors import Invalid
from explorer.forms import NewProject
from explorer.models import Node, Project
from explorer.selectors import panel, trees
from explorer.services import projects as service


@require_GET
def projects(request: HttpRequest) -> HttpResponse:
    """All projects with how far they are and how good."""
    rows = [_row(project) for project in trees.projects_with_scores()]
    return render(request, "explorer/projects.html", {"projects": rows})


def _row(project: Any) -> dict[str, Any]:
    shown: dict[str, Any] = project.as_json()
    return shown | {
        "created_at": project.created_at,
        "url": reverse("project", args=[project.pk]),
        "nodes": project.trials,
        "running": project.running,
        "best": project.highest if project.maximise else project.lowest,
        "baseline": project.baseline,
    }


@require_http_methods(["GET", "POST"])
def new_project(request: HttpRequest) -> HttpResponse:
    """Ask what to explore; nothing is made until every field is right."""
    form = NewProject(request.POST or None)
    if form.is_valid():
        try:
            return redirect(
                "project", service.create(form.draft(), owner=cast(User, request.user)).pk
            )
        except Invalid as error:
            for field, message in error.fields.items():
                form.add_error(field, message)
    return render(
        request, "explorer/project_new.html", {"form": form}, status=422 if form.errors else 200
    )


@require_GET
def project(request: HttpRequest, project_id: int) -> HttpResponse:
    """The explorer."""
    found = get_object_or_404(Project, pk=project_id)
    selected = request.GET.get("node", "")
    context = {
        "project": found.as_json(),
        "selected": int(selected) if selected.isdecimal() else None,
    }
    return render(request, "explorer/project.html", context)


@require_GET
def node(request: HttpRequest, project_id: int, number: int) -> HttpResponse:
    """The node's panel as a fragment of the explorer; without htmx, the explorer with that node selected."""
    try:
        found = Node.objects.select_related("project", "parent", "reused_from").get(
            project=project_id, number=number
        )
    except Node.DoesNotExist as error:
        raise Http404 from error
    if not request.htmx:  # type: ignore[attr-defined]  # django-htmx adds it to the request
        return redirect(f"{reverse('project', args=[project_id])}?node={number}")
    context = panel.node_panel(found)
    return render(request, "explorer/node/panel.html", context)
