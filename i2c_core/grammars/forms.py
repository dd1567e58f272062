"""What alternatives mean: the ways to write a symbol, element by element."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from i2c_core.grammars.calls import QUOTED
from i2c_core.grammars.repeats import Element, Many, Repeats
from i2c_core.grammars.trees import Alternative, Rules
from i2c_core.types import Type
from i2c_core.vocabulary import Vocabulary


@dataclass(frozen=True)
class Form:
    """One way to write a symbol: an alternative's elements, and for each the argument that it belongs to (-1: none).

    `in_list` says of each argument whether it is a list whose elements are written here, one by one; `lists` are the
    places of the arguments that are lists.
    """

    alternative: Alternative
    elements: tuple[Element, ...]
    places: tuple[int, ...]
    in_list: tuple[bool, ...]
    lists: tuple[int, ...]

    @cached_property
    def is_simple(self) -> bool:
        """Whether the elements are the alternative's items, nothing spelt out."""
        items = self.alternative.items
        return len(items) == len(self.elements) and all(
            i.inlined == isinstance(e, Many) for i, e in zip(items, self.elements, strict=True)
        )


@dataclass
class Meaning:
    """What an alternative is: `forms` by token for a symbol, under an empty name for a list, none for a passage."""

    symbol: str | None = None
    forms: dict[str, list[Form]] = field(default_factory=dict)

    @property
    def is_passage(self) -> bool:
        return not self.forms

    @property
    def is_list(self) -> bool:
        return "" in self.forms


@dataclass
class Bound:
    """A grammar bound to a vocabulary: what each alternative means.

    `wraps` says which symbol makes a terminal's text something of a wider type, by type and terminal; `terminal_types`
    what types each terminal writes; `sorts` the type of each rule where rules are bound by name.

    Of a grammar that is joined of several, `homes` says which part's each rule and each terminal that is kept is, and
    `owners` the same of tokens, by the qualifier of that part; tokens that no part has to itself are missing. `texts`
    are what a grammar writes for tokens of other names, `quoted` the terminals of free text in quotes.
    """

    rules: Rules
    vocabulary: Vocabulary
    repeats: Repeats
    meanings: dict[Alternative, Meaning] = field(default_factory=dict)
    wraps: dict[tuple[str, str], str] = field(default_factory=dict)
    terminal_types: dict[str, set[Type]] = field(default_factory=dict)
    sorts: dict[str, str] = field(default_factory=dict)
    homes: dict[str, str] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    quoted: frozenset[str] = frozenset({QUOTED})

    def home(self, name: str) -> str:
        """The part that a rule or terminal belongs to; empty for a grammar that is not joined."""
        return self.homes.get(name, "")

    @cached_property
    def tokens(self) -> dict[tuple[str, str], str]:
        """The tokens by part and by what is written for them."""
        return {(home, self.texts.get(token, token)): token for token, home in self.owners.items()}
