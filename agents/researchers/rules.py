"""The built-in Researcher: stated rules over this tree's own evidence, no language model."""

from collections.abc import Iterable, Sequence
from itertools import islice

from pydantic import Field

from agents.ports import Proposal, Request, Say
from agents.search.ideas import Idea, changed, continued, figure, starts
from agents.search.instructions import Wish, read
from agents.search.means import Means
from agents.search.memory import Memory, remember
from agents.search.score import is_better_than_parent
from agents.search.tree import Node, Tree
from training import extensions
from training.errors import RecipeError

_SHOWN = 3
_REASON_CHARS = 120


class Rules:
    """Changes one or two options at a time where the tree's trials, or a prior, promise most.

    Deterministic: the same request and rng give the same proposals. It reads instructions only as
    option names with values and as `add x` or `drop x`, and says which words it did not understand.
    """

    name = "rules"
    title = "Rule-based Researcher (no language model)"

    class Params(extensions.Params):
        max_children: int = Field(default=3, ge=1, le=5)
        """Children of one expansion, unless a person asks for an exact number."""

    def __init__(self, params: Params) -> None:
        self._params = params

    def propose(self, request: Request, say: Say) -> Sequence[Proposal]:
        """At most `request.count` valid, untried proposals; fewer or none when nothing is left."""
        means = Means.of(request.task, request.schemas)
        node = request.tree.nodes[request.node]
        wanted = request.count
        if not request.exactly:
            wanted = min(wanted, self._params.max_children)
        if node.recipe.get("training"):
            ideas = _from_trial(request, node, means=means, say=say)
        else:
            ideas = _from_baseline(request, node, means=means, say=say)
        chosen = _pick(ideas, request, wanted=wanted, say=say)
        _conclude(chosen, wanted=wanted, exactly=request.exactly, say=say)
        return [Proposal(idea.hypothesis, idea.rationale, idea.recipe) for idea in chosen]


def _from_baseline(request: Request, node: Node, *, means: Means, say: Say) -> list[Idea]:
    say(f"The untrained baseline, node {node.number}, scores **{figure(node)}**. ")
    _describe_sources(means, say)
    _tell_failures(remember(request.tree), say)
    say(
        "I start from recipes that differ as much as possible, so that later changes can be compared.\n\n"
    )
    ideas = starts(means, request.tree, request.rng)
    if not request.instruction:
        return ideas
    first = read(request.instruction, means.without_refused(means.start()), means)
    _tell_wish(first, say)
    wishes = [(idea, read(request.instruction, idea.recipe, means)) for idea in ideas]
    return [_asked(first), *(_restarted(idea, wish) for idea, wish in wishes)]


def _from_trial(request: Request, node: Node, *, means: Means, say: Say) -> list[Idea]:
    tree = request.tree
    memory = remember(tree)
    _tell_standing(tree, node, say)
    _tell_effects(memory, say)
    _tell_failures(memory, say)
    wish = read(request.instruction, means.without_refused(node.recipe), means)
    if request.instruction:
        _tell_wish(wish, say)
    asked = [_asked(wish)] if wish.moves else []
    ideas = changed(
        wish.recipe,
        means=means,
        memory=memory,
        keep=wish.fields,
        rng=request.rng,
        reuse=request.reuse,
    )
    # What a person asked for is done to the letter; the Researcher's own ideas save what they may.
    return asked + ([continued(idea, node) for idea in ideas] if request.reuse else ideas)


def _pick(ideas: Iterable[Idea], request: Request, *, wanted: int, say: Say) -> list[Idea]:
    """The first untried, valid ideas; those that change a field already chosen come second."""
    chosen: list[Idea] = []
    similar: list[Idea] = []
    seen = set(request.tried)
    fields: set[str] = set()
    is_start = not request.tree.nodes[request.node].recipe.get("training")
    for idea in ideas:
        if len(chosen) == wanted:
            return chosen
        if idea.fields & fields and not is_start:
            similar.append(idea)
        elif _is_new(idea, request, seen=seen, say=say):
            chosen.append(idea)
            fields |= idea.fields
    fresh = (idea for idea in similar if _is_new(idea, request, seen=seen, say=say))
    return [*chosen, *islice(fresh, wanted - len(chosen))]


