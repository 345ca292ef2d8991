-- a row is one corporate customer of the spine; the persons and companies that are tied to it
{% set rel = ['ecif_corp', 'ecif_relation'] %}
{% set corp = ['ecif_corp'] %}
{% set person = ['ecif_corp', 'ecif_relation', 'ecif_retail'] %}
{% set aum = ['ecif_corp', 'ecif_relation', 'ecif_retail', 'core_acct', 'core_acct_person', 'core_bal', 'inv_hold', 'inv_order'] %}
{% set tier = aum + ['crm_override'] %}
{% set note = ['ecif_corp', 'ecif_relation', 'ecif_retail', 'crd_note'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_corporate_spine') }}
),

companies as (
    select customer_id, nullif(group_id, '') as group_id from {{ ref('dwd_company') }}
),

ties as (
    select ties.*, night.biz_date
    from {{ ref('dwd_relation') }} as ties
    cross join night
    where ties.from_date <= night.biz_date and (ties.to_date is null or ties.to_date > night.biz_date)
),

persons as (
    select customer_id, status_code, open_date from {{ ref('dwd_party') }} where entity = 'retail'
),

person_aum as (
    select assets.customer_id, sum(assets.bal) as aum
    from {{ ref('dws_retail_asset_history') }} as assets
    inner join night on assets.valid_from <= night.biz_date and assets.valid_to > night.biz_date
    group by assets.customer_id
),

person_tiers as (
    select customer_id, tier_code from {{ ref('tag_retail_tier') }}
),

person_loans as (
    select notes.customer_id, sum(notes.principal_amt) as principal_amt
    from {{ ref('dwd_loan_note') }} as notes
    cross join night
    where notes.bal_date = night.biz_date and notes.entity = 'retail'
    group by notes.customer_id
),

-- Of two in force (an old one not ended yet) the later one counts; a person who is no customer has no customer_id.
leaders as (
    select
        ties.to_customer_id as customer_id,
        ties.rel_code,
        ties.from_date,
        persons.customer_id as person_id,
        persons.status_code,
        ties.biz_date - persons.open_date as tenure_days,
        case when persons.customer_id is not null then coalesce(person_aum.aum, 0) end as aum,
        person_tiers.tier_code,
        case when persons.customer_id is not null then coalesce(person_loans.principal_amt, 0) > 0 end as has_loan
    from ties
    left join persons on ties.from_customer_id = persons.customer_id
    left join person_aum on persons.customer_id = person_aum.customer_id
    left join person_tiers on persons.customer_id = person_tiers.customer_id
    left join person_loans on persons.customer_id = person_loans.customer_id
    where ties.rel_code in ('legal_rep', 'operator') and ties.to_entity = 'corporate'
    qualify row_number() over (
        partition by ties.to_customer_id, ties.rel_code
        order by ties.from_date desc, ties.from_customer_id nulls last
    ) = 1
),

reps as (
    select * from leaders where rel_code = 'legal_rep'
),

owners as (
    select * from leaders where rel_code = 'operator'
),

rep_companies as (
    select person_id, cast(count(distinct customer_id) as integer) as corp_cnt
    from reps
    where person_id is not null
    group by person_id
),

received as (
    select
        to_customer_id as customer_id,
        cast(count(case when rel_code = 'shareholder' then 1 end) as integer) as shareholder_cnt,
        cast(count(case when rel_code = 'shareholder' and from_entity = 'retail' then 1 end) as integer) as person_cnt,
        cast(count(case when rel_code = 'shareholder' and from_entity = 'corporate' then 1 end) as integer) as firm_cnt,
        max(case when rel_code = 'shareholder' then share_ratio end) as top_ratio,
        cast(count(case when rel_code = 'ubo' then 1 end) as integer) as ubo_cnt,
        cast(count(case when rel_code = 'ubo' and from_entity = 'retail' then 1 end) as integer) as ubo_customer_cnt,
        bool_or(rel_code = 'controller') as has_controller,
        cast(count(case when rel_code = 'guarantor' then 1 end) as integer) as guarantor_cnt,
        cast(count(case when rel_code = 'guarantor' and from_entity = 'retail' then 1 end) as integer) as guarantor_person_cnt
    from ties
    where to_entity = 'corporate'
    group by to_customer_id
),

given as (
    select
        from_customer_id as customer_id,
        cast(count(distinct case when rel_code = 'shareholder' then to_customer_id end) as integer) as invest_cnt,
        cast(count(distinct case when rel_code = 'guarantor' then to_customer_id end) as integer) as guarantee_cnt
    from ties
    where from_entity = 'corporate' and to_customer_id is not null
    group by from_customer_id
),

linked as (
    select
        customer_id,
        cast(count(distinct case when other_entity = 'retail' then other_id end) as integer) as retail_cnt,
        cast(count(distinct case when other_entity = 'corporate' then other_id end) as integer) as corporate_cnt
    from (
        select to_customer_id as customer_id, from_customer_id as other_id, from_entity as other_entity from ties
        union all
        select from_customer_id as customer_id, to_customer_id as other_id, to_entity as other_entity from ties
    )
    group by customer_id
),

group_members as (
    select group_id, cast(count(*) as integer) as member_cnt from companies where group_id is not null group by group_id
),

group_heads as (
    select companies.group_id, min(ties.from_customer_id) as head_id
    from ties
    inner join companies on ties.from_customer_id = companies.customer_id
    where ties.rel_code = 'group' and companies.group_id is not null
    group by companies.group_id
),

groups as (
    select companies.customer_id, companies.group_id, group_members.member_cnt, group_heads.head_id
    from companies
    inner join group_members on companies.group_id = group_members.group_id
    left join group_heads on companies.group_id = group_heads.group_id
),

final as (
    select
        spine.customer_id,
        {{ tag_value(person, 'reps.person_id is not null', 'boolean') }} as rep_is_customer,
        {{ tag_value(person, 'reps.person_id', 'varchar') }} as rep_customer_id,
        {{ tag_value(person, 'reps.tenure_days', 'integer') }} as rep_tenure_days,
        {{ tag_value(aum, cut_code('dep_band', 'reps.aum'), 'integer') }} as rep_aum_band_code,
        {{ tag_value(tier, 'reps.tier_code', 'varchar') }} as rep_tier_code,
        {{ tag_value(note, 'reps.has_loan', 'boolean') }} as rep_has_loan,
        {{ tag_value(person, 'owners.person_id is not null', 'boolean') }} as owner_is_customer,
        {{ tag_value(person, 'owners.person_id', 'varchar') }} as owner_customer_id,
        {{ tag_value(person, 'owners.tenure_days', 'integer') }} as owner_tenure_days,
        {{ tag_value(aum, cut_code('dep_band', 'owners.aum'), 'integer') }} as owner_aum_band_code,
        {{ tag_value(tier, 'owners.tier_code', 'varchar') }} as owner_tier_code,
        {{ tag_value(note, 'owners.has_loan', 'boolean') }} as owner_has_loan,
        {{ tag_value(rel, 'reps.from_date', 'date') }} as rep_date,
        {{ tag_value(person, 'rep_companies.corp_cnt', 'integer') }} as rep_corp_cnt,
        {{ tag_value(rel, 'received.shareholder_cnt', 'integer', '0') }} as corp_shareholder_cnt,
        {{ tag_value(rel, 'received.person_cnt', 'integer', '0') }} as corp_shareholder_person_cnt,
        {{ tag_value(rel, 'received.firm_cnt', 'integer', '0') }} as corp_shareholder_firm_cnt,
        {{ tag_value(rel, 'received.top_ratio', 'decimal(18,4)') }} as corp_shareholder_top_ratio,
        {{ tag_value(rel, 'received.top_ratio >= 1', 'boolean') }} as corp_is_single_owner,
        {{ tag_value(rel, 'received.ubo_cnt', 'integer', '0') }} as corp_ubo_cnt,
        {{ tag_value(rel, 'received.ubo_customer_cnt', 'integer', '0') }} as corp_ubo_customer_cnt,
        {{ tag_value(rel, 'received.has_controller', 'boolean', 'false') }} as corp_has_controller,
        {{ tag_value(rel, 'received.guarantor_cnt', 'integer', '0') }} as corp_guarantor_cnt,
        {{ tag_value(rel, 'received.guarantor_person_cnt', 'integer', '0') }} as corp_guarantor_person_cnt,
        {{ tag_value(rel, 'given.guarantee_cnt', 'integer', '0') }} as corp_guarantee_cnt,
        {{ tag_value(rel, 'given.invest_cnt', 'integer', '0') }} as corp_invest_cnt,
        {{ tag_value(rel, 'linked.retail_cnt', 'integer', '0') }} as corp_linked_retail_cnt,
        {{ tag_value(rel, 'linked.corporate_cnt', 'integer', '0') }} as corp_linked_corporate_cnt,
        {{ tag_value(corp, 'groups.group_id', 'varchar') }} as group_id,
        {{ tag_value(corp, 'groups.group_id is not null', 'boolean') }} as group_is_member,
        {{ tag_value(corp, 'groups.member_cnt', 'integer') }} as group_member_cnt,
        {{ tag_value(
            rel,
            "case when groups.head_id = spine.customer_id then 'head' when groups.group_id is not null then 'member' end",
            'varchar',
            "'none'"
        ) }} as group_role_code,
        {{ tag_value(rel, 'groups.head_id', 'varchar') }} as group_head_customer_id
    from spine
    left join reps on spine.customer_id = reps.customer_id
    left join owners on spine.customer_id = owners.customer_id
    left join rep_companies on reps.person_id = rep_companies.person_id
    left join received on spine.customer_id = received.customer_id
    left join given on spine.customer_id = given.customer_id
    left join linked on spine.customer_id = linked.customer_id
    left join groups on spine.customer_id = groups.customer_id
)

select * from final
