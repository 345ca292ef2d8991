"""The readable rule language, parsed: text in, a syntax tree of known parts out.

The language: comparisons (= <> < <= > >=), `between … and …`, `in (…)`, `is [not] missing`, `and`, `or`, `not`, brackets,
the tags of the rule's entity by name, numbers, 'codes', '2026-06-30' beside a date, + − * / , `D` (the business date) with
`D - 90`, `month(D)`, `before(tag, 30d)`, `chg(tag, 30d)`, `in segment key` and `in any segment (key, key)`.

The text is cut into tokens first and only tokens of a closed list go on to the parser. `in segment key` becomes one name
with a space in it, which nobody can write, so it can never be taken for a tag; so do `before` and `chg`.
"""

from __future__ import annotations

import re

from sqlglot import exp
from sqlglot.dialects import DuckDB
from sqlglot.errors import SqlglotError
from sqlglot.tokens import Token, TokenType

from tagmart.core.errors import TagmartError

MAX_CHARACTERS = 4000
MAX_DEPTH = 100
MAX_BRACKETS = 20
SEGMENT_MARK = "segment "
# An imported list; only the list itself stands on it, rules name its segment.
LIST_MARK = "list "
# The value of a tag so many days ago, and how far it has come since.
PAST_WORDS = ("before", "chg")
MAX_DAYS_BACK = 366
SEE = "see models/README.md for the language"

_DIALECT = DuckDB()
_KNOWN_TOKENS = {
    TokenType.VAR, TokenType.NUMBER, TokenType.STRING, TokenType.L_PAREN, TokenType.R_PAREN, TokenType.COMMA,
    TokenType.EQ, TokenType.NEQ, TokenType.GT, TokenType.GTE, TokenType.LT, TokenType.LTE,
    TokenType.PLUS, TokenType.DASH, TokenType.STAR, TokenType.SLASH,
    TokenType.AND, TokenType.OR, TokenType.NOT, TokenType.IN, TokenType.BETWEEN, TokenType.IS,
}  # fmt: skip
_QUOTED = {TokenType.STRING, TokenType.IDENTIFIER}
_MISSING = Token(TokenType.NULL, "null")


def parse(text: str, where: str) -> exp.Expression:
    """Parse a rule's text.

    Args:
        text: the rule.
        where: its file, for messages.

    Returns:
        sqlglot's tree, in which a segment is a column named "segment <key>" (see `segment_key`). The tree can still hold
        kinds of nodes that are no part of the language: the compiler accepts only those it knows.

    Raises:
        TagmartError: for text that is too long or too deep, a comment, an unknown sign or word, or a broken sentence.
    """
    if len(text) > MAX_CHARACTERS:
        raise TagmartError(
            f"the rule is longer than {MAX_CHARACTERS} characters", where=where, seen=f"{len(text)} characters",
            do="build it from segments with `in segment`",
        )
    tokens = _tokens(text, where)
    try:
        parsed = _DIALECT.parser().parse_into(exp.Condition, tokens, text)
    except (SqlglotError, RecursionError) as error:
        raise TagmartError("the rule cannot be read", where=where, seen=_plain(error), do=SEE) from None
    if len(parsed) != 1 or parsed[0] is None:
        raise TagmartError("the rule is not one condition", where=where, seen=text, do="join conditions with and, or")
    if depth(parsed[0]) > MAX_DEPTH:
        raise TagmartError(
            f"the rule is nested deeper than {MAX_DEPTH} steps", where=where,
            do="use `in (…)` for lists, and `in segment` for parts",
        )
    return parsed[0]


def segment_key(node: exp.Expression) -> str | None:
    """The key of the segment that a node stands for, or None if it is something else."""
    if isinstance(node, exp.Column) and node.name.startswith(SEGMENT_MARK):
        return node.name.removeprefix(SEGMENT_MARK)
    return None


