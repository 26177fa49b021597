"""How outputs are scored against references: a task says it of itself, and `yardsticks.overlap` obeys."""

from dataclasses import dataclass
from typing import Literal

Tokenise = Literal["13a", "none"]
"""sacreBLEU's tokeniser for BLEU: `13a` for real text, `none` for tokens between spaces, whose characters then mean
nothing."""
Rouge = Literal["stems", "tokens"]
"""What ROUGE compares. `stems`: lower-cased words without English endings (Porter's stemmer), as is usual for real
text; letters beyond a–z are lost. `tokens`: what stands between spaces, as it is, in any language."""


@dataclass(frozen=True)
class Scoring:
    """Every task is scored with BLEU, and with chrF unless its tokens stand as they are; what else is said here."""

    tokenise: Tokenise = "13a"
    moses_language: str | None = None
    """The target's language code, such as de: adds BLEU of Moses-tokenised text."""
    rouge: Rouge | None = None
    """For summaries: adds ROUGE."""
