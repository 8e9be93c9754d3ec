"""Trains the bundled model: ``python -m dragoman.models.train``, about a quarter of an hour on two cores.

The result depends on the seed and on the machine's floating-point kernels; the capabilities named in the model
card are what tests/real/test_bundled_model.py checks through the served API.
"""

import argparse
import json
import math
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import jinja2
import torch
from rich.progress import Progress
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM

from dragoman.models import MINI
from dragoman.models.corpus import conversations

VOCABULARY = 1024
CONTEXT = 4096
BATCH_TOKENS = 4096
BATCHES_PER_SORT = 16
IGNORED = -100

END, TURN_START, TURN_END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
MARKUP = ["<tools>", "</tools>", "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>"]


def texts(template: jinja2.Template, seed: int) -> Iterator[str]:
    """Rendered conversations without end."""
    for tools, messages in conversations(seed):
        yield template.render(tools=tools, messages=messages, add_generation_prompt=False)


def train_tokenizer(corpus: Iterator[str]) -> Tokenizer:
    """A byte-level BPE that never joins a word to the blank before it, so that repeated words are the same tokens."""
    tokenizer = Tokenizer(models.BPE())
    pieces = Regex(r"\p{L}+|\p{N}|\s|[^\p{L}\p{N}\s]")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(pieces, behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    special = [AddedToken(text, special=True, normalized=False) for text in (END, TURN_START, TURN_END)]
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY - len(MARKUP),
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(corpus, trainer)
    tokenizer.add_tokens([AddedToken(text, special=False, normalized=False) for text in MARKUP])
    return tokenizer


def labelled(tokenizer: Tokenizer, text: str) -> tuple[list[int], list[int]]:
    """Token ids and labels: only what the assistant says, up to and with the end of its turn, is learned."""
    ids = tokenizer.encode(text).ids
    start, end = tokenizer.token_to_id(TURN_START), tokenizer.token_to_id(TURN_END)
    opening = [start, *tokenizer.encode("assistant\n").ids]
    labels = [IGNORED] * len(ids)
    position = 0
    while position < len(ids):
        if ids[position : position + len(opening)] != opening:
            position += 1
            continue
        position += len(opening)
        while ids[position] != end:
            labels[position] = ids[position]
            position += 1
        labels[position] = end
    return ids, labels


def batches(tokenizer: Tokenizer, corpus: Iterator[str]) -> Iterator[tuple[Tensor, Tensor]]:
    """Padded batches of about ``BATCH_TOKENS`` tokens, each of conversations of about one length."""
    generator = torch.Generator().manual_seed(0)
    while True:
        group: list[tuple[list[int], list[int]]] = []
        while sum(len(ids) for ids, _ in group) < BATCH_TOKENS * BATCHES_PER_SORT:
            group += [labelled(tokenizer, text) for text in islice(corpus, 64)]
        group.sort(key=lambda example: len(example[0]))
        cut: list[list[tuple[list[int], list[int]]]] = [[]]
        for example in group:
            if (len(cut[-1]) + 1) * len(example[0]) > BATCH_TOKENS:
                cut.append([])
            cut[-1].append(example)
        for index in torch.randperm(len(cut), generator=generator).tolist():
            if cut[index]:
                yield padded(cut[index])


def padded(examples: list[tuple[list[int], list[int]]]) -> tuple[Tensor, Tensor]:
    """Ids and labels as tensors of (examples, longest); padding is at the end, where causal attention ignores it."""
    longest = max(len(ids) for ids, _ in examples)
    ids = torch.tensor([ids + [0] * (longest - len(ids)) for ids, _ in examples])
    labels = torch.tensor([labels + [IGNORED] * (longest - len(labels)) for _, labels in examples])
    return ids, labels


def new_model(tokenizer: Tokenizer) -> LlamaForCausalLM:
    """An untrained Llama of three million parameters."""
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=VOCABULARY,
            hidden_size=256,
            intermediate_size=640,
            num_hidden_layers=4,
            num_attention_heads=4,
            num_key_value_heads=2,
            head_dim=64,
            max_position_embeddings=CONTEXT,
            tie_word_embeddings=True,
            bos_token_id=tokenizer.token_to_id(END),
            eos_token_id=tokenizer.token_to_id(TURN_END),
            pad_token_id=tokenizer.token_to_id(END),
        )
    )


def optimizers(model: LlamaForCausalLM) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the layers, AdamW for the embedding and the norms."""
    matrices = [p for name, p in model.named_parameters() if p.ndim == 2 and "embed" not in name]
    others = [p for name, p in model.named_parameters() if p.ndim != 2 or "embed" in name]
    return [
        torch.optim.Muon(matrices, lr=0.01, weight_decay=0.05, momentum=0.95),
        torch.optim.AdamW(others, lr=0.004, betas=(0.9, 0.98), weight_decay=0.0),
    ]


def schedule(step: int, steps: int) -> float:
    """The share of the full learning rate at a step: a short warm-up, then a cosine down to a fiftieth."""
    warm_up = min(1.0, (step + 1) / 50)
    return warm_up * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / steps)))


def train(model: LlamaForCausalLM, examples: Iterator[tuple[Tensor, Tensor]], steps: int) -> None:
    """Trains in place, with a progress bar that shows the loss (nats per token)."""
    chosen = optimizers(model)
    schedulers = [torch.optim.lr_scheduler.LambdaLR(each, lambda step: schedule(step, steps)) for each in chosen]
    with Progress() as progress:
        bar = progress.add_task("training", total=steps)
        smooth = 0.0
        for step, (ids, labels) in enumerate(islice(examples, steps)):
            loss = model(input_ids=ids, labels=labels).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            for optimizer, scheduler in zip(chosen, schedulers, strict=True):
                optimizer.step()
                scheduler.step()
                optimizer.zero_grad()
            smooth = loss.item() if step == 0 else 0.97 * smooth + 0.03 * loss.item()
            progress.update(bar, advance=1, description=f"loss {smooth:.4f}")


def save(model: LlamaForCausalLM, tokenizer: Tokenizer, folder: Path) -> None:
    """Writes the model in bfloat16, the tokenizer and their settings; the template and the card are kept by hand."""
    model.to(torch.bfloat16).save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": CONTEXT,
        "eos_token": TURN_END,
        "pad_token": END,
        "clean_up_tokenization_spaces": False,
    }
    generation = {
        "bos_token_id": 0,
        "eos_token_id": tokenizer.token_to_id(TURN_END),
        "pad_token_id": 0,
        "temperature": 0.0,
    }
    (folder / "generation_config.json").write_text(json.dumps(generation, indent=2) + "\n")
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n")


def main() -> None:
    """Parses the command line, trains, writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=MINI, help="folder to write to (default: the bundled model's)")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--steps", type=int, default=1700, help="optimizer steps of 4,096 tokens each")
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string((MINI / "chat_template.jinja").read_text())
    tokenizer = train_tokenizer(islice(texts(template, options.seed), 20_000))
    model = new_model(tokenizer)
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters, {tokenizer.get_vocab_size()} tokens")
    train(model, batches(tokenizer, texts(template, options.seed + 1)), options.steps)
    save(model, tokenizer, options.out)


if __name__ == "__main__":
    main()
