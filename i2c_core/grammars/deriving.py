"""A signature from nothing but a grammar, and a grammar bound to the vocabulary of what was derived from it."""

from __future__ import annotations

from functools import lru_cache

from i2c_core.errors import GrammarError, I2cError, suggest
from i2c_core.grammars.binding import Binding
from i2c_core.grammars.derived import Derived
from i2c_core.grammars.forms import Bound
from i2c_core.grammars.lark_bridge import LALR, Parser, compile_grammar
from i2c_core.symbols import Signature
from i2c_core.vocabulary import Vocabulary


def derive_signature(text: str, root: str, parser: str = LALR, start: str | None = None) -> Signature:
    """The signature of a grammar, `root` one of its types. Raises `GrammarError` naming the rule and the reason."""
    found = derived(compile_grammar(text, root=root, start=start, parser=parser))
    types = {s.result.name for s in found.symbols.values()} | set(found.kinds) | set(found.includes)
    if root not in types:
        fact = f"{found.rules.name}: no rule makes the root type {root!r}"
        raise GrammarError(fact, suggest(root, types, f"its types are {', '.join(sorted(types)[:8])}"))
    return found.signature(root)


def derive(text: str, start: str = "start", parser: str = LALR) -> tuple[Signature, str]:
    """The signature of a grammar and its root type: that of the start rule, or what the start rule only passes on."""
    found = derived(compile_grammar(text, start=start, parser=parser))
    root = found.root()
    return found.signature(root), root


@lru_cache(maxsize=64)
def derived(parser: Parser) -> Derived:
    """What is derived from a compiled grammar."""
    return Derived(parser.rules, parser.stands)


def bind(parser: Parser, vocabulary: Vocabulary) -> Bound:
    """A grammar bound to a vocabulary: as it was derived where it was, else by names."""
    try:
        found = derived(parser)
    except I2cError:
        return Binding(parser.rules, vocabulary)  # a signature of one's own may say what cannot be derived
    if found.fits(vocabulary.signature):
        return found.bind(vocabulary)
    return Binding(parser.rules, vocabulary)
