"""From a regular expression to the automaton of what `re.match` takes whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from i2c_core.errors import RegularError
from i2c_core.regular.determinise import Determiniser, State
from i2c_core.regular.dfa import Dfa, of_table, of_words
from i2c_core.regular.functions import FALSE
from i2c_core.regular.letters import Letters, classes, default_alphabet, parse
from i2c_core.regular.program import Char, Program, build

MOST_STATES = 20_000
MOST_CASES = 256  # of what may stand before a match


def compile(
    pattern: str,
    flags: int = 0,
    alphabet: Sequence[str] | None = None,
    excluded: Iterable[str] = (),
    *,
    before: Literal["nothing", "anything"] = "nothing",
    most_states: int = MOST_STATES,
) -> Dfa:
    r"""The automaton of the texts that `re.match` takes whole: `m = re.match(pattern, s)` and `m.end() == len(s)`.

    So the order of alternatives and lazy repeats count, as do flags, lookarounds, anchors, atomic groups and
    possessive repeats; what is not regular is refused with `RegularError`.

    >>> compile("a|ab").words(9), compile('"(?:a|.)*?"', 0, 'a"').words(3)
    ((['a'], True), (['""', '"a"', '"aa"'], False))

    Args:
        alphabet: the letters of texts; None for `default_alphabet(pattern, flags)`.
        excluded: words that are left out.
        before: "nothing" stands before a text, or "anything" may: then lookbehinds, `^` and `\b` see it, and the
            language is what `re.compile(pattern, flags).match(left + s, len(left))` takes whole whatever `left` is,
            of letters of the alphabet and ASCII.
        most_states: bounds the automaton before it is minimised.
    """
    tree = parse(pattern, flags)
    chosen = default_alphabet(pattern, flags) if alphabet is None else tuple(alphabet)
    extra = [chr(i) for i in range(128) if chr(i) not in chosen] if before == "anything" else []
    letters = Letters((*chosen, *extra))
    try:
        program = build(tree, tree.state.flags | flags, letters)
        found = _determine(program, letters, len(chosen), before == "anything", most_states)
    except RegularError as error:
        raise RegularError(f"{_shown(pattern)} is not compiled: {error.fact}", error.hint) from None
    except RecursionError:
        fact = f"{_shown(pattern)} is not compiled: it is nested too deeply"
        raise RegularError(fact, "write a simpler expression") from None
    excluded = tuple(excluded)
    return found.minus(of_words(excluded, chosen)) if excluded else found


def _determine(program: Program, letters: Letters, size: int, anything: bool, most: int) -> Dfa:
    """The automaton over the first `size` letters; the others stand before a text only."""
    masks = [place.letters for place in program.places if isinstance(place, Char)]
    own = (1 << size) - 1
    parts = classes([*masks, own], letters.all)
    determiniser = Determiniser(program)
    begins = determiniser.beginnings(parts, MOST_CASES) if anything else [determiniser.begin()]
    parts = [part for part in parts if part & own]
    kinds = [0] * size
    for kind, part in enumerate(parts):
        for letter in range(size):
            if part >> letter & 1:
                kinds[letter] = kind
    found: Dfa | None = None
    for begin in begins:
        step, accepting = _explored(determiniser, begin, parts, most)
        one = of_table(letters.alphabet[:size], kinds, step, accepting)
        found = one if found is None else found.intersect(one)
    assert found is not None  # there is one beginning at least
    return found


def _explored(
    determiniser: Determiniser, begin: State, parts: list[int], most: int
) -> tuple[list[list[int]], list[bool]]:
    """All states that letters lead to from one, over classes of letters."""
    number = {begin: 0}
    step: list[list[int]] = []
    accepting: list[bool] = []
    for state in (found := [begin]):
        row: list[int] = []
        for part in parts:
            target = determiniser.after(state, part)
            if target[0] == FALSE:
                row.append(-1)
                continue
            if target not in number:
                if len(found) >= most:
                    raise RegularError(f"it needs more than {most:,} states", "bound its repeats more tightly")
                number[target] = len(found)
                found.append(target)  # the loop goes on to it
            row.append(number[target])
        step.append(row)
        accepting.append(determiniser.accepts(state))
    return step, accepting


def _shown(pattern: str) -> str:
    return repr(pattern) if len(pattern) <= 80 else f"{pattern[:60]!r}..."
