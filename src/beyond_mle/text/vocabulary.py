"""Vocabularies: text to token ids and back, one joint vocabulary for source and target.

A vocabulary is a `tokenizers.Tokenizer` whose first ids are `symbols.SPECIAL_TOKENS`.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from beyond_mle.errors import UserError
from beyond_mle.files import write_text
from beyond_mle.options import Options
from beyond_mle.symbols import SPECIAL_TOKENS, UNK

_BYTES = 256


class VocabularyOptions(Options):
    """What the tokens are."""

    kind: Literal["words", "bpe"] = "bpe"
    """words: what stands between spaces. bpe: byte-pair encoding (Sennrich et al. 2016) of UTF-8 bytes."""
    size: int = Field(default=4000, gt=len(SPECIAL_TOKENS))
    """Number of entries at most, the special tokens included."""

    @model_validator(mode="after")
    def _room_for_bytes(self) -> "VocabularyOptions":
        smallest = len(SPECIAL_TOKENS) + _BYTES
        if self.kind == "bpe" and self.size < smallest:
            raise ValueError(f"a bpe vocabulary needs a size of at least {smallest}: the special tokens and every byte")
        return self


def train(texts: Iterable[str], options: VocabularyOptions) -> Tokenizer:
    """Make a vocabulary from text; the same text in the same order gives the same vocabulary."""
    common: dict[str, Any] = {
        "vocab_size": options.size,
        "special_tokens": list(SPECIAL_TOKENS),
        "show_progress": False,
    }
    if options.kind == "words":
        tokenizer = Tokenizer(models.WordLevel(unk_token=SPECIAL_TOKENS[UNK]))
        tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "removed")
        trainer: trainers.Trainer = trainers.WordLevelTrainer(**common)
    else:
        # Bytes rather than characters with <unk>: no text is ever lost, so the vocabulary never caps BLEU,
        # and the price is small (Multi30k, 4000 entries: 0.7 % more tokens than BPE of characters that splits
        # off punctuation). The added space lets the first word share its token with the same word elsewhere.
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
        tokenizer.decoder = decoders.Sequence([decoders.ByteLevel(), decoders.Strip(" ", 1, 0)])
        trainer = trainers.BpeTrainer(initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), **common)
    tokenizer.train_from_iterator(texts, trainer)
    return _literal(tokenizer)


def save(tokenizer: Tokenizer, path: Path) -> None:
    """Write a vocabulary file."""
    write_text(path, tokenizer.to_str(pretty=True) + "\n")


def load(path: Path) -> Tokenizer:
    """Read a vocabulary file.

    Raises:
        UserError: if it is missing or not a vocabulary.
    """
    if not Path(path).is_file():
        raise UserError(f"{path}: no such vocabulary")
    try:
        return _literal(Tokenizer.from_file(str(path)))
    except Exception as error:  # the library raises nothing narrower
        raise UserError(f"{path}: not a vocabulary file ({error})") from None


def encode(tokenizer: Tokenizer, texts: Sequence[str]) -> list[list[int]]:
    """The token ids of each text, without special tokens.

    Raises:
        UserError: if a text has a word such as `<eos>` that stands for a special token.
    """
    rows = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
    for text, ids in zip(texts, rows, strict=True):
        if ids and min(ids) < UNK:
            reserved = SPECIAL_TOKENS[min(ids)]
            raise UserError(f"the text has the word {reserved}, which a word vocabulary reserves: '{text}'")
    return rows


def distinct(outputs: Sequence[Sequence[int]], p: Sequence[float]) -> tuple[list[list[int]], list[float]]:
    """Each output once, with its whole probability: texts that differ only in unknown words are one to a model."""
    whole: dict[tuple[int, ...], float] = defaultdict(float)
    for output, own in zip(outputs, p, strict=True):
        whole[tuple(output)] += own
    return [list(output) for output in whole], list(whole.values())


def decode(tokenizer: Tokenizer, ids: Sequence[int]) -> str:
    """The text of token ids; special tokens are left out, bytes that are not UTF-8 become U+FFFD."""
    return tokenizer.decode(ids, skip_special_tokens=True)


def _literal(tokenizer: Tokenizer) -> Tokenizer:
    """Have text that looks like a special token read as text; the library does not keep this in the file."""
    tokenizer.encode_special_tokens = True
    return tokenizer
