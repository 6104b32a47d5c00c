"""Makes the bundled base model from scratch: `python -m training.data.trex_tiny OUT`.

A Llama of about one million parameters, pre-trained on text that the project writes itself. It knows words, sentences
and the chat format, and has seen no example of any FT-Bench task.
"""

import argparse
import json
import logging
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from training.data import corpus
from training.data.seeds import rng

PAD, START, END = "<|pad|>", "<|im_start|>", "<|im_end|>"
VOCABULARY = 2048
CONTEXT = 512
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    f"{START}{{{{ message['role'] }}}}\n{{{{ message['content'] }}}}{END}\n"
    "{% endfor %}"
    f"{{% if add_generation_prompt %}}{START}assistant\n{{% endif %}}"
)
_logger = logging.getLogger(__name__)


def tokenizer(seed: int) -> PreTrainedTokenizerFast:
    """Byte-level BPE over the corpus: every text can be written, usual words are one token."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[PAD, START, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator(_texts(seed, 12_000), trainer)
    made = PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        pad_token=PAD,
        eos_token=END,
        padding_side="left",
        model_max_length=CONTEXT,
    )
    made.chat_template = CHAT_TEMPLATE
    return made


def _texts(seed: int, count: int) -> Iterator[str]:
    """Training texts in their final form, two paragraphs to one dialogue."""
    draw = rng(seed, "corpus")
    for _ in range(count):
        paragraph = draw.random() < 0.65
        yield corpus.plain_text(draw) + END if paragraph else _chat(corpus.dialogue(draw))


def _chat(messages: list[corpus.Message]) -> str:
    return "".join(
        f"{START}{message['role']}\n{message['content']}{END}\n" for message in messages
    )


def untrained(words: PreTrainedTokenizerFast, seed: int) -> LlamaForCausalLM:
    """The architecture with random weights."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(words),
        hidden_size=128,
        intermediate_size=352,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=words.eos_token_id,
        pad_token_id=words.pad_token_id,
    )
    return LlamaForCausalLM(config)


def pretrain(
    model: LlamaForCausalLM, words: PreTrainedTokenizerFast, *, seed: int, steps: int
) -> float:
    """Train `model` in place on `steps` batches of 48 texts; the mean loss (nats) of the last 50."""
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=1.5e-3, betas=(0.9, 0.98), weight_decay=0.05
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, steps))
    losses: list[float] = []
    for step, batch in enumerate(_batches(words, seed=seed, steps=steps)):
        loss = model(**batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        losses.append(loss.item())
        if step % 50 == 0:
            _logger.info("step %d of %d, loss %.3f", step, steps, losses[-1])
    return sum(losses[-50:]) / len(losses[-50:])


def _rate(step: int, steps: int) -> float:
    return min(1.0, (step + 1) / 100) * 0.5 * (1.05 + math.cos(math.pi * step / steps))


def _batches(words: PreTrainedTokenizerFast, *, seed: int, steps: int) -> Iterator[dict[str, Any]]:
    texts = _texts(seed + 1, steps * 48)
    for _ in range(steps):
        batch = words(
            [next(texts) for _ in range(48)],
            padding=True,
            padding_side="right",
            return_tensors="pt",
        )
        labels = batch["input_ids"].masked_fill(batch["attention_mask"] == 0, -100)
        yield {
            "input_ids": batch["input_ids"],
            "attention_mask": batch["attention_mask"],
            "labels": labels,
        }


def save(
    model: LlamaForCausalLM, words: PreTrainedTokenizerFast, out: Path, *, made: dict[str, Any]
) -> None:
    """Write weights, tokenizer and model card."""
    model.generation_config.do_sample = False
    model.save_pretrained(out)
    words.save_pretrained(out)
    (out / "README.md").write_text(_card(model, made), encoding="utf-8")


def _card(model: LlamaForCausalLM, made: dict[str, Any]) -> str:
    return f"""# trex-tiny

A Llama of {model.num_parameters():,} parameters for trying TREX Explorer with no network and no GPU. It is a toy: it
writes short opinions and small stories, and answers questions about words in a list. Use it to see searches work,
never to judge methods for real models.

* Made by `python -m training.data.trex_tiny OUT`: byte-level BPE with {VOCABULARY:,} tokens, pre-trained from random weights.
* Data: text generated by the project (`training/data/corpus.py`), no outside source. It holds reviews that keep one
  polarity and end in a verdict, and remarks on words of praise and blame, but no question about the polarity of a
  text, so the sentiment task is untrained.
* Chat format: `{START}role`, newline, content, `{END}`.
* Licence: that of the project.

```json
{json.dumps(made)}
```
"""


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--steps", type=int, default=1500)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.set_num_threads(1)
    words = tokenizer(options.seed)
    model = untrained(words, options.seed)
    loss = pretrain(model, words, seed=options.seed, steps=options.steps)
    made = {
        "seed": options.seed,
        "steps": options.steps,
        "loss": round(loss, 4),
        "torch": torch.__version__,
    }
    save(model, words, options.out, made=made)


if __name__ == "__main__":
    main()
