"""Tags of who a retail customer is, drawn: documents, contacts, ties, relationship."""

from __future__ import annotations

from datetime import date

from tests.drawn import said, values


def person(customer: str, **facts: object) -> dict:
    return {"customer_id": customer, "entity": "retail", "name_key": customer.upper(), "status_code": "normal"} | facts


def test_a_document_is_read_and_compared() -> None:
    found = said("tag_retail_document", "ann bob cat dan eve", {"dwd_party": [
        # the check digit of 11010519491231002 is X (the example of GB 11643)
        person("ann", id_type="resident", id_no="11010519491231002x", birth_date="1949-12-31", gender_code="F",
               id_expiry_date="2026-07-30", nation_code="01"),
        person("bob", id_type="resident", id_no="110105194912310021", birth_date="1950-01-01", gender_code="M",
               id_expiry_date="2026-06-29", nation_code="11"),
        person("cat", id_type="resident", id_no="110105491231002", birth_date="1949-12-31", gender_code="F", name_key="CAT"),
        person("dan", id_type="resident", id_no="110105491231002", name_key="DAN"),
        person("eve", id_type="passport", id_no="E12345678", birth_date="2010-07-01", id_expiry_date="2026-06-30"),
    ]})  # fmt: skip
    names = "prof_id_digit_cnt prof_is_id_checkdigit_right prof_is_id_birth_same prof_is_id_gender_same prof_id_city_code"
    assert {customer: values(tags, names) for customer, tags in found.items()} == {
        "ann": (18, True, True, True, "110100"),
        "bob": (18, False, False, False, "110100"),
        "cat": (15, None, True, True, "110100"),
        "dan": (15, None, None, None, "110100"),
        "eve": (None, None, None, None, None),
    }
    names = "prof_is_id_valid prof_is_id_expiring_30d prof_id_expired_days prof_id_share_cnt prof_is_id_name_conflict"
    assert {customer: values(tags, names) for customer, tags in found.items()} == {
        "ann": (True, True, None, 0, False),  # expires in exactly 30 days
        "bob": (False, False, 1, 0, False),
        "cat": (True, None, None, 1, True),  # one number, two names
        "dan": (True, None, None, 1, True),
        "eve": (True, True, None, 0, False),  # expires on D: still valid
    }
    assert values(found["eve"], "prof_is_foreign prof_birthday_days prof_adult_days") == (True, 1, 732)
    assert (found["ann"]["prof_nation_band_code"], found["bob"]["prof_nation_band_code"]) == ("han", "minority")
    assert (found["ann"]["prof_missing_field_cnt"], found["dan"]["prof_missing_field_cnt"]) == (4, 7)


def test_identity_checks_by_their_day() -> None:
    rows = [
        {"customer_id": "ann", "check_no": "1", "check_date": "2025-07-01", "check_time": "2025-07-01 09:00:00", "result_code": "match"},
        {"customer_id": "ann", "check_no": "2", "check_date": "2025-06-30", "check_time": "2025-06-30 09:00:00", "result_code": "mismatch"},
        {"customer_id": "bob", "check_no": "3", "check_date": "2026-06-30", "check_time": "2026-06-30 09:00:00", "result_code": "match"},
        {"customer_id": "bob", "check_no": "4", "check_date": "2026-06-30", "check_time": "2026-06-30 09:00:00", "result_code": "not_found"},
        {"customer_id": "bob", "check_no": "5", "check_date": "2026-07-01", "check_time": "2026-07-01 09:00:00", "result_code": "match"},
    ]
    parties = [person("ann"), person("bob"), person("cat")]
    found = said("tag_retail_document", "ann bob cat", {"dwd_party": parties, "dwd_identity_check": rows})
    names = "prof_idcheck_cnt_ltd prof_idcheck_cnt_365d prof_idcheck_last_code prof_idcheck_days prof_idcheck_bad_cnt_ltd"
    assert {customer: values(tags, names) for customer, tags in found.items()} == {
        "ann": (2, 1, "match", 364, 1),  # exactly 365 days ago is out of the window
        "bob": (2, 2, "not_found", 0, 1),  # of one instant the higher number is the last
        "cat": (0, 0, None, None, 0),
    }
    silent = said("tag_retail_document", "ann", {"dwd_party": parties}, absent=("ext_idcheck",))
    assert (silent["ann"]["prof_idcheck_cnt_ltd"], silent["ann"]["prof_has_id_no"]) == (None, False)


