"""The closed list of what a rule may say: each known part of the tree, checked for types, rebuilt as SQL.

Nothing of the parsed tree is handed on. Every part is recognised, checked and built anew, so that what is not in the list
below cannot be in the SQL. Missing values follow SQL's own three-valued logic, which is the language's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlglot import exp

from tagmart.core.errors import TagmartError, nearest
from tagmart.rules.catalogue import Tag
from tagmart.rules.language import LIST_MARK, SEE, past_value, segment_key

MAX_FACTORS = 4
# DuckDB's widest decimal. What cannot outgrow it cannot fail while it runs, whatever the tags hold.
MAX_DIGITS = 38
MAX_DAYS = 36500
# Units that carry no dimension: shares and grades go with any plain number.
PLAIN_UNITS = ("ratio", "level", "none")


@dataclass(frozen=True)
class Term:
    """A part of a rule, understood.

    Attributes:
        sql: the part as SQL.
        kind: flag, number, date or text.
        said: the part as the rule writes it, for messages.
        unit: of a number; empty for plain numbers and shares.
        is_literal: written in the rule, not read from a tag.
        scale: decimals of a number as it is stored; None once it has been calculated with, or for a literal.
        factors: how many numbers are multiplied in it; bounded, so that no product outgrows DuckDB's decimals.
        codes: what a code tag can hold; empty if not known.
        digits: how many digits a number can have before the point; 0 where it is no decimal.
        places: and after it.
    """

    sql: exp.Expression
    kind: str
    said: str
    unit: str = ""
    is_literal: bool = False
    scale: int | None = None
    factors: int = 1
    codes: frozenset[str] = frozenset()
    digits: int = 0
    places: int = 0

    @property
    def described(self) -> str:
        """The part with its kind and unit, for messages."""
        return f"`{self.said}` is a {self.kind}" + (f" in {self.unit}" if self.unit else "")


@dataclass
class Builder:
    """Builds the SQL of one rule.

    Attributes:
        where: the rule's file.
        tags: the tags of the rule's entity, by name.
        storey_of: the storey of every segment of the entity, by key; a rule reads lower storeys only.
        tags_used, segments_used: what was met.
        past_used: (tag, days back) of every past value that was met.
    """

    where: str
    tags: Mapping[str, Tag]
    storey_of: Mapping[str, int]
    tags_used: set[str] = field(default_factory=set)
    segments_used: set[str] = field(default_factory=set)
    past_used: set[tuple[str, int]] = field(default_factory=set)

    def condition(self, tree: exp.Expression) -> exp.Expression:
        """The SQL of a whole rule.

        Raises:
            TagmartError: for a part that is not in the language, a name that is not known, or kinds that do not fit.
        """
        return self._flag(tree, "the rule").sql

    def ranked_by(self, name: str) -> str:
        """The tag that a rule's `top` orders by.

        Raises:
            TagmartError: if there is no such tag, or its values have no order.
        """
        term = self._tag(name, "tags")
        if term.kind not in ("number", "date"):
            raise self._error(f"top orders by numbers or dates: {term.described}")
        return name

    def _term(self, node: exp.Expression) -> Term:
        build = _PARTS.get(type(node))
        if build is None:
            raise self._error(
                f"`{said(node)}` is no part of the rule language", do=SEE
            )
        return build(self, node)

    # conditions

    def _connector(self, node: exp.Connector) -> Term:
        word = "and" if isinstance(node, exp.And) else "or"
        left, right = self._flag(node.left, f"the left of `{word}`"), self._flag(node.right, f"the right of `{word}`")
        return Term(type(node)(this=left.sql, expression=right.sql), "flag", said(node))

    def _not(self, node: exp.Not) -> Term:
        inner = self._flag(node.this, "what follows `not`")
        return Term(exp.Not(this=inner.sql), "flag", said(node))

    def _comparison(self, node: exp.Binary) -> Term:
        left, right = self._matched(node, node.left, node.right)
        if left.kind == "flag":
            raise self._error(
                f"a flag is not compared: {left.described}", seen=said(node), do="write the flag alone, or `not` before it"
            )
        if left.kind == "text" and not isinstance(node, (exp.EQ, exp.NEQ)):
            raise self._error("texts have no order", seen=said(node), do="use =, <> or in (…)")
        if isinstance(node, (exp.EQ, exp.NEQ)):
            self._check_code(left, right, node)
            self._check_code(right, left, node)
        return Term(type(node)(this=left.sql, expression=right.sql), "flag", said(node))

    def _between(self, node: exp.Between) -> Term:
        if any(node.args.get(name) is not None for name in node.args if name not in ("this", "low", "high")):
            raise self._error(f"`{said(node)}` is no part of the rule language")
        value, low = self._matched(node, node.this, node.args["low"])
        _, high = self._matched(node, node.this, node.args["high"])
        if value.kind not in ("number", "date"):
            raise self._error(f"between needs numbers or dates: {value.described}", seen=said(node))
        # Two comparisons: beside others, DuckDB takes three times as long for `between`.
        least, most = exp.GTE(this=value.sql, expression=low.sql), exp.LTE(this=value.sql.copy(), expression=high.sql)
        return Term(exp.Paren(this=exp.And(this=least, expression=most)), "flag", said(node))

    def _in(self, node: exp.In) -> Term:
        listed = node.expressions
        if not listed or any(name not in ("this", "expressions") and value for name, value in node.args.items()):
            raise self._error(f"`{said(node)}` is no part of the rule language", do="list values: tag in (1, 2)")
        if not all(isinstance(item, exp.Literal) for item in listed):
            raise self._error("a list holds only numbers and texts", seen=said(node), do="compare tags one by one")
        pairs = [self._matched(node, node.this, item) for item in listed]
        value = pairs[0][0]
        if value.kind == "flag":
            raise self._error(f"a flag is in no list: {value.described}", seen=said(node), do="write the flag alone")
        for _, item in pairs:
            self._check_code(item, value, node)
        return Term(exp.In(this=value.sql, expressions=[item.sql for _, item in pairs]), "flag", said(node))

    def _is(self, node: exp.Is) -> Term:
        if not isinstance(node.expression, exp.Null):
            raise self._error("`is` goes with missing only", seen=said(node), do="write = or <>")
        value = self._term(node.this)
        shielded = value.sql if isinstance(value.sql, (exp.Column, exp.Paren)) else exp.Paren(this=value.sql)
        return Term(exp.Is(this=shielded, expression=exp.Null()), "flag", said(node))

    # values

    def _paren(self, node: exp.Paren) -> Term:
        inner = self._term(node.this)
        return Term(**{**vars(inner), "sql": exp.Paren(this=inner.sql), "said": said(node)})

    def _column(self, node: exp.Column) -> Term:
        if node.args.get("table") is not None or node.this.args.get("quoted"):
            raise self._error(f"`{said(node)}` is no part of the rule language", do="write the tag's name alone")
        key = segment_key(node)
        if key is not None:
            return self._segment(key)
        if node.name == "D":
            return Term(exp.column("biz_date", "tags"), "date", "D")
        if node.name.startswith(LIST_MARK):
            return Term(exp.column(f"in_{node.name.removeprefix(LIST_MARK)}", "lists"), "flag", node.name)
        past = past_value(node)
        return self._past(node, *past) if past else self._tag(node.name, "tags")

    def _tag(self, name: str, table: str) -> Term:
        """A tag as it stands in a table: today's, or that of a past night."""
        tag = self.tags.get(name)
        if tag is None:
            raise self._error(f"unknown tag '{name}'", do=nearest(name, set(self.tags)) or "look it up in the tag catalogue")
        if tag.kind not in ("flag", "number", "date", "text"):
            raise self._error(f"the tag '{tag.name}' has a type that rules cannot use", seen=tag.kind)
        self.tags_used.add(tag.name)
        return Term(
            exp.column(tag.name, table), tag.kind, tag.name, unit="" if tag.unit in PLAIN_UNITS else tag.unit,
            scale=tag.scale if tag.kind == "number" else None, codes=tag.codes, digits=tag.digits, places=tag.scale,
        )

    def _past(self, node: exp.Column, word: str, days: int, name: str) -> Term:
        """The value of a past night, or today's less that one; missing where that night was not published."""
        then = self._tag(name, f"past_{days}d")
        self.past_used.add((name, days))
        if word == "before":
            return Term(**{**vars(then), "said": said(node)})
        if then.kind != "number":
            raise self._error(f"chg needs a number: {then.described}", seen=said(node), do="compare with before(…) instead")
        change = exp.Paren(this=exp.Sub(this=_wide(self._tag(name, "tags")), expression=_wide(then)))
        return Term(change, "number", said(node), unit=then.unit, digits=then.digits + 1, places=then.places)

    def _segment(self, key: str) -> Term:
        storey = self.storey_of.get(key)
        if storey is None:
            raise self._error(
                f"unknown segment '{key}'", do=nearest(key, set(self.storey_of)) or "use a rule's key of the same entity"
            )
        self.segments_used.add(key)
        return Term(exp.column(f"in_{key}", f"storey_{storey}"), "flag", f"in segment {key}")

    def _literal(self, node: exp.Literal) -> Term:
        if node.is_string:
            return Term(exp.Literal.string(node.this), "text", said(node), is_literal=True)
        whole, _, decimals = node.this.partition(".")
        return Term(exp.Literal.number(node.this), "number", node.this, is_literal=True, digits=len(whole), places=len(decimals))

    def _minus(self, node: exp.Neg) -> Term:
        inner = self._number(node.this, node)
        return Term(**{**vars(inner), "sql": exp.Neg(this=_wide(inner)), "said": said(node), "scale": None})

    def _month(self, node: exp.Month) -> Term:
        inner = self._term(node.this)
        if inner.kind != "date":
            raise self._error(f"month needs a date: {inner.described}", seen=said(node))
        return Term(exp.Month(this=inner.sql), "number", said(node), scale=0)

    def _sum(self, node: exp.Binary) -> Term:
        left, right = self._term(node.left), self._term(node.right)
        if left.kind == "date":
            return self._days(node, left, right)
        for part in (left, right):
            self._need_number(part, node)
        self._refuse_constants(node, left, right)
        if left.unit and right.unit and left.unit != right.unit:
            raise self._error(f"units differ: {left.described}, {right.described}", seen=said(node))
        return Term(
            type(node)(this=_wide(left), expression=_wide(right)), "number", said(node),
            unit=left.unit or right.unit, factors=max(left.factors, right.factors),
            **self._fitting(node, max(left.digits, right.digits) + 1, max(left.places, right.places)),
        )

    def _days(self, node: exp.Binary, left: Term, right: Term) -> Term:
        """Date ± whole days, or the days between two dates."""
        if right.kind == "date" and isinstance(node, exp.Sub):
            return Term(exp.Sub(this=left.sql, expression=right.sql), "number", said(node), scale=0)
        whole = right.kind == "number" and right.is_literal and right.said.isdigit()
        if not whole or int(right.said) > MAX_DAYS:
            raise self._error(
                f"a date takes only a whole number of days: {right.described}", seen=said(node), do="write D - 90"
            )
        return Term(type(node)(this=left.sql, expression=right.sql), "date", said(node))

    def _product(self, node: exp.Mul) -> Term:
        left, right = self._number(node.left, node), self._number(node.right, node)
        self._refuse_constants(node, left, right)
        if left.unit and right.unit:
            raise self._error(f"two units are multiplied: {left.described}, {right.described}", seen=said(node))
        if left.factors + right.factors > MAX_FACTORS:
            raise self._error(f"more than {MAX_FACTORS} factors", seen=said(node), do="ask for a tag that has the product")
        return Term(
            exp.Mul(this=_wide(left), expression=_wide(right)), "number", said(node),
            unit=left.unit or right.unit, factors=left.factors + right.factors,
            **self._fitting(node, left.digits + right.digits, left.places + right.places),
        )

    def _quotient(self, node: exp.Div) -> Term:
        left, right = self._number(node.left, node), self._number(node.right, node)
        self._refuse_constants(node, left, right)
        if right.is_literal and not float(right.said.strip("() -")):
            raise self._error("division by zero", seen=said(node))
        unit = left.unit if not right.unit else ""
        # Nothing can be a share of zero: the quotient is missing then, on every engine.
        divisor = right.sql if right.is_literal else exp.Nullif(this=right.sql, expression=exp.Literal.number(0))
        return Term(
            exp.Div(this=left.sql, expression=divisor, typed=False, safe=False), "number", said(node), unit=unit,
        )

    # checks

    def _fitting(self, node: exp.Expression, digits: int, places: int) -> dict[str, int]:
        """The size of a result, refused where it could be too large for the database: one overflow would stop all rules."""
        if digits + places > MAX_DIGITS:
            raise self._error(
                f"the result can have more than {MAX_DIGITS} digits", seen=said(node), do="use smaller numbers or fewer decimals"
            )
        return {"digits": digits, "places": places}

    def _flag(self, node: exp.Expression, place: str) -> Term:
        term = self._term(node)
        if term.kind != "flag":
            raise self._error(f"{place} is not a condition: {term.described}", do="compare it with something")
        return term

    def _number(self, node: exp.Expression, whole: exp.Expression) -> Term:
        term = self._term(node)
        self._need_number(term, whole)
        return term

    def _need_number(self, term: Term, whole: exp.Expression) -> None:
        if term.kind != "number":
            raise self._error(f"arithmetic needs numbers: {term.described}", seen=said(whole))

    def _refuse_constants(self, node: exp.Expression, left: Term, right: Term) -> None:
        if left.is_literal and right.is_literal:
            raise self._error("two numbers make one number", seen=said(node), do="write the result")

    def _matched(self, whole: exp.Expression, left_node: exp.Expression, right_node: exp.Expression) -> tuple[Term, Term]:
        """Both sides of a comparison, of one kind and unit; a text beside a date is read as a date."""
        left, right = self._term(left_node), self._term(right_node)
        left, right = self._dated(left, right), self._dated(right, left)
        if left.kind != right.kind:
            raise self._error(f"kinds differ: {left.described}, {right.described}", seen=said(whole))
        if left.unit and right.unit and left.unit != right.unit:
            raise self._error(f"units differ: {left.described}, {right.described}", seen=said(whole))
        if left.kind == "number":
            # Both are compared at the finer of their scales.
            self._fitting(whole, max(left.digits, right.digits), max(left.places, right.places))
        if left.is_literal and right.is_literal:
            raise self._error("both sides are written out", seen=said(whole), do="name a tag on one side")
        return left, right

    def _check_code(self, value: Term, tag: Term, whole: exp.Expression) -> None:
        code = value.said.strip("'")
        if value.is_literal and tag.codes and code not in tag.codes:
            raise self._error(
                f"the tag '{tag.said}' never holds '{code}'", seen=said(whole),
                do=nearest(code, tag.codes) or f"use one of {', '.join(sorted(tag.codes))}",
            )

    def _dated(self, term: Term, other: Term) -> Term:
        if other.kind != "date" or not (term.is_literal and term.kind == "text"):
            return term
        written = term.sql.name
        try:
            if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", written):
                raise ValueError
            date.fromisoformat(written)
        except ValueError:
            raise self._error("not a date", seen=term.said, do="write it as '2026-06-30'") from None
        return Term(exp.cast(exp.Literal.string(written), "date"), "date", term.said, is_literal=True)

    def _error(self, what: str, *, seen: str = "", do: str = "") -> TagmartError:
        return TagmartError(what, where=self.where, seen=seen, do=do)


