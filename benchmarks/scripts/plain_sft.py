"""What a person writes by hand: fine-tune with TRL, evaluate, save. The peer of `benchmarks.overhead`.

`python plain_sft.py SETTINGS.json OUT` reads model, train, validation (JSON lines) and options; writes OUT/outcome.json.
"""

import json
import sys
import time
from pathlib import Path

import torch
from datasets import load_dataset
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
from trl import SFTConfig, SFTTrainer

settings = json.loads(Path(sys.argv[1]).read_text())
out = Path(sys.argv[2])
torch.set_num_threads(settings["threads"])


class FirstStep(TrainerCallback):
    at = 0.0

    def on_step_end(self, args, state, control, **kwargs):
        self.at = self.at or time.time()


tokenizer = AutoTokenizer.from_pretrained(settings["model"])
model = AutoModelForCausalLM.from_pretrained(settings["model"])
first_step = FirstStep()
trainer = SFTTrainer(
    model=model,
    args=SFTConfig(
        output_dir=str(out),
        save_strategy="no",
        report_to="none",
        logging_steps=5,
        bf16=torch.cuda.is_available(),
        use_cpu=not torch.cuda.is_available(),
        gradient_checkpointing=torch.cuda.is_available(),
        dataloader_pin_memory=torch.cuda.is_available(),
        **settings["options"],
    ),
    train_dataset=load_dataset("json", data_files=settings["train"], split="train"),
    processing_class=tokenizer,
    callbacks=[first_step],
)
started = time.time()
trainer.train()
train_s = time.time() - started

rows = [json.loads(line) for line in Path(settings["validation"]).read_text().splitlines()]
rows.sort(key=lambda row: len(row["prompt"][-1]["content"]))
model.eval()
right = 0
for start in range(0, len(rows), 64):
    part = rows[start : start + 64]
    batch = tokenizer.apply_chat_template(
        [row["prompt"] for row in part],
        add_generation_prompt=True,
        padding=True,
        tokenizer_kwargs={"padding_side": "left"},
        return_tensors="pt",
        return_dict=True,
    ).to(model.device)
    with torch.inference_mode():
        tokens = model.generate(
            **batch, max_new_tokens=settings["max_new_tokens"], do_sample=False
        )
    written = tokenizer.batch_decode(
        tokens[:, batch["input_ids"].shape[1] :], skip_special_tokens=True
    )
    right += sum(row["gold"] in text.lower() for row, text in zip(part, written, strict=True))
trainer.save_model(out / "model")
outcome = {"score": right / len(rows), "first_step_at": first_step.at, "train_s": train_s}
(out / "outcome.json").write_text(json.dumps(outcome))
