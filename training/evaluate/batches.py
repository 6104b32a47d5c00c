"""Rows of like length side by side, each batch as large as its longest row allows."""

from collections.abc import Iterator, Sequence
from typing import Any

Tokens = list[int]


def tokenise(prompts: Sequence[Any], tokenizer: Any) -> list[Tokens]:
    """Token ids of each prompt under the chat template, up to where the answer begins."""
    texts = tokenizer.apply_chat_template(
        list(prompts), tokenize=False, add_generation_prompt=True
    )
    return encode(texts, tokenizer)


def encode(texts: Sequence[str], tokenizer: Any) -> list[Tokens]:
    """Token ids of texts that hold their special tokens already."""
    if not texts:
        return []
    ids: list[Tokens] = tokenizer(list(texts), add_special_tokens=False)["input_ids"]
    return ids


def batches(lengths: Sequence[int], *, extra: int, budget: int) -> Iterator[list[int]]:
    """Places of rows, longest first, so that a batch's padded tokens stay within `budget`.

    extra: tokens that each row will grow by. A row that is longer than the budget goes alone.
    """
    # Longest first: what does not fit into memory shows at once, not after an hour.
    order = sorted(range(len(lengths)), key=lambda place: -lengths[place])
    while order:
        count = max(1, budget // (lengths[order[0]] + extra))
        yield order[:count]
        order = order[count:]


def pad_left(rows: Sequence[Tokens], *, pad: int, device: Any) -> tuple[Any, Any]:
    """(ids, mask), each (rows, longest) int64: generation goes on from the last column."""
    import torch

    longest = max(map(len, rows))
    ids = [[pad] * (longest - len(row)) + row for row in rows]
    mask = [[0] * (longest - len(row)) + [1] * len(row) for row in rows]
    return torch.tensor(ids, device=device), torch.tensor(mask, device=device)


def pad_right(rows: Sequence[Tokens], *, pad: int, device: Any) -> tuple[Any, Any]:
    """(ids, mask), each (rows, longest) int64."""
    import torch

    longest = max(map(len, rows))
    ids = [row + [pad] * (longest - len(row)) for row in rows]
    mask = [[1] * len(row) + [0] * (longest - len(row)) for row in rows]
    return torch.tensor(ids, device=device), torch.tensor(mask, device=device)


def pad_token(tokenizer: Any) -> int:
    """What fills short rows; never seen by the model, so the end token serves where none is named."""
    found: int | None = tokenizer.pad_token_id
    return found if found is not None else int(tokenizer.eos_token_id or 0)