def test_contacts() -> None:
    def contact(customer: str, kind: str, day: str, verified: bool = True, seq: int = 1, **facts: object) -> dict:
        return {"customer_id": customer, "contact_kind": kind, "update_date": day, "is_verified": verified, "seq": seq} | facts

    rows = [
        contact("ann", "mobile", "2026-04-02", mobile="13912345678"),  # 89 days ago
        contact("ann", "mobile", "2026-06-30", verified=False, seq=2, mobile="17012345678"),
        contact("ann", "address", "2026-04-01", region_code="440305"),  # exactly 90 days ago
        contact("bob", "mobile", "2025-06-30", mobile="13912345678"),  # exactly 365 days ago
        contact("cat", "mobile", "2026-01-01", mobile="10012345678"),
    ]
    found = said("tag_retail_contact", "ann bob cat dan", {
        "dwd_contact": rows, "dwd_party": [person("ann", mng_org="B1")], "dwd_branch": [{"org_id": "B1", "region_code": "440100"}],
    })  # fmt: skip
    names = "prof_mobile_cnt prof_contact_chg_cnt_90d prof_contact_chg_cnt_365d prof_phone_carrier_code prof_mobile_share_cnt"
    assert {customer: values(tags, names) for customer, tags in found.items()} == {
        "ann": (2, 2, 3, "cmcc", 1),  # the verified number is preferred to the newer one
        "bob": (1, 0, 0, "cmcc", 1),
        "cat": (1, 0, 1, "other", 0),
        "dan": (0, 0, 0, None, 0),
    }
    names = "prof_province_code prof_city_code prof_is_branch_city prof_is_branch_province prof_is_contact_complete"
    assert values(found["ann"], names) == ("440000", "440300", False, True, True)


def test_ties_and_the_business_owner() -> None:
    def tie(who: str | None, other: str, rel: str, entity: str = "corporate", **facts: object) -> dict:
        return {
            "from_customer_id": who, "from_entity": "retail", "to_customer_id": other, "to_entity": entity, "rel_code": rel,
            "from_date": "2020-01-01",
        } | facts  # fmt: skip

    found = said("tag_retail_relation", "ann bob cat dan", {
        "dwd_relation": [
            tie("ann", "firm", "legal_rep"),
            tie("ann", "firm", "controller", share_ratio="0.6"),  # the same company counts once
            tie("bob", "firm", "controller", share_ratio="0.24"),  # too little of it
            tie("bob", "shop", "controller", share_ratio="0.25", to_date="2026-06-30"),  # ended on D
            tie("cat", "shop", "controller", share_ratio="0.25", to_date="2026-07-01"),
            tie("bob", "mill", "group"),  # no tie that says what he is to the company
            tie("ann", "dan", "child", entity="retail"),
            tie(None, "cat", "child", entity="retail"),  # declared by a parent who is no customer
        ],
        "dwd_merchant": [
            {"customer_id": "m1", "owner_customer_id": "dan", "owner_entity_code": "retail", "status_code": "normal", "start_date": "2026-06-30"},
            {"customer_id": "m2", "owner_customer_id": "bob", "owner_entity_code": "retail", "status_code": "ended", "start_date": "2020-01-01"},
        ],
        "dwd_company": [{"customer_id": "firm", "industry_code": "C3982", "size_code": "small", "reg_capital": "5"}],
        "dwd_investor_recognition": [
            {"customer_id": "ann", "test_date": "2023-07-01", "expiry_date": "2026-06-30", "is_revoked": False},
            {"customer_id": "bob", "test_date": "2023-06-30", "expiry_date": "2026-06-29", "is_revoked": False},
            {"customer_id": "cat", "test_date": "2025-06-30", "expiry_date": "2028-06-29", "is_revoked": True},
        ],
        "dwd_override": [
            {"customer_id": "ann", "entity": "retail", "kind_code": "exclude", "value_code": "sms", "from_date": "2026-01-01", "to_date": "2026-06-30"},
            {"customer_id": "bob", "entity": "retail", "kind_code": "family", "value_code": "wealth", "from_date": "2025-01-01"},
            {"customer_id": "bob", "entity": "retail", "kind_code": "family", "value_code": "private", "from_date": "2026-01-01"},
        ],
    })  # fmt: skip
    names = "prof_is_biz_owner biz_link_cnt prof_biz_industry_code prof_is_qualified prof_qualified_days prof_has_child_declared"
    assert {customer: values(tags, names) for customer, tags in found.items()} == {
        "ann": (True, 1, "C", True, 0, True),
        "bob": (False, 0, None, False, -1, None),
        "cat": (True, 1, None, None, None, None),
        "dan": (True, 1, None, None, None, None),
    }
    assert values(found["ann"], "prof_override_cnt prof_override_cnt_ltd prof_is_excluded_by_hand prof_household_cnt") == (0, 1, False, 1)
    assert values(found["dan"], "prof_is_child_declared prof_mer_cnt") == (True, 1)
    assert values(found["cat"], "prof_is_child_declared prof_household_cnt") == (False, 0)
    assert found["bob"]["prof_family_override_code"] == "private"  # the one that began last
    assert values(found["bob"], "prof_controller_cnt prof_company_cnt") == (1, 1)


