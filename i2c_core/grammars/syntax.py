"""A grammar bound to a vocabulary: reads and prints programs."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from i2c_core.errors import ParseError, suggest
from i2c_core.grammars.binding import Binding
from i2c_core.grammars.carets import one_of, parse_error
from i2c_core.grammars.completeness import check_complete
from i2c_core.grammars.deriving import bind, derived
from i2c_core.grammars.forms import Bound
from i2c_core.grammars.lark_bridge import LALR, Parser, Unexpected, compile_grammar
from i2c_core.grammars.printing import Printer
from i2c_core.grammars.reading import TreeReader
from i2c_core.grammars.separable import lexical_doubt
from i2c_core.grammars.sources import GrammarText
from i2c_core.grammars.trees import Node, Terminal
from i2c_core.programs import Program
from i2c_core.vocabulary import Vocabulary

MAX_CHARACTERS = 2_000_000  # of one program's text; about 2 GB of trees and half a minute


def find_doubt(text: str, start: str | None = None, parser: str = LALR) -> str:
    """Where a grammar is not shown unambiguous: by its rules or its terminals; empty for none."""
    compiled = compile_grammar(text, start=start, parser=parser)
    return compiled.doubt or lexical_doubt(derived(compiled).rules)


class Syntax:
    """How the programs of a vocabulary are written.

    `parse(show(p)) == p` for every program p of the root type where the grammar is `exact`. Making one checks grammar
    and signature against each other and raises `GrammarError` where they contradict, naming the rule, its line and
    both sides. `binder` says what alternatives mean where they are not to be bound by their names.
    """

    def __init__(
        self,
        text: str,
        vocabulary: Vocabulary,
        owner: str,
        parser: str = LALR,
        start: str | None = None,
        binder: Callable[[Parser, Vocabulary], Bound] = bind,
    ) -> None:
        if not isinstance(text, GrammarText):
            text = GrammarText(text, f"grammar of {owner}")
        self.text = text
        self.vocabulary = vocabulary
        self._parser = compile_grammar(text, root=vocabulary.root.name, start=start, parser=parser)
        binding = binder(self._parser, vocabulary)
        self._rules = binding.rules
        self._reader = TreeReader(binding)
        self._printer = Printer(binding)
        if binder is not bind or isinstance(binding, Binding):
            check_complete(self._printer)

    @property
    def parser(self) -> Parser:
        """The compiled grammar."""
        return self._parser

    @property
    def binding(self) -> Bound:
        """What each alternative of the grammar means."""
        return self._printer.binding

    @cached_property
    def doubt(self) -> str:
        """Where the grammar is not shown unambiguous, by rule and terminal; empty where it is."""
        return self._parser.doubt or lexical_doubt(self._rules)

    @property
    def exact(self) -> bool:
        """Whether the grammar is shown unambiguous, so that what it prints parses back to itself."""
        return not self.doubt

    def parse(self, text: str) -> Program:
        """The program that a text says; raises `ParseError` with a caret under the place and what was expected.

        A text may end in a line end even where the grammar knows none: files do.
        """
        text = text.removeprefix("\ufeff").replace("\r\n", "\n")
        if len(text) > MAX_CHARACTERS:
            fact = f"the text has {len(text):,} characters, more than {MAX_CHARACTERS:,}"
            raise ParseError(fact, "give one program, not a collection")
        ids, values = self._reader.read(self._tree(text), text)
        return self.vocabulary.decode(ids, values)

    def show(self, program: Program) -> str:
        """The program as text, on one line unless the grammar wants lines."""
        return self._printer.show(program)

    def _tree(self, text: str) -> Node:
        try:
            return self._parser.parse(text)
        except Unexpected as error:
            told = self._unexpected(text, error)
            if not text.endswith("\n") or error.position < len(text) - 1:
                raise told from None
            at_end = error.at_end
        text = text[:-1]
        try:
            return self._parser.parse(text)
        except Unexpected as error:
            raise (told if at_end else self._unexpected(text, error)) from None

    def _unexpected(self, text: str, error: Unexpected) -> ParseError:
        terminals = self._parser.rules.terminals
        names = [self._shown(t) for name, t in terminals.items() if name in error.expected and not t.ignored]
        expected = sorted(dict.fromkeys(names), key=self._rank)
        shown = one_of([*expected, *(["the end"] if "$END" in error.expected else [])])
        position = len(text.rstrip()) if error.at_end else error.position
        if not text.strip():
            return ParseError(f"the text is empty, expected {shown}", "write a program", 1, 1)
        if error.at_end:
            return parse_error(
                text, position, f"expected {shown}, got the end", "the program ends too early: complete it"
            )
        end = position + 1
        if text[position].isalnum() or text[position] == "_":
            while end < len(text) and (text[end].isalnum() or text[end] == "_"):
                end += 1
        got = text[position : min(end, position + 40)]
        hint = "a complete program ends here: remove what follows"
        if expected:
            hint = suggest(got, [n for n in expected if n[0] != "'"], "replace it by one of these")
        return parse_error(text, position, f"expected {shown}, got {got!r}", hint)

    def _shown(self, terminal: Terminal) -> str:
        """What errors call a terminal: its text, the one type that it writes, or its name."""
        types = self._printer.terminal_types.get(terminal.name, set())
        return self._reader.shown(next(iter(types))) if terminal.literal is None and len(types) == 1 else terminal.shown

    def _rank(self, shown: str) -> tuple[int, int, str]:
        """Symbols in the signature's order, then other words, then marks."""
        ids = self.vocabulary.ids
        return (0, ids[shown], "") if shown in ids else (1 + shown.startswith("'"), 0, shown)