def said(node: exp.Expression) -> str:
    """A part of the rule as it was written, near enough."""
    text = re.sub(r'"?segment (\w*)"?', r"in segment \1", node.sql("duckdb"))
    text = re.sub(r'"?\b(before|chg) (\d+) (\w*)"?', r"\1(\3, \2d)", text)
    text = re.sub(r"'[^']*'|[A-Z]{2,}", lambda found: found[0] if found[0][0] == "'" else found[0].lower(), text)
    return text.replace("is null", "is missing") if len(text) <= 160 else text[:157] + "…"


def _wide(term: Term) -> exp.Expression:
    """A stored number as the widest decimal: what overflows a narrow one in arithmetic would stop the night."""
    return term.sql if term.scale is None else exp.cast(term.sql, f"decimal(38, {term.scale})")


_PARTS: dict[type[exp.Expression], Callable[[Builder, exp.Expression], Term]] = {
    exp.And: Builder._connector,
    exp.Or: Builder._connector,
    exp.Not: Builder._not,
    exp.EQ: Builder._comparison,
    exp.NEQ: Builder._comparison,
    exp.GT: Builder._comparison,
    exp.GTE: Builder._comparison,
    exp.LT: Builder._comparison,
    exp.LTE: Builder._comparison,
    exp.Between: Builder._between,
    exp.In: Builder._in,
    exp.Is: Builder._is,
    exp.Paren: Builder._paren,
    exp.Column: Builder._column,
    exp.Literal: Builder._literal,
    exp.Neg: Builder._minus,
    exp.Month: Builder._month,
    exp.Add: Builder._sum,
    exp.Sub: Builder._sum,
    exp.Mul: Builder._product,
    exp.Div: Builder._quotient,
}
