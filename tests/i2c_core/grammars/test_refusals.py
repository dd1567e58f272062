"""Grammars that nothing is made of, each with its reason: never an internal error, never for ever."""

from __future__ import annotations

import time
from importlib import resources
from pathlib import Path

import pytest
from grammar_zoo import grammar

from i2c_core.errors import GrammarError
from i2c_core.grammars import ConflictError, GrammarText, derive, find_doubt, read_grammar
from i2c_core.grammars.lark_bridge import Analyzer, compile_grammar

PYTHON = GrammarText(
    (resources.files("lark") / "grammars" / "python.lark").read_text("utf-8"), "python.lark", package="lark.grammars"
)
OPTIONS = " ".join(f'["k{i}"]' for i in range(40))
REFUSED = {
    "no rule": ('A: "a"', 'grammar has no rule\n  -> write one, as in: start: "dot"'),
    "a back reference": (
        "start: Y\nY: /(a+)\\1/",
        "grammar: terminal Y refers back to a group, which is not regular\n  -> write out what may stand there",
    ),
    "a class that is left open": (
        "start: /[/",
        "grammar: a terminal is no regular expression: unterminated character set at position 1\n"
        "  -> correct it; flags are written behind it, as in /select/i",
    ),
    "flags in the middle": (
        "start: Y\nY: /a(?i)b/",
        "grammar: terminal Y is no regular expression: global flags not at the start of the expression at position 1\n"
        "  -> correct it; flags are written behind it, as in /select/i",
    ),
    "optional parts without number": (
        f"start: {OPTIONS}",
        "grammar: rule start has more than 32,768 ways to leave its optional parts out\n"
        "  -> move some of them into rules of their own",
    ),
    "a template that grows": (
        'start: t{"x"}\nt{a}: "(" u{a} ")" | a\nu{b}: t{w{b}}\nw{c}: c "y"',
        "grammar: template u uses itself with arguments that grow without end\n  -> pass its parameters on as they are",
    ),
    "a rule without end": (
        'start: a\na: b "x"\nb: a "y"',
        "grammar, line 2: rule a never ends: each of its alternatives needs b, which needs a\n"
        "  -> add an alternative to a that needs no b",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str) -> None:
    grammar, told = REFUSED[name]
    started = time.perf_counter()
    with pytest.raises(GrammarError) as caught:
        derive(grammar)
    assert str(caught.value) == told
    assert time.perf_counter() - started < 2


def test_a_start_that_is_inlined() -> None:
    with pytest.raises(GrammarError) as caught:
        derive('_start: "x"', "_start")
    assert str(caught.value) == (
        "grammar: rule _start makes no node, since its name begins with an underscore\n"
        "  -> begin with a rule whose name begins with a letter"
    )


def test_conflicts_are_told_from_other_errors() -> None:
    grammar = 'start: one "x" | two "x"\none: "a"\ntwo: "a"'
    with pytest.raises(ConflictError) as caught:
        derive(grammar)
    assert str(caught.value) == (
        "grammar: two ways to read the same text: <one : A> and <two : A>\n"
        "  -> parse it with Earley, or make it LALR(1): give the two different keywords, or join them"
    )
    assert derive(grammar, parser="earley")[1] == "Start"
    with pytest.raises(ConflictError, match="<a repeat in start : > and"):
        derive('start: ("x"?)*')
    with pytest.raises(GrammarError) as other:
        derive("start: A\nA: /(a+)\\1/")
    assert not isinstance(other.value, ConflictError)


@pytest.mark.slow
def test_pythons_grammar_is_read_where_it_needs_no_post_lexer() -> None:
    with pytest.raises(GrammarError) as caught:
        derive(PYTHON, "file_input")
    assert str(caught.value) == (
        "python.lark: terminals _DEDENT and _INDENT are declared without a pattern, which only a post-lexer makes\n"
        "  -> give them regular expressions or texts; i2c runs no post-lexer"
    )
    for start in ("expr", "test", "lambdef", "eval_input"):  # `expr` is the start and is used by other rules
        assert derive(PYTHON, start)[0].symbols


def test_a_terminal_alone_is_a_language() -> None:
    signature, root = derive("start: A\nA: /[a-c]/i")
    assert (signature.show(), root) == ("A = a | b | c\n", "A")


def test_tables_are_made_once_and_not_for_earley(monkeypatch: pytest.MonkeyPatch) -> None:
    from lark.parsers.lalr_analysis import LALR_Analyzer

    made: list[str] = []
    before = LALR_Analyzer.compute_lr0_states

    def counted(analyzer: LALR_Analyzer) -> None:
        made.append("")
        before(analyzer)

    monkeypatch.setattr(LALR_Analyzer, "compute_lr0_states", counted)
    grammar = 'start: word+\nword: "w" /[a-z]+/ | "v"  // made once\n%ignore " "'
    derive(grammar)
    assert not find_doubt(grammar)
    compile_grammar(grammar)
    assert len(made) == 1
    derive(grammar, parser="earley")
    assert find_doubt(grammar, parser="earley")
    assert len(made) == 1


@pytest.mark.parametrize("name", ["clike", "lisp", "prolog", "select", "style", "templates"])
def test_the_analysis_is_larks_own(name: str) -> None:
    from lark.parsers.lalr_analysis import LALR_Analyzer

    parser = compile_grammar(grammar(name), start="start")
    found = []
    for made in (Analyzer, LALR_Analyzer):
        analysis = made(parser._lark.parser.parser_conf)
        analysis.compute_lalr()
        found.append({i.kernel: {s: frozenset(r) for s, r in i.lookaheads.items()} for i in analysis.lr0_itemsets})
    assert found[0] == found[1]


def test_a_file_that_is_no_grammar_by_its_size(tmp_path: Path) -> None:
    (tmp_path / "big.lark").write_bytes(b"x" * 5_000_001)
    with pytest.raises(GrammarError, match=r"toy: the grammar '.*big\.lark' has more than 5 MB"):
        read_grammar(tmp_path / "big.lark", "toy")
