"""Early stopping: what a run scored on its way, compared with its finished siblings in one transaction."""

import statistics
from collections.abc import Mapping
from typing import Any

from agents.search.stopping import MIN_OTHERS, is_hopeless, verdict
from explorer import store
from explorer.selectors import milestones
from explorer.services import runs


def judge(claim: runs.Claim, found: Mapping[str, Any]) -> str:
    """Why the run is hopeless at this point; empty when it may go on.

    What was compared is stored, so that the decision can be checked afterwards. A pinned node is compared and never
    stopped: a person has asked for it. Raises LeaseLost.
    """
    with store.writing(claim.project_id, actor="search") as log:
        node = runs.mine(claim)
        if not log.project.early_stopping:
            return ""
        score, fraction = found["score"], found["fraction"]
        others = milestones.finished_at(log.project, fraction)
        if len(others) < MIN_OTHERS:
            return ""
        values = list(others.values())
        is_over = not node.pinned and is_hopeless(
            score, values, fraction=fraction, maximise=log.project.maximise
        )
        compared = {
            "fraction": fraction,
            "score": score,
            "median": statistics.median(values),
            "others": [{"node": number, "score": other} for number, other in others.items()],
            "hopeless": is_over,
        }
        log.add("comparison", compared, node=node, attempt=node.attempt)
        return verdict(score, values, fraction=fraction) if is_over else ""
