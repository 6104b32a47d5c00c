"""Pages and acts."""

from django.urls import path

from explorer.views import downloads, pages, steering, streams

urlpatterns = [
    path("", pages.projects, name="projects"),
    path("projects/new/", pages.new_project, name="project-new"),
    path("projects/<int:project_id>/", pages.project, name="project"),
    path("projects/<int:project_id>/tree/", streams.tree, name="project-tree"),
    path("projects/<int:project_id>/events/", streams.events, name="project-events"),
    path("projects/<int:project_id>/nodes/<int:number>/", pages.node, name="node"),
    path(
        "projects/<int:project_id>/nodes/<int:number>/export.zip",
        downloads.export,
        name="node-export",
    ),
    path(
        "projects/<int:project_id>/nodes/<int:number>/<str:act>/",
        steering.node_act,
        name="node-act",
    ),
    path("projects/<int:project_id>/search/<str:act>/", steering.search_act, name="search-act"),
]
