"""Keys that data operators set on rows beside the task's own columns; no task may have columns of these names."""

from training.data.catalogue import Row

SOURCE = "source"
"""str: the source or file that the row was loaded from."""
ORIGIN = "origin"
"""str: the text as it was loaded, where an operator has rewritten it; decontamination looks at both."""
GENERATOR = "generator"
"""str: the language model that wrote the row; `source` says from which row's source, and `origin` from which text."""
TEXT = "text"
"""str: plain text to continue; for continued pre-training."""
MESSAGES = "messages"
"""list of {"role", "content"}: the question and its answer."""
PROMPT = "prompt"
"""list of {"role", "content"}: what comes before the answer."""
COMPLETION = "completion"
"""str: the answer to learn from (or, where `desirable` is False, to learn to avoid); before the task's target."""
REJECTED = "rejected"
"""str: a worse answer than `completion`."""
DESIRABLE = "desirable"
"""bool: whether `completion` is an answer to give."""
EMBEDDING = "embedding"
"""list of float: the row's text as a vector of length 1; gone once the text is rewritten."""

FROM_FILES = {COMPLETION: str, REJECTED: str, DESIRABLE: bool}
"""Reserved keys that a file may bring, with their types."""
KEYS = (
    SOURCE,
    ORIGIN,
    GENERATOR,
    TEXT,
    MESSAGES,
    PROMPT,
    COMPLETION,
    REJECTED,
    DESIRABLE,
    EMBEDDING,
)


def rewritten(row: Row, changed: Row, *, text: str) -> Row:
    """`changed`, which remembers the text that `row` was loaded with; `text` is what `row` says now."""
    kept = {key: value for key, value in changed.items() if key != EMBEDDING}
    return {**kept, ORIGIN: row.get(ORIGIN, text)}
