"""Signatures: a family's typed symbols, read from a table that a person writes and printed back as one.

    h, v  : (Image, Image) -> Image          symbols with arguments
    B, W  : Image                            symbols without
    if    : (Bool, t, t) -> t                generic: t is any type, found from the root on demand
    eq    : (t, t) -> Bool for t in Coord    a variable that the result does not fix lists its range
    Coord = 1..15                            integers
    Bool  = no | yes                         an enumeration
    Angle = 0.0..360.0 in 24 bins            a continuous value: bins for the model, the exact value beside them
    Name  = /[a-z][a-z0-9]*/ except if       free text, one character a token
    Expr  > Term                             every Term may stand where an Expr is wanted
    draw  : (all: List[Command, 1..5, <]) -> Picture                      a list, its length, its order
    dot   : (x: Coord, y: Coord, r: Coord) -> Command key x, y            what an order compares
    box   : (x1: Coord, x2: Coord > x1) -> Command                        an argument that depends on another
    then  : (first: Command, rest: Figure) -> Figure order first < rest.first    an order for lists of one's own
    for   : (n: Count, body: Block[s+1]) -> Stmt[s]                       indexed types: scopes
    use   : (k: Index[0..s-1]) -> Expr[s]                                 a range cut by an index
    s     = 0..3                                                          an index and its bound

Lists bring their own symbols, `cons : (t, List[t]) -> List[t]` and `nil : List[t]`; texts bring one symbol a
character, `'a'`, and `''` for the end.
"""

from i2c_core.symbols.declarations import (
    CONS,
    END,
    LITERAL,
    NIL,
    TEXT,
    Order,
    Parameter,
    Relation,
    Symbol,
    bind_result,
    character,
    character_token,
    instances,
)
from i2c_core.symbols.kinds import Bins, Enumeration, Kind, Range, Text
from i2c_core.symbols.signature import Signature

__all__ = [
    "CONS",
    "END",
    "LITERAL",
    "NIL",
    "TEXT",
    "Bins",
    "Enumeration",
    "Kind",
    "Order",
    "Parameter",
    "Range",
    "Relation",
    "Signature",
    "Symbol",
    "Text",
    "bind_result",
    "character",
    "character_token",
    "instances",
]
