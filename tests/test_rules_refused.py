"""What the rule language and the rule files refuse, and what they say then."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest
import yaml

from tagmart.core.errors import TagmartError
from tagmart.rules import compile_rules, load_rules
from tests.rule_tables import CATALOGUE, rule, selects


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dep_ball > 1", "unknown tag 'dep_ball'.*Did you mean 'dep_bal'"),
        ("in segment the_rul", "unknown segment 'the_rul'.*Did you mean 'the_rule'"),
        ("dep_bal > pay_start_date", "kinds differ: `dep_bal` is a number in cny, `pay_start_date` is a date"),
        ("prof_status_code = 1", "kinds differ: `prof_status_code` is a text, `1` is a number"),
        ("dep_bal in ('a')", "kinds differ"),
        ("dep_bal > txn_cnt", "units differ: `dep_bal` is a number in cny, `txn_cnt` is a number in items"),
        ("dep_bal + txn_cnt > 1", "units differ"),
        ("dep_bal * wm_bal > 1", "two units are multiplied"),
        ("prof_is_staff = prof_is_staff", "a flag is not compared"),
        ("prof_is_staff + 1 > 1", "arithmetic needs numbers: `prof_is_staff` is a flag"),
        ("prof_status_code > 'a'", "texts have no order"),
        ("prof_status_code = 'norml'", "never holds 'norml'.*Did you mean 'normal'"),
        ("pay_start_date > '30.06.2026'", "not a date"),
        ("pay_start_date > '2026-02-30'", "not a date"),
        ("pay_start_date > D - 1.5", "whole number of days"),
        ("pay_start_date > D - 99999", "whole number of days"),
        ("pay_start_date > D - (-3)", "whole number of days"),
        ("month(dep_bal) = 1", "month needs a date"),
        ("dep_bal", "not a condition: `dep_bal` is a number in cny"),
        ("not dep_bal", "what follows `not` is not a condition"),
        ("dep_bal and prof_is_staff", "the left of `and` is not a condition"),
        ("D", "not a condition"),
        ("1 = 1", "both sides are written out"),
        ("2 * 3 < dep_bal", "two numbers make one"),
        ("dep_bal / 0 > 1", "division by zero"),
        ("dep_bal * 2 * 2 * 2 * 2 > 1", "more than 4 factors"),
        # no product that could be too large for the database, whatever the customers have
        ("dep_bal * 999999999999999 * 999999999999999 > 1", "more than 38 digits"),
        ("dep_bal * 0.123456 * 0.123456 * 0.123456 * 1 > 1", "more than 4 factors|more than 38 digits"),
        ("dep_bal * 123456789012345 * 0.123456 > 1", "more than 38 digits"),
        ("dep_bal = null", "'null' is no part.*is missing"),
        ("prof_is_staff = true", "'true' is no part.*name the tag alone"),
        ("dep_bal > 1e5", "at most 15 digits"),
        ("dep_bal > 1234567890123456", "at most 15 digits"),
        ("dep_bal > -  -1", "twice in a row"),
        ("not not prof_is_staff", "twice in a row"),
        ("dep_bal > 1 wm_bal > 1", "cannot be read.*wm_bal"),
        ("dep_bal >", "cannot be read"),
        ("dep_bal > 1)", "cannot be read"),
        ("prof_status_code = 'normal", "cannot be read.*check the quotes"),
        ("in segment", "names no segment"),
        ("dep_bal in ()", "no part of the rule language"),
        ("dep_bal in (wm_bal)", "a list holds only numbers and texts"),
        ("in segment the_rule", "in a circle.*the_rule → the_rule"),
        ("chg(dep_bal) > 1", "`chg` is not in its form"),
        ("chg(dep_bal, 30) > 1", "`chg` is not in its form.*30d"),
        ("chg(dep_bal + 1, 30d) > 1", "`chg` is not in its form"),
        ("before(dep_bal, 0d) > 1", "looks back 1 to 366"),
        ("before(dep_bal, 367d) > 1", "looks back 1 to 366"),
        ("before(dep_bal, 99999999999999999999d) > 1", "looks back 1 to 366"),
        ("chg(dep_ball, 30d) > 1", "unknown tag 'dep_ball'.*Did you mean 'dep_bal'"),
        ("chg(pay_start_date, 30d) > 1", "chg needs a number: `pay_start_date` is a date"),
        ("chg(dep_bal, 30d) > txn_cnt", r"units differ: `chg\(dep_bal, 30d\)` is a number in cny"),
        ("chg(dep_bal, 30d)", "not a condition"),
        ("before(tax_bal, 1d) > 1", "may not be used for marketing.*statutory"),
        ("in any segment the_rule", "names no segments"),
        ("in any segment ()", "names no segment"),
        ("in any segment (the_rule", "not closed"),
        ("in any segment (the_rule the_rule)", "not closed"),
        ("in any segment (the_rul)", "unknown segment 'the_rul'"),
        ("tax_bal > 1", "may not be used for marketing.*statutory"),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_run_is_refused(text, message):
    with pytest.raises(TagmartError, match=message) as caught:
        compile_rules([rule(text)], CATALOGUE)
    assert caught.value.where == "models/rules/retail/deposit/the_rule.yml"


@pytest.mark.parametrize(
    "text",
    [
        "1=1; drop table tags_retail",
        "dep_bal > 1; select 1",
        "dep_bal > (select max(dep_bal) from tags_retail)",
        "dep_bal in (select 1)",
        "exists (select 1)",
        "dep_bal > 1 -- or anything",
        "dep_bal > 1 /* or */",
        "prof_status_code = 'it''s'",
        "prof_status_code = 'a' || 'b'",
        "prof_status_code = 'a' 'b'",
        "prof_status_code = 'a\\' or 1=1'",
        "prof_status_code = '{{ env_var(1) }}'",
        "{{ this }}",
        "{% set x = 1 %} prof_is_staff",
        "prof_status_code = $$a$$",
        "prof_status_code = E'a'",
        "prof_status_code like '%'",
        "lower(prof_status_code) = 'normal'",
        "read_csv('/etc/passwd') is missing",
        "getenv('HOME') = 'x'",
        "random() > 0",
        "coalesce(dep_bal, 0) > 1",
        "month(D, 1) = 1",
        "cast(dep_bal as integer) > 1",
        "dep_bal::integer > 1",
        "case when prof_is_staff then 1 end = 1",
        '"dep_bal" > 1',
        "tags.dep_bal > 1",
        "storey_0.in_the_rule",
        "in_the_rule",
        "in segment the_rule.x",
        'in segment "the_rule"',
        "in segment (select 1)",
        "columns(*) > 1",
        "* > 1",
        "dep_bal > any(select 1)",
        "dep_bal > ?",
        "dep_bal > $1",
        "dep_bal > :x",
        "dep_bal between symmetric 1 and 2",
        "dep_bal is distinct from 1",
        "dep_bal > 1 collate nocase",
        "dep_bal > interval 1 day",
        "pay_start_date > current_date",
        "dep_bal % 2 = 1",
        "dep_bal // 2 = 1",
        "[1, 2][1] = 1",
        "(x -> x) = 1",
        "",
        "   ",
        "-- only a comment",
        "prof_is_staff\x00",
    ],
)
def test_what_is_not_in_the_language_never_becomes_sql(text):
    with pytest.raises(TagmartError):
        compile_rules([rule(text or " ")], CATALOGUE)


@pytest.mark.parametrize(
    "text",
    [
        "prof_is_staff and " * 400 + "prof_is_staff",
        "prof_is_staff and " * 110 + "prof_is_staff",
        "(" * 1500 + "prof_is_staff" + ")" * 1500,
        "not (" * 500 + "prof_is_staff" + ")" * 500,
        "dep_bal" + " + dep_bal" * 200 + " > 1",
        "- (" * 500 + "dep_bal" + ")" * 500 + " > 1",
        "dep_bal in (" + ", ".join(["1"] * 2000) + ")",
    ],
)
def test_endless_rules_are_refused(text):
    with pytest.raises(TagmartError, match=r"longer than|nested deeper|brackets are open"):
        compile_rules([rule(text)], CATALOGUE)


def test_a_long_list_is_no_nesting():
    numbers = ", ".join(str(number) for number in range(500))
    assert selects(f"txn_cnt in ({numbers})", "txn_cnt", [499, 500]) == [499]


def test_a_circle_is_named():
    rules = [
        rule("prof_is_staff", "outside", 1), rule("in segment ring_b and in segment outside", "ring_a", 2),
        rule("not in segment ring_c", "ring_b", 3), rule("prof_is_staff or in segment ring_a", "ring_c", 4),
        rule("in segment ring_a", "above", 5),
    ]  # fmt: skip
    with pytest.raises(TagmartError, match="ring_a → ring_b → ring_c → ring_a"):
        compile_rules(rules, CATALOGUE)


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("not risk_is_blocked", True),
        ("prof_is_staff is missing and not (risk_is_blocked or risk_code >= 3)", True),
        ("risk_code <= 1", True),
        ("risk_code < 2", True),
        ("risk_code = 0", True),
        ("risk_code is missing", True),
        ("not risk_code > 1", True),
        ("risk_is_blocked", False),
        ("not not_blocked", False),
        ("not before(risk_is_blocked, 1d)", True),
        ("before(risk_is_blocked, 1d)", False),
        ("chg(risk_code, 30d) <= 0", False),
        ("risk_code >= 3", False),
        ("risk_code = 5", False),
        ("not risk_code <= 1", False),
        ("0 - risk_code < 0", False),
        ("not in segment clean", False),
        ("in segment clean", True),
    ],
)
def test_risk_tags_keep_people_out_and_never_pick_them(text, allowed):
    rules = [rule(text.replace("not not_blocked", "not (not risk_is_blocked)")), rule("not risk_is_blocked", "clean", 2)]
    if allowed:
        assert len(compile_rules(rules, CATALOGUE)) == 2
    else:
        with pytest.raises(TagmartError, match=r"may not be used this way for marketing.*keep people out"):
            compile_rules(rules, CATALOGUE)
    if "prof" not in text:
        assert len(compile_rules([dataclasses.replace(item, purpose="risk") for item in rules], CATALOGUE)) == 2


def test_minus_of_a_segment_on_the_same_base_picks_nobody_by_its_risk_tags():
    base, upper = rule("not risk_is_blocked and prof_is_staff", "base", 2), rule("in segment base and dep_bal > 1", "upper", 3)
    assert compile_rules([rule("in segment base and not in segment upper"), base, upper], CATALOGUE)
    for text in ("prof_is_staff and not in segment upper", "in segment base or not in segment upper", "not in segment base"):
        with pytest.raises(TagmartError, match=r"'risk_is_blocked' may not be used this way"):
            compile_rules([rule(text), base, upper], CATALOGUE)


def test_risk_tags_rank_nobody_for_marketing():
    ranked = rule("not risk_is_blocked", "ranked", 2, top={"n": 5, "by": "risk_code"}, purpose="risk")
    assert compile_rules([ranked], CATALOGUE)
    with pytest.raises(TagmartError, match=r"'risk_code' may not be used this way for marketing"):
        compile_rules([rule("in segment ranked"), ranked], CATALOGUE)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"scope": "B101"}, "no tag for this scope"),
        ({"top": {"n": 5, "by": "dep_bal", "within": "manager"}}, "no tag for this top"),
        ({"top": {"n": 5, "by": "dep_ball"}}, "unknown tag 'dep_ball'"),
        ({"top": {"n": 5, "by": "prof_status_code"}}, "top orders by numbers or dates"),
        ({"top": {"n": 5, "by": "tax_bal"}}, "may not be used for marketing"),
    ],
)
def test_fields_that_the_entity_cannot_serve(fields, message):
    with pytest.raises(TagmartError, match=message):
        compile_rules([rule("prof_is_staff", **fields)], CATALOGUE)


def test_a_rule_cannot_outlive_the_segment_it_stands_on():
    lower = rule("prof_is_staff", "lower", 2, valid_to=date(2026, 12, 31))
    with pytest.raises(TagmartError, match="'lower' does not hold as long"):
        compile_rules([rule("in segment lower"), lower], CATALOGUE)
    assert compile_rules([rule("in segment lower", valid_to=date(2026, 12, 31)), lower], CATALOGUE)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"segment_id": "S-C-0001"}, "form S-R-0001"),
        ({"segment_id": "1"}, "form S-R-0001"),
        ({"key": "Drop Table"}, "not a name"),
        ({"entity": "retial"}, "unknown entity"),
        ({"purpose": "sales"}, "unknown purpose"),
        ({"scope": "branch 12"}, "neither the head office nor the code of a branch"),
        ({"scope": "B1'; --"}, "neither the head office nor the code of a branch"),
        ({"channel": ["smss"]}, "unknown channel 'smss'.*'sms'"),
        ({"channel": ["sms", "sms"]}, "named twice"),
        ({"channel": [["sms"]]}, "unknown channel"),
        ({"priority": 0}, "not 1 to 9"),
        ({"priority": True}, "not 1 to 9"),
        ({"distribution": "managers"}, "unknown distribution"),
        ({"top": 50}, "top is not in its form"),
        ({"top": {"n": 5}}, "top is not in its form"),
        ({"top": {"n": 0, "by": "dep_bal"}}, "top has a n "),
        ({"top": {"n": "5", "by": "dep_bal"}}, "top has a n "),
        ({"top": {"n": 5, "by": "dep_bal", "order": "down"}}, "top has a order"),
        ({"top": {"n": 5, "by": "dep_bal", "within": "bank"}}, "top has a within"),
        ({"zh": "{{ 1 }}"}, "not one line of text"),
        ({"en": 5}, "not one line of text"),
        ({"zh": ""}, "the field zh is missing"),
        ({"valid_from": "2026-01-01"}, "not a date"),
        ({"valid_from": date(2026, 2, 1), "valid_to": date(2026, 1, 1)}, "before valid_from"),
        ({"porpose": "x"}, "unknown field 'porpose'.*'purpose'"),
    ],
)
def test_the_form_of_a_rule_file(fields, message):
    with pytest.raises(TagmartError, match=message):
        rule("prof_is_staff", **fields)


def test_two_files_cannot_share_a_number_or_a_key(tmp_path):
    folder = tmp_path / "models" / "rules" / "retail" / "deposit"
    folder.mkdir(parents=True)
    raw = {
        "segment_id": "S-R-0001", "key": "first", "zh": "一", "en": "One", "entity": "retail", "line": "deposit",
        "owner": "Retail", "purpose": "marketing", "description": {"zh": "一", "en": "One"}, "rule": "prof_is_staff",
    }  # fmt: skip
    (folder / "first.yml").write_text(yaml.safe_dump(raw), encoding="utf-8")
    (folder / "second.yml").write_text(yaml.safe_dump({**raw, "key": "second"}), encoding="utf-8")
    with pytest.raises(TagmartError, match="two rules have the segment_id S-R-0001"):
        load_rules(tmp_path / "models" / "rules")
    (folder / "second.yml").write_text(yaml.safe_dump({**raw, "segment_id": "S-R-0002"}), encoding="utf-8")
    with pytest.raises(TagmartError, match="place and its fields disagree"):
        load_rules(tmp_path / "models" / "rules")