def _is_new(idea: Idea, request: Request, *, seen: set[str], say: Say) -> bool:
    try:
        print_of_recipe = request.fingerprint(idea.recipe)
    except RecipeError as error:
        say(f"I leave out “{idea.hypothesis}”: {error}. ")
        return False
    if print_of_recipe in seen:
        return False
    seen.add(print_of_recipe)
    return True


def _asked(wish: Wish) -> Idea:
    labels = ", ".join(move.label for move in wish.moves) or "every option at its default"
    rationale = f"A person asked for it; understood: {', '.join(wish.understood) or 'nothing'}."
    return Idea(wish.recipe, wish.fields, f"As asked: {labels}.", rationale, 0.0)


def _restarted(idea: Idea, wish: Wish) -> Idea:
    if not wish.moves:
        return idea
    asked = ", ".join(move.label for move in wish.moves)
    hypothesis = f"{idea.hypothesis} Then as asked: {asked}."
    return Idea(wish.recipe, idea.fields | wish.fields, hypothesis, idea.rationale, 0.0)


def _describe_sources(means: Means, say: Say) -> None:
    listed = ", ".join(f"`{name}` ({rows} rows)" for name, rows in means.rows.items())
    say(f"Sources that allow training: {listed or 'none'}. ")
    for name, licence in means.refused.items():
        say(f"I skip `{name}`, because its licence ({licence}) does not allow training. ")


def _tell_standing(tree: Tree, node: Node, say: Say) -> None:
    say(f"Node {node.number} scores **{figure(node)}**; the baseline scores {figure(tree.root)}. ")
    if node.parent is None or tree.nodes[node.parent].score is None:
        return
    parent = tree.nodes[node.parent]
    say(
        f"Its parent, node {parent.number}, scores {figure(parent)}: {_verdict(tree, node, parent)}. "
    )


def _verdict(tree: Tree, node: Node, parent: Node) -> str:
    if is_better_than_parent(tree, node.number):
        return "the intervals do not overlap, so it is better"
    if tree.gain(node) > tree.gain(parent):
        return "the intervals overlap, so the gain may be luck"
    return "it is no better"


def _tell_effects(memory: Memory, say: Say) -> None:
    ordered = sorted(memory.effects.values(), key=lambda effect: -effect.mean)
    if not ordered:
        say("No trial can be compared with another yet, so I go by stated priors. ")
        return
    say("What changed most so far: ")
    for effect in [*ordered[:_SHOWN], *ordered[_SHOWN:][-1:]]:
        say(f"\n- {effect} (node {', '.join(map(str, effect.nodes[:_SHOWN]))})")
    say("\n\n")


def _tell_failures(memory: Memory, say: Say) -> None:
    for failure in memory.failures[-_SHOWN:]:
        made = "; ".join(map(str, failure.changes[:_SHOWN])) or "its recipe"
        reason = " ".join(failure.reason.split())[:_REASON_CHARS] or "no reason was recorded"
        say(f"Node {failure.node} failed ({reason}); I count that against {made}. ")


def _tell_wish(wish: Wish, say: Say) -> None:
    say(
        f"\n\nI was asked for something; I understood: {', '.join(wish.understood) or 'nothing'}. "
    )
    for refusal in wish.refused:
        say(f"I do not do this: {refusal}. ")
    if wish.unknown:
        say(
            f"I did not understand: {', '.join(wish.unknown)}. Being rule-based, I read only "
            "`option=value`, `add source` and `drop source`. "
        )


def _conclude(chosen: Sequence[Idea], *, wanted: int, exactly: bool, say: Say) -> None:
    for idea in chosen:
        say(f"\n- **{idea.hypothesis}** {idea.rationale} ")
    if not chosen:
        say(
            "\n\nEvery change I know from here has been tried or is invalid, so I propose nothing."
        )
    elif exactly and len(chosen) < wanted:
        say(f"\n\nOnly {len(chosen)} of the {wanted} children asked for are left untried.")