def test_relationship_and_stage_of_life() -> None:
    found = said("tag_retail_relationship", "ann bob cat dan", {
        "dwd_party": [
            person("ann", birth_date="1990-07-01", marital_code="married", open_date="2016-07-01", open_org="O1", mng_org="O2", employer_name="甲 厂"),
            person("bob", birth_date="1990-06-30", marital_code="married", open_date="2016-06-30", open_org="O1", mng_org="O1"),
            person("cat", birth_date="1961-06-30", occup_code="staff", open_date="2026-05-31", employer_name="甲厂"),
            person("dan", occup_code="student", open_date="2026-01-01"),
        ],
        "dwd_branch": [
            {"org_id": "H", "level_code": "head"},
            {"org_id": "T1", "parent_id": "H", "level_code": "tier1", "region_code": "440300"},
            {"org_id": "T2", "parent_id": "H", "level_code": "tier1"},
            {"org_id": "S1", "parent_id": "T1", "level_code": "sub"},
            {"org_id": "O1", "parent_id": "S1", "level_code": "outlet", "region_code": "440305"},
            {"org_id": "O2", "parent_id": "T2", "level_code": "outlet"},
        ],
        "dwd_manager_assignment": [
            {"customer_id": "ann", "manager_id": "M1", "role_code": "main", "from_date": "2024-01-01", "to_date": "2025-06-01"},
            {"customer_id": "ann", "manager_id": "M2", "role_code": "main", "from_date": "2025-06-01", "org_id": "O2"},
            {"customer_id": "bob", "manager_id": "M1", "role_code": "main", "from_date": "2025-05-31", "to_date": "2026-06-30"},
        ],
        "dwd_pay_detail": [
            {"customer_id": "ann", "payer_customer_id": "firm", "pay_date": "2025-12-30", "pay_type": "wage", "result_code": "ok", "batch_no": "1", "seq": 1},
            {"customer_id": "bob", "payer_customer_id": "firm", "pay_date": "2025-12-29", "pay_type": "wage", "result_code": "ok", "batch_no": "2", "seq": 1},
            {"customer_id": "cat", "pay_date": "2026-06-30", "pay_type": "pension", "result_code": "ok", "batch_no": "3", "seq": 1},
        ],
        "dwd_company": [{"customer_id": "firm", "cust_name": "甲厂", "industry_code": "C3982"}],
    })  # fmt: skip
    names = "prof_tenure_years prof_life_stage_code prof_mng_tier1_org prof_is_tier1_moved prof_employer_industry_code"
    assert {customer: values(tags, names) for customer, tags in found.items()} == {
        "ann": (9, "young_family", "T2", True, "C"),  # the tenth year is full tomorrow; paid 182 days ago
        "bob": (10, "prime", "T1", False, None),  # 36 today; paid exactly 183 days ago
        "cat": (0, "elder", None, None, None),
        "dan": (0, "student", None, None, None),
    }
    names = "prof_manager_since_date prof_manager_cnt_ltd prof_manager_chg_cnt_l12m prof_manager_none_days prof_is_manager_home"
    assert values(found["ann"], names) == (date(2025, 6, 1), 2, 1, None, True)
    assert values(found["bob"], names) == (None, 1, 0, 0, None)
    assert values(found["ann"], "prof_is_employer_same prof_colleague_cnt prof_is_pensioner") == (True, 1, False)
    assert values(found["cat"], "prof_is_pensioner prof_is_new_lm prof_is_new_ytd") == (True, True, True)
