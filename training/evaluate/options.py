"""How likely a model finds each of several answers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from training.evaluate.batches import (
    Tokens,
    batches,
    encode,
    pad_right,
    pad_token,
    tokenise,
)
from training.evaluate.prefix import filled_cache, pad_after_prefix, shared_length

BATCH_TOKENS = 4_096
"""Padded tokens of a batch: every prompt once, and every option."""


@dataclass(frozen=True)
class _Question:
    """Tokens of a prompt and of each option after it."""

    prompt: Tokens
    options: list[Tokens]

    @property
    def size(self) -> int:
        """Tokens that the model computes for it, and the cache that its options copy."""
        return (len(self.prompt) + max(map(len, self.options))) * len(self.options)


def score_options(
    prompts: Sequence[Any], options: Sequence[Sequence[str]], *, model: Any, tokenizer: Any
) -> list[list[float]]:
    """Log-probability of each option as the answer to its prompt, natural log, summed over its tokens.

    prompts: chat messages, rendered with the chat template. options: for each prompt, its own. Not normalised by
    length; the token that ends an answer is not counted; an option is tokenised by itself. A prompt is computed once for all its options. Raises
    ValueError for a prompt without options or an option without tokens.
    """
    questions = _questions(prompts, options, tokenizer)
    scores: list[list[float]] = [[] for _ in questions]
    model.eval()
    for places in batches([each.size for each in questions], extra=0, budget=BATCH_TOKENS):
        batch = [questions[place] for place in places]
        for place, found in zip(places, _score(batch, model, pad_token(tokenizer)), strict=True):
            scores[place] = found
    return scores


def mean_losses(
    prompts: Sequence[Any], answers: Sequence[str], *, model: Any, tokenizer: Any
) -> list[float]:
    """Mean negative log-probability of the tokens of each answer after its prompt, in nats.

    As `score_options` scores them. Raises ValueError for an answer without a token.
    """
    scores = score_options(
        prompts, [[answer] for answer in answers], model=model, tokenizer=tokenizer
    )
    lengths = map(len, encode(answers, tokenizer))
    return [-score / length for (score,), length in zip(scores, lengths, strict=True)]


def _questions(
    prompts: Sequence[Any], options: Sequence[Sequence[str]], tokenizer: Any
) -> list[_Question]:
    starts = tokenise(prompts, tokenizer)
    distinct = sorted({text for texts in options for text in texts})
    tokens = dict(zip(distinct, encode(distinct, tokenizer), strict=True))
    return [
        _Question(start, _checked([tokens[text] for text in texts], place))
        for place, (start, texts) in enumerate(zip(starts, options, strict=True))
    ]


def _checked(options: list[Tokens], place: int) -> list[Tokens]:
    if not options or not all(options):
        raise ValueError(f"options[{place}] must hold at least one text, and none that is empty")
    return options


def _score(batch: list[_Question], model: Any, pad: int) -> Iterator[list[float]]:
    import torch

    with torch.inference_mode():
        prompts = [each.prompt for each in batch]
        shared = shared_length(prompts)
        ids, mask = pad_after_prefix(prompts, shared, pad=pad, device=model.device)
        cache = filled_cache(ids, shared, model)
        done = shared if cache else 0
        start = model(
            input_ids=ids[:, done:],
            attention_mask=mask,
            position_ids=_positions(mask)[:, done:],
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        totals = _totals(batch, start, mask, model, pad).tolist()
    for each in batch:
        count = len(each.options)
        yield totals[:count]
        totals = totals[count:]


def _totals(batch: list[_Question], start: Any, mask: Any, model: Any, pad: int) -> Any:
    """(options of all questions,) float32."""
    import torch

    owner = torch.tensor(
        [place for place, each in enumerate(batch) for _ in each.options], device=mask.device
    )
    texts = [option for each in batch for option in each.options]
    ids, real = pad_right(texts, pad=pad, device=mask.device)
    logits = start.logits[owner]
    if ids.shape[1] > 1:
        later = _continue(start.past_key_values, owner, (ids, real, mask), model)
        logits = torch.cat([logits, later], dim=1)
    found = logits.float().log_softmax(-1).gather(-1, ids.unsqueeze(-1)).squeeze(-1)
    return (found * real).sum(-1)


def _continue(cache: Any, owner: Any, tokens: tuple[Any, Any, Any], model: Any) -> Any:
    """Logits after each option token but the last; every option goes on from its prompt's cache."""
    import torch

    ids, real, mask = tokens
    cache.batch_select_indices(owner)
    seen = torch.cat([mask[owner], real[:, :-1]], dim=1)
    return model(
        input_ids=ids[:, :-1],
        attention_mask=seen,
        position_ids=_positions(seen)[:, mask.shape[1] :],
        past_key_values=cache,
        use_cache=True,
    ).logits


def _positions(mask: Any) -> Any:
    """Places of the real tokens, from 0; padding stands at 0."""
    return (mask.cumsum(-1) - 1).clamp(min=0)
