"""What is stored: projects, their nodes, attempts to run them, and the log of all that happened."""

from explorer.models.event import Event
from explorer.models.expansion import Expansion
from explorer.models.node import Node
from explorer.models.project import Project
from explorer.models.run import Run

__all__ = ["Event", "Expansion", "Node", "Project", "Run"]