def segment_keys(text: str, where: str) -> list[str]:
    """The keys of the segments that a rule names, ordered.

    Raises:
        TagmartError: as `parse`.
    """
    found = {segment_key(node) for node in parse(text, where).find_all(exp.Column)}
    return sorted(key for key in found if key is not None)


def past_value(node: exp.Expression) -> tuple[str, int, str] | None:
    """(`before` or `chg`, days, tag) if a node stands for a value of a past night, else None."""
    found = re.fullmatch(r"(before|chg) (\d+) (\w+)", node.name) if isinstance(node, exp.Column) else None
    return (found[1], int(found[2]), found[3]) if found else None


def tag_named(node: exp.Column) -> str:
    """The tag that a name of the tree stands for, today's value or a past one."""
    past = past_value(node)
    return past[2] if past else node.name


def depth(tree: exp.Expression) -> int:
    """How many nodes lie above each other; counted without recursion, so that it can guard against recursion."""
    deepest, waiting = 0, [(tree, 1)]
    while waiting:
        node, level = waiting.pop()
        deepest = max(deepest, level)
        waiting.extend((child, level + 1) for child in node.iter_expressions())
    return deepest


def _tokens(text: str, where: str) -> list[Token]:
    """The text's tokens, each held against the closed list, with `in segment key` and `missing` already replaced."""
    try:
        raw = _DIALECT.tokenize(text)
    except SqlglotError as error:
        raise TagmartError("the rule cannot be read", where=where, seen=_plain(error), do="check the quotes") from None
    if not raw:
        raise TagmartError("the rule is empty", where=where, do="write a condition")
    for token in raw:
        if token.comments:
            raise TagmartError(
                "a rule holds no comments", where=where, seen=f"comment after '{token.text}'",
                do="say it in the description",
            )
    tokens = _marked(raw, where)
    open_brackets, before = 0, None
    for token in tokens:
        _check_token(token, text[token.start : token.end + 1], where)
        if before is token.token_type and before in (TokenType.NOT, TokenType.DASH, TokenType.PLUS):
            raise TagmartError(f"'{token.text}' stands twice in a row", where=where, do="write it once, or use brackets")
        open_brackets += (token.token_type is TokenType.L_PAREN) - (token.token_type is TokenType.R_PAREN)
        if open_brackets > MAX_BRACKETS:
            raise TagmartError(f"more than {MAX_BRACKETS} brackets are open", where=where, do="use `in segment` for parts")
        before = token.token_type
    return tokens


def _check_token(token: Token, written: str, where: str) -> None:
    if token.token_type not in _KNOWN_TOKENS and token is not _MISSING:
        raise TagmartError(f"'{written}' is no part of the rule language", where=where, do=_hint_of(token))
    if token.token_type is TokenType.STRING and not re.fullmatch(r"'[\w .\-/]{0,64}'", written):
        raise TagmartError("a text in a rule is a code: letters, digits, space, . - / _", where=where, seen=written)
    if token.token_type is TokenType.NUMBER and not re.fullmatch(r"\d{1,15}(\.\d{1,6})?", written):
        raise TagmartError(
            "a number has at most 15 digits and 6 decimals", where=where, seen=written, do="write it plainly: 0.25"
        )


def _marked(tokens: list[Token], where: str) -> list[Token]:
    """Replace what is not SQL (segments, past values, `missing`) by tokens that the parser understands and nobody can write."""
    marked: list[Token] = []
    waiting = list(reversed(tokens))
    while waiting:
        token = waiting.pop()
        following = [later.text.lower() for later in waiting[-1:-3:-1]]
        if token.token_type is TokenType.IN and following[:1] == ["segment"]:
            waiting.pop()
            marked.append(_segment_token(waiting, token, where))
        elif token.token_type is TokenType.IN and following == ["any", "segment"]:
            del waiting[-2:]
            marked += _any_segment(waiting, token, where)
        elif token.token_type is TokenType.VAR and token.text.lower() in PAST_WORDS and following[:1] == ["("]:
            marked.append(_past_token(waiting, token, where))
        elif token.text.lower() == "missing" and marked and marked[-1].token_type in (TokenType.IS, TokenType.NOT):
            marked.append(_MISSING)
        else:
            marked.append(token)
    return marked


