"""What is stored: projects, their nodes, attempts to run them, exports, and the log of all that happened."""

from explorer.models.event import Event
from explorer.models.expansion import Expansion
from explorer.models.export import Export
from explorer.models.node import Node
from explorer.models.project import Project
from explorer.models.run import Run

__all__ = ["Event", "Expansion", "Export", "Node", "Project", "Run"]
