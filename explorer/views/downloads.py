"""Files that people take away."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from explorer.models import Node
from explorer.selectors import exports

CHUNK_BYTES = 1 << 18


@require_GET
def export(request: HttpRequest, project_id: int, number: int) -> StreamingHttpResponse:
    """The archive of a node's trained model, once it was made."""
    nodes = Node.objects.select_related("project", "reused_from")
    node = nodes.filter(project=project_id, number=number).first()
    found = node and exports.of(node)
    path = found and exports.archive(found)
    if not node or not path:
        raise Http404
    # A file response would be read whole into memory under ASGI, where only asynchronous iterators stream.
    response = StreamingHttpResponse(_chunks(path), content_type="application/zip")
    response["Content-Length"] = path.stat().st_size
    response["Content-Disposition"] = (
        content_disposition_header(True, exports.file_name(node)) or ""
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
            yield chunk