def _segment_token(waiting: list[Token], begin: Token, where: str) -> Token:
    """The name that stands for the segment whose key comes next."""
    # A key may be a word that SQL keeps for itself.
    if not waiting or not re.fullmatch(r"[A-Za-z]\w*", waiting[-1].text) or waiting[-1].token_type in _QUOTED:
        raise TagmartError("`in segment` names no segment", where=where, do="write the segment's key after it")
    key = waiting.pop()
    return Token(TokenType.VAR, SEGMENT_MARK + key.text, key.line, key.col, begin.start, key.end)


def _any_segment(waiting: list[Token], begin: Token, where: str) -> list[Token]:
    """`in any segment (a, b)` as `(in segment a or in segment b)`: the union."""
    opened = waiting.pop() if waiting else None
    if opened is None or opened.token_type is not TokenType.L_PAREN:
        raise TagmartError("`in any segment` names no segments", where=where, do="write `in any segment (a, b)`")
    found = [opened, _segment_token(waiting, begin, where)]
    sign = None
    while waiting and (sign := waiting.pop()).token_type is TokenType.COMMA:
        found += [Token(TokenType.OR, "or", sign.line, sign.col, sign.start, sign.end), _segment_token(waiting, begin, where)]
    if sign is None or sign.token_type is not TokenType.R_PAREN:
        raise TagmartError("the list of segments is not closed", where=where, do="write `in any segment (a, b)`")
    return [*found, sign]


def _past_token(waiting: list[Token], word: Token, where: str) -> Token:
    """The name that stands for `before(tag, 30d)` or `chg(tag, 30d)`."""
    inner = [waiting.pop() for _ in range(min(6, len(waiting)))]
    said = " ".join(part.text for part in inner)
    kinds = [TokenType.L_PAREN, TokenType.VAR, TokenType.COMMA, TokenType.NUMBER, TokenType.VAR, TokenType.R_PAREN]
    name = word.text.lower()
    if [part.token_type for part in inner] != kinds or not inner[3].text.isdigit() or inner[4].text != "d":
        raise TagmartError(
            f"`{name}` is not in its form", where=where, seen=f"{name} {said}", do=f"write {name}(<tag>, 30d): a tag and whole days"
        )
    if not 1 <= int(inner[3].text[:9]) <= MAX_DAYS_BACK:
        raise TagmartError(
            f"`{name}` looks back 1 to {MAX_DAYS_BACK} days", where=where, seen=f"{inner[3].text}d",
            do="name a tag that has the base in it, such as one at the end of last year",
        )
    text = f"{name} {int(inner[3].text)} {inner[1].text}"
    return Token(TokenType.VAR, text, word.line, word.col, word.start, inner[-1].end)


def _plain(error: Exception) -> str:
    """sqlglot's message in one line, without its terminal colours; with the word at which it gave up, if it says so."""
    for detail in getattr(error, "errors", []):
        if detail.get("highlight"):
            before = (detail.get("start_context") or "").rsplit(maxsplit=1)
            return f"…{before[-1] if before else ''} {detail['highlight'].strip()}"
    return " ".join(re.sub(r"\x1b\[\d*m", "", str(error)).split())


def _hint_of(token: Token) -> str:
    """What to write instead of a word of SQL that people try."""
    return {
        TokenType.NULL: "write `is missing` or `is not missing`",
        TokenType.TRUE: "name the tag alone: `prof_is_staff`",
        TokenType.FALSE: "write `not` before the tag: `not prof_is_staff`",
        TokenType.DATE: "write the date as a text beside a date tag: '2026-06-30'",
        TokenType.IDENTIFIER: "write names without quotes and texts in single quotes",
        TokenType.SEMICOLON: "a rule is one condition",
    }.get(token.token_type, SEE)
