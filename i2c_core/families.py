"""Families: a language (signature, grammar) and its meaning (renderer), declared once and made ready on first use."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from i2c_core.errors import FamilyError, ParseError, ProgramError, suggest
from i2c_core.formats import JSON, TEXT, Format
from i2c_core.programs import Program
from i2c_core.references import Reference, resolve
from i2c_core.symbols import Signature
from i2c_core.types import Type, parse_type

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from i2c_core.grammars import MadeGrammar, Syntax
    from i2c_core.loops import Loops
    from i2c_core.rewriting import Rules
    from i2c_core.tilesets import TileSet
    from i2c_core.vocabulary import Encoded, Vocabulary

MARK = "+"  # between the names of families that are composed
LOOPED = ":program"  # behind the name of a family whose programs have loops
API_VERSION = 1  # of this contract; a plugin that names a higher one is told, not loaded

_MOST_ROUNDS = 100  # of rules and `normalise` in turn

Box = tuple[Fraction, Fraction, Fraction, Fraction]  # x0, y0, x1, y1 as fractions of the parent's rectangle, y down


def box(text: str) -> Box:
    """A rectangle inside its parent from four fractions `x0 y0 x1 y1`, y downwards.

    >>> box("0 1/2 1 1")[1]
    Fraction(1, 2)
    """
    x0, y0, x1, y1 = map(Fraction, text.split())
    return x0, y0, x1, y1


@dataclass(frozen=True, eq=False)
class Family:
    """One language that draws pictures.

    Args:
        name: lower-case letters, digits and hyphens; what `--family` takes.
        root: the type of whole programs.
        signature: the symbol table (see `i2c_core.symbols`), or None to derive it from the grammar.
        grammar: a Lark grammar: a path, `package:file.lark`, or the text itself (it holds a line end); None derives
            one in call notation from the signature. A composition has those of its parts, joined.
        render: a reference to the renderer (see `i2c_core.raster`): one function from a program to a picture; with
            `batched`, one from token arrays to pixel arrays; or a mapping from each symbol to a function of its
            arguments' pictures, folded over the program.
        batched: whether `render` takes whole batches.
        channels: 1 for grey, 3 for colour.
        size: height and width in pixels of the reference picture, which the model sees.
        any_size: whether the renderer draws at every size that it is asked for.
        semantics: raise it when programs come to mean other pictures; checkpoints of another number are refused.
        zooms: for symbols that declare it, where in its picture each argument lives, a `box` an argument.
        foreign: for types of other families, by name, the family that draws them, or its name; see `i2c_core.raster`.
        normalise: reference to `legal program -> canonical program`; None where every program is canonical.
        sample: reference to a sampler of the family's own, `(family, rng, size) -> Program`; None samples uniformly.
        distance: reference to `(pictures (N, C, H, W), picture (C, H, W)) -> (N,)`; None is the mean absolute
            difference of pixels, from 0 to 1.
        formats: more ways to write programs than the grammar.
        weights: reference to shipped weights, `package:file.safetensors`, or None.
        budget: the most tokens that training and decoding use unless told otherwise.
        recipe: training settings other than the defaults, by section as in a TOML file: `{"run": {"steps": 4000}}`.
        doc: one line for people.
        examples: a few programs as text, for tests, galleries and `show`.
        constraint: reference to `(vocabulary, device) -> Constraint`, a rule of the family's own about which tokens may
            come next, beside the types (see `i2c_core.masks.constrained`); None where types say all.
        parser: how the grammar is parsed, `lalr`, or `earley` for one that is not LALR(1).
        start: the grammar's first rule; None for `start`, or the one named like the root type.
        strokes: reference to `(TokenBatch of tensors) -> i2c_core.strokes.Strokes`, for programs that are drawings: the
            sketch process and dense proposals follow from it.
        learner: the name of the learner that `i2c train` runs unless told otherwise.
        crops: reference to `(family, program) -> [(left, top, right, bottom), ...]`, the parts of a picture that a
            program only points at, such as writing, in shares of its width and height; a report shows them.
        framing: reference to `(pixels (C, H, W) uint8) -> (C, H, W) uint8`, which finds the drawing in a photograph or
            scan before the network sees it; with `canvas` it is called with that as well, as in
            `i2c_core.framing:paper`. None leaves pictures as they come.
        canvas: columns and rows of the grid that pictures are drawn on, for `framing`.
        tiles: the tile set of a language of levels (see `i2c_core.tilesets`), or a reference to it.
        sketches: reference to `(TokenBatch of tensors, (H, W), torch.Generator) -> (N, H, W) ink from 0 to 1`, for
            families that hands draw in ways of their own; else the sketch process draws `strokes`.
        synthesize: reference to `(family, program, deadline) -> iterator of i2c_core.synthesis.Synthesized`, better and
            better programs with the same picture, the best so far at every moment.
        lint: reference to `(family, program) -> problems`, for programs that are legal and yet of no use.
        repair: reference to `(family, program, costs or None) -> the likeliest program without problems, and changes`.
        material: the type whose place whole programs of another family may take in a composition; None for the type
            named as the other family's root.
        rules: rewrite rules `left = right` that canonical programs obey: no part of one is a left side. Rules, or a
            reference to a text with one a line, `package:file.rules`.
        zoom_weights: reference to shipped weights of a network that decodes level by level, or None.
        soft: reference to `(TokenBatch of tensors, (H, W)) -> (N, C, H, W) floats from 0 to 1`, a renderer with
            gradients in `values`, by which continuous values are refined.
        loops: which arguments of its commands are positions (see `i2c_core.loops`): its programs with loops and
            reflections, and the search for them, follow from it.
        plain: in a language of programs with loops, the family whose commands they draw; set by
            `i2c_core.loops.programs_of`.
    """

    name: str
    root: str
    signature: str | Signature | None = None
    grammar: str | Path | MadeGrammar | None = None
    render: Reference | Mapping[str, Reference] | None = None
    batched: bool = False
    channels: int = 1
    size: tuple[int, int] = (32, 32)
    any_size: bool = False
    semantics: int = 1
    zooms: Mapping[str, Sequence[Box]] = field(default_factory=dict)
    foreign: Mapping[str, str | Family] = field(default_factory=dict)
    normalise: Reference | None = None
    sample: Reference | None = None
    distance: Reference | None = None
    formats: Sequence[Format] = ()
    weights: str | None = None
    budget: int = 64
    recipe: Mapping[str, object] = field(default_factory=dict)
    doc: str = ""
    examples: Sequence[str] = ()
    api_version: int = API_VERSION
    constraint: Reference | None = None
    parser: str = "lalr"
    start: str | None = None
    strokes: Reference | None = None
    learner: str = "paired"
    crops: Reference | None = None
    framing: Reference | None = None
    canvas: tuple[int, int] | None = None
    tiles: TileSet | str | None = None
    sketches: Reference | None = None
    synthesize: Reference | None = None
    lint: Reference | None = None
    repair: Reference | None = None
    material: str | None = None
    rules: str | Sequence[str] = ()
    zoom_weights: str | None = None
    soft: Reference | None = None
    loops: Loops | None = None
    plain: Family | None = None

    def __post_init__(self) -> None:
        name = self.name if self.plain is None else self.name.removesuffix(LOOPED)
        if not re.fullmatch(r"[a-z][a-z0-9]*([-+][a-z0-9]+)*", name):
            hint = "use lower-case letters, digits and hyphens"
            raise FamilyError(f"{self.name!r} is no name for a family", hint)
        if self.signature is None and self.grammar is None:
            raise FamilyError(f"{self.name} has neither signature nor grammar", "give at least one of them")
        if self.channels not in (1, 3):
            raise FamilyError(f"{self.name} has {self.channels} channels", "use 1 for grey or 3 for colour")
        if min(self.size) < 1:
            raise FamilyError(f"{self.name} has pictures of size {self.size}", "use a height and width of 1 or more")
        if self.budget < 1:
            raise FamilyError(f"{self.name} has a budget of {self.budget} tokens", "use a budget of 1 or more")
        if self.canvas is not None and min(self.canvas) < 1:
            raise FamilyError(f"{self.name} has a canvas of {self.canvas} cells", "use 1 or more columns and rows")
        if self.semantics < 0:
            raise FamilyError(f"{self.name} has semantics {self.semantics}", "count semantics from 0 or 1 upwards")

    @staticmethod
    def from_grammar(grammar: str | Path, start: str = "start", parser: str | None = None) -> Family:
        """The language of nothing but a Lark grammar, named after its file: to sample and to look at, without pictures.

        Args:
            grammar: a path, `package:file.lark`, or the text itself.
            start: the grammar's first rule.
            parser: `lalr` or `earley`; None for LALR, and Earley where the grammar is not LALR(1).

        Raises:
            GrammarError: nothing can be derived; names the rule or terminal, and the reason.
        """
        from i2c_core.grammars import ConflictError, derive, read_grammar

        text = read_grammar(grammar, "--grammar")
        try:
            signature, root = derive(text, start, parser or "lalr")
        except ConflictError:
            if parser is not None:
                raise
            parser = "earley"
            signature, root = derive(text, start, parser)
        name = re.sub(r"[^a-z0-9]+", "-", Path(text.name).stem.lower()).strip("-")
        name = name if name[:1].isalpha() else f"grammar-{name}".strip("-")
        return Family(name, root, signature, text, parser=parser or "lalr", start=start)

    @cached_property
    def gamma(self) -> Signature:
        """The signature, read or derived."""
        if isinstance(self.signature, Signature):
            return self.signature
        if self.signature is not None:
            return Signature.parse(self.signature)
        from i2c_core.grammars import derive_signature  # here and below: Lark loads on first use

        return derive_signature(self._grammar_source, self.root, self.parser, self.start)

    @cached_property
    def root_type(self) -> Type:
        return parse_type(self.root)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """Tokens and productions reachable from the root."""
        from i2c_core.vocabulary import Vocabulary  # its NumPy takes longer to import than all else that listing needs

        return Vocabulary(self.gamma, self.root_type, rules=self._rule_lines)

    @cached_property
    def rewriting(self) -> Rules | None:
        """The rewrite rules, read and checked; None where the family has none.

        Raises:
            FamilyError: a rule that says nothing here, or that does not lead to a smaller program.
        """
        if not self.rules:
            return None
        from i2c_core.rewriting import Rules

        return Rules.of(self.vocabulary, self.name)

    @property
    def _rule_lines(self) -> tuple[str, ...]:
        """The text of the rules, a rule a line."""
        from i2c_core.rewriting import read_rules

        parts = (self.rules,) if isinstance(self.rules, str) else self.rules
        if not isinstance(parts, Sequence) or not all(isinstance(part, str) for part in parts):
            raise FamilyError(f"{self.name} has rules {self.rules!r}", "give rules as texts, left = right")
        return tuple(line for part in parts for line in read_rules(part, self.name)) if self.rules else ()

    @cached_property
    def syntax(self) -> Syntax:
        """The grammar bound to the signature: parses and prints; raises `GrammarError` where they contradict."""
        from i2c_core.grammars import Syntax, derive_grammar

        if self.grammar is None:
            return Syntax(derive_grammar(self.vocabulary), self.vocabulary, owner=self.name)
        if not isinstance(self.grammar, str | Path):
            return self.grammar.syntax(self.vocabulary, self.name)
        return Syntax(self._grammar_source, self.vocabulary, self.name, self.parser, self.start)

    @property
    def _grammar_source(self) -> str:
        from i2c_core.grammars import read_grammar

        assert self.grammar is not None
        return read_grammar(self.grammar, self.name)

    @property
    def all_formats(self) -> tuple[Format, ...]:
        """The family's formats, then those that every family has."""
        own = {f.name for f in self.formats}
        return (*self.formats, *(f for f in (TEXT, JSON) if f.name not in own))

    def parse(self, text: str) -> Program:
        """The program that a text says; raises `ParseError` with line, column and what was expected."""
        return self.syntax.parse(text)

    def show(self, program: Program) -> str:
        """The program as text: `parse` gives it back where the family `is_exact`."""
        return self.syntax.show(program)

    @property
    def doubt(self) -> str:
        """Where the grammar is not shown unambiguous, by rule and terminal; empty where it is."""
        return self.syntax.doubt

    @property
    def is_exact(self) -> bool:
        """Whether the grammar is shown unambiguous; else the family is *reparse*: see `reparse`."""
        return self.syntax.exact

    def reparse(self, program: Program) -> Program:
        """What the program's text says: the program itself where the family `is_exact`, else perhaps another one."""
        return self.parse(self.show(program))

    def settle(self, program: Program) -> Program | None:
        """The canonical program that a program's text says and that says itself in turn.

        The program's canonical form where the family `is_exact`; None where the grammar does not read the text, or
        reads the text of what it read as yet another program.
        """
        canonical = self.canonical(program)
        if self.is_exact:
            return canonical
        try:
            said = self.canonical(self.reparse(canonical))
            return said if said == canonical or self.reparse(said) == said else None
        except (ParseError, ProgramError):
            return None

    def program(self, name: str, *args: Program, value: float | None = None) -> Program:
        """A symbol applied to programs, checked."""
        return Program(self.gamma, name, args, value)

    def to_tokens(self, program: Program) -> Encoded:
        """The program's token ids and values, in prefix order; checks it against the root type."""
        return self.vocabulary.encode(program)

    def from_tokens(self, ids: Sequence[int], values: Sequence[float] | None = None) -> Program:
        """The program that token ids (and values) say."""
        return self.vocabulary.decode(ids, values)

    def check(self, program: Program) -> Program:
        """The program itself when it is a whole one of the root type, else `ProgramError`."""
        self.vocabulary.encode(program)
        return program

    @cached_property
    def has_orders(self) -> bool:
        """Whether any list of the language has a canonical order."""
        if not self.gamma.has_orders and not self.root_type.is_list:
            return False
        return self.vocabulary.has_orders

    def canonical(self, program: Program) -> Program:
        """The one canonical program that a legal one normalises to.

        Its ordered lists are sorted, then comes `normalise`, then its rewrite rules; where a family has both of these,
        again and again until neither changes anything.
        """
        program = self._normalised(program)
        if self.rewriting is None:
            return program
        for _ in range(_MOST_ROUNDS):
            found = self.rewriting.normal(program)
            if found is program or self.normalise is None:
                return found
            program = self._normalised(found)
            if program == found:
                return program
        fact = f"rules and normalise of {self.name} undo each other's work"
        raise FamilyError(fact, "leave out the rules that normalise turns back")

    def _normalised(self, program: Program) -> Program:
        """The program with its ordered lists sorted, then `normalise`."""
        if self.has_orders:
            from i2c_core.legality import sort

            program = sort(self.vocabulary, program)
        if self.normalise is None:
            return program
        found: object = resolve(self.normalise, f"family {self.name}")(program)
        if not isinstance(found, Program):
            fact = f"normalise of {self.name} returned {type(found).__name__}, expected Program"
            raise FamilyError(fact, "return a program")
        return found

    def is_canonical(self, program: Program) -> bool:
        """Whether the program is the canonical one of all that mean the same."""
        if self.rewriting is not None and not self.rewriting.is_normal(program):
            return False
        if self.normalise is not None:
            return self.canonical(program) == program
        if not self.has_orders:
            return True
        from i2c_core.legality import in_order

        return in_order(self.vocabulary, program)

    def frame(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A picture (C, H, W) as `framing` brings it onto the canvas; itself where the family has none."""
        if self.framing is None:
            return pixels
        framing = resolve(self.framing, f"family {self.name}")
        found: NDArray[np.uint8] = framing(pixels) if self.canvas is None else framing(pixels, self.canvas)
        return found

    def zoom(self, token: str) -> tuple[Box, ...] | None:
        """Where the arguments of a token live, or None where it does not say."""
        self.require_sound()
        boxes = self.zooms.get(token)
        return None if boxes is None else tuple(boxes)

    @property
    def has_zooms(self) -> bool:
        """Whether every symbol with arguments says where they live."""
        self.require_sound()
        arity = self.vocabulary.arity
        return all(arity[i] == 0 or t in self.zooms for i, t in enumerate(self.vocabulary.tokens))

    def require_sound(self) -> None:
        """Raise `FamilyError` where `zooms` or `foreign` speaks of what the signature does not have."""
        for token, boxes in self.zooms.items():
            if token not in self.gamma:
                names = self.gamma.names()
                hint = suggest(token, names, f"its symbols are {', '.join(names[:8])}")
                raise FamilyError(f"{self.name} zooms {token!r}, which is no symbol of its signature", hint)
            arity = self.gamma[token].arity
            if len(boxes) != arity:
                fact = f"{self.name} zooms {token!r} into {len(boxes)} boxes, expected {arity}"
                raise FamilyError(fact, "give one box an argument")
            for number, (x0, y0, x1, y1) in enumerate(boxes, 1):
                if not (0 <= x0 < x1 <= 1 and 0 <= y0 < y1 <= 1):
                    shown = f"{x0} {y0} {x1} {y1}"
                    fact = (
                        f"{self.name} zooms argument {number} of {token!r} to {shown}, no rectangle inside its parent"
                    )
                    raise FamilyError(fact, "use 0 <= x0 < x1 <= 1 and 0 <= y0 < y1 <= 1")
        types = {str(s.result): None for s in self.gamma.symbols} | dict.fromkeys(self.gamma.kinds)
        types |= dict.fromkeys(self.gamma.includes)
        for type_ in self.foreign:
            if type_ not in types:
                fact = f"{self.name} has foreign type {type_!r}, which is no type of its signature"
                raise FamilyError(fact, suggest(type_, types, f"its types are {', '.join([*types][:8])}"))

    def describe(self) -> str:
        """The family's table: what was declared and what was derived from it."""
        height, width = self.size
        colour = "grey" if self.channels == 1 else "colour"
        size = f"any size, {width}x{height} by default" if self.any_size else f"{width}x{height}"
        head = (
            f"family {self.name}: {self.doc}\nroot {self.root}; pictures {colour}, {size}; semantics {self.semantics}\n"
        )
        if not self.is_exact:
            head += f"reparse: a text may say another program than it was printed from ({self.doubt})\n"
        parts = [head, self.gamma.show(), self.vocabulary.show()]
        if self.examples:
            parts.append("examples\n" + "".join(f"  {e}\n" for e in self.examples))
        return "\n".join(parts)

    def __repr__(self) -> str:
        return f"<Family {self.name}>"


class Families:
    """The families that plugins registered, by name; and what they make: `splits+functions`, `figures:program`.

    Args:
        compose: makes one family of several.
        looped: makes a family's language of programs with loops.
    """

    def __init__(
        self, compose: Callable[..., Family] | None = None, looped: Callable[[Family], Family] | None = None
    ) -> None:
        self._found: dict[str, tuple[Family, str]] = {}
        self._compose, self._looped = compose, looped
        self._made: dict[str, Family] = {}

    def add(self, family: Family, owner: str) -> None:
        """Register a family; a second one of the same name raises `FamilyError` naming both owners."""
        if family.name in self._found:
            first = self._found[family.name][1]
            fact = f"family {family.name!r} of {owner} clashes with the one of {first}"
            raise FamilyError(fact, "rename one, or choose plugins by name with I2C_LOAD_PLUGINS: see 'i2c plugins'")
        self._found[family.name] = (family, owner)
        self._made.clear()

    def replace(self, family: Family) -> None:
        """Put a changed copy of a registered family in its place."""
        self._found[family.name] = (family, self.owner(family.name))
        self._made.clear()

    def names(self) -> list[str]:
        return sorted(self._found)

    def owner(self, name: str) -> str:
        """Whose the family is; of one that is made of others, whose its parts are."""
        return " and ".join(dict.fromkeys(self._found[part][1] for part in self._parts(name)))

    def _parts(self, name: str) -> list[str]:
        """The names of the registered families that one is made of."""
        if name in self._found:
            return [name]
        if self._looped is not None and name.endswith(LOOPED):
            return [name.removesuffix(LOOPED)]
        return name.split(MARK) if self._compose is not None else [name]

    def __contains__(self, name: str) -> bool:
        """Whether a family has this name, or each part of it has one."""
        return all(part in self._found for part in self._parts(name))

    def __iter__(self) -> Iterator[Family]:
        return iter(self._found[n][0] for n in self.names())

    def __getitem__(self, name: str) -> Family:
        if name in self._found:
            return self._found[name][0]
        parts = self._parts(name)
        for part in parts:
            if part not in self._found:
                known = ", ".join(self.names()) or "none is installed"
                where = f" in {name!r}" if part != name else ""
                raise FamilyError(
                    f"unknown family {part!r}{where}", suggest(part, self._found, f"known families: {known}")
                )
        if name not in self._made:
            whole = [self._found[part][0] for part in parts]
            if self._looped is not None and name.endswith(LOOPED):
                self._made[name] = self._looped(*whole)
            else:
                assert self._compose is not None
                self._made[name] = self._compose(*whole)
        return self._made[name]


__all__ = ["API_VERSION", "LOOPED", "MARK", "Box", "Families", "Family", "box"]
