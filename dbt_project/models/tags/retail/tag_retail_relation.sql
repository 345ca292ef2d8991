-- a row is one retail customer of the spine; household, ties to businesses, settings by hand, qualified investor
{% set ties = ['ecif_relation'] %}
{% set business = ['ecif_relation', 'mer_info'] %}
{% set company = ['ecif_relation', 'ecif_corp'] %}
{% set merchants = ['mer_info'] %}
{% set overrides = ['crm_override'] %}
{% set tests = ['crm_risk_test'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_retail_spine') }}
),

ties as (
    select relations.*
    from {{ ref('dwd_relation') }} as relations
    cross join night
    where relations.from_date <= night.biz_date and (relations.to_date is null or relations.to_date > night.biz_date)
),

company_ties as (
    select from_customer_id as customer_id, to_customer_id as company_id, rel_code, share_ratio, from_date
    from ties
    where
        to_entity = 'corporate' and from_customer_id is not null
        and rel_code in ('legal_rep', 'controller', 'ubo', 'shareholder', 'operator', 'guarantor')
),

merchants as (
    select merchants.owner_customer_id as customer_id, merchants.customer_id as merchant_id, merchants.start_date
    from {{ ref('dwd_merchant') }} as merchants
    cross join night
    where
        merchants.owner_entity_code = 'retail' and merchants.status_code = 'normal'
        and merchants.start_date <= night.biz_date and (merchants.end_date is null or merchants.end_date > night.biz_date)
),

-- Who leads the business: legal representative, controller with enough of it, operator of a sole trader, owner of a merchant.
business_links as (
    select customer_id, company_id as linked_id, from_date as link_date
    from company_ties
    where
        rel_code in ('legal_rep', 'operator')
        or (rel_code = 'controller' and share_ratio >= {{ parameter('controller_share') }})
    union all
    select customer_id, merchant_id as linked_id, start_date as link_date
    from merchants
),

business_sums as (
    select customer_id, count(distinct linked_id) as link_cnt, min(link_date) as first_date
    from business_links
    group by customer_id
),

main_companies as (
    select business_links.customer_id, left(companies.industry_code, 1) as section_code, companies.size_code, companies.corp_type_code
    from business_links
    inner join {{ ref('dwd_company') }} as companies on business_links.linked_id = companies.customer_id
    qualify row_number() over (
        partition by business_links.customer_id
        order by companies.reg_capital desc nulls last, companies.customer_id
    ) = 1
),

company_sums as (
    select
        customer_id,
        {% for tie in ['legal_rep', 'controller', 'ubo', 'shareholder', 'operator', 'guarantor'] %}
        count(distinct case when rel_code = '{{ tie }}' then company_id end) as {{ tie }}_cnt,
        {% endfor %}
        max(case when rel_code = 'shareholder' then share_ratio end) as max_share_ratio,
        count(distinct company_id) as company_cnt
    from company_ties
    group by customer_id
),

merchant_sums as (
    select customer_id, count(*) as cnt, min(start_date) as first_date
    from merchants
    group by customer_id
),

household_ties as (
    select from_customer_id as customer_id, to_customer_id as other_id, rel_code, 'from' as side_code, from_date
    from ties
    where rel_code in ('spouse', 'child', 'supplementary') and from_customer_id is not null
    union all
    select to_customer_id as customer_id, from_customer_id as other_id, rel_code, 'to' as side_code, from_date
    from ties
    where rel_code in ('spouse', 'child', 'supplementary') and to_customer_id is not null
),

household_sums as (
    select
        customer_id,
        count(case when rel_code = 'spouse' then 1 end) as spouse_cnt,
        count(case when rel_code = 'child' and side_code = 'from' then 1 end) as child_cnt,
        count(case when rel_code = 'child' and side_code = 'to' then other_id end) as parent_cnt,
        count(case when rel_code = 'supplementary' and side_code = 'from' then 1 end) as supplementary_cnt,
        count(case when rel_code = 'supplementary' and side_code = 'to' then 1 end) as main_cnt,
        count(distinct other_id) as other_cnt,
        min(from_date) as first_date
    from household_ties
    group by customer_id
),

overrides as (
    select
        overrides.*,
        overrides.to_date is null or overrides.to_date > night.biz_date as is_live
    from {{ ref('dwd_override') }} as overrides
    cross join night
    where overrides.entity = 'retail' and overrides.from_date <= night.biz_date
),

override_sums as (
    select
        customer_id,
        count(*) as cnt,
        count(case when is_live then 1 end) as live_cnt,
        bool_or(kind_code = 'exclude' and is_live) as is_excluded,
        arg_max(value_code, case when kind_code = 'family' and is_live then from_date end) as family_code,
        max(from_date) as last_date
    from overrides
    group by customer_id
),

recognitions as (
    select recognitions.customer_id, recognitions.test_date, recognitions.expiry_date - night.biz_date as left_days
    from {{ ref('dwd_investor_recognition') }} as recognitions
    cross join night
    where recognitions.test_date <= night.biz_date and not coalesce(recognitions.is_revoked, false)
    qualify row_number() over (partition by recognitions.customer_id order by recognitions.test_date desc) = 1
),

final as (
    select
        spine.customer_id,
        {{ tag_value(business, 'business_sums.link_cnt > 0', 'boolean', 'false') }} as prof_is_biz_owner,
        {{ tag_value(business, 'business_sums.link_cnt', 'integer', '0') }} as biz_link_cnt,
        {{ tag_value(business, 'business_sums.first_date', 'date') }} as prof_biz_first_date,
        {{ tag_value(ties, 'company_sums.legal_rep_cnt', 'integer', '0') }} as prof_legalrep_cnt,
        {{ tag_value(ties, 'company_sums.controller_cnt', 'integer', '0') }} as prof_controller_cnt,
        {{ tag_value(ties, 'company_sums.ubo_cnt', 'integer', '0') }} as prof_ubo_cnt,
        {{ tag_value(ties, 'company_sums.shareholder_cnt', 'integer', '0') }} as prof_shareholder_cnt,
        {{ tag_value(ties, 'company_sums.max_share_ratio', 'decimal(18,4)') }} as prof_share_max_ratio,
        {{ tag_value(ties, 'company_sums.operator_cnt', 'integer', '0') }} as prof_operator_cnt,
        {{ tag_value(ties, 'company_sums.guarantor_cnt', 'integer', '0') }} as prof_guarantor_cnt,
        {{ tag_value(ties, 'company_sums.company_cnt', 'integer', '0') }} as prof_company_cnt,
        {{ tag_value(company, 'main_companies.section_code', 'varchar') }} as prof_biz_industry_code,
        {{ tag_value(company, 'main_companies.size_code', 'varchar') }} as prof_biz_size_code,
        {{ tag_value(company, 'main_companies.corp_type_code', 'varchar') }} as prof_biz_type_code,
        {{ tag_value(merchants, 'merchant_sums.cnt', 'integer', '0') }} as prof_mer_cnt,
        {{ tag_value(merchants, 'merchant_sums.first_date', 'date') }} as prof_mer_first_date,
        {{ tag_value(ties, 'case when household_sums.spouse_cnt > 0 then true end', 'boolean') }} as prof_has_spouse_declared,
        {{ tag_value(ties, 'case when household_sums.child_cnt > 0 then true end', 'boolean') }} as prof_has_child_declared,
        {{ tag_value(ties, 'nullif(household_sums.child_cnt, 0)', 'integer') }} as prof_child_declared_cnt,
        {{ tag_value(ties, 'household_sums.parent_cnt > 0', 'boolean', 'false') }} as prof_is_child_declared,
        {{ tag_value(ties, 'household_sums.supplementary_cnt > 0', 'boolean', 'false') }} as prof_is_card_main,
        {{ tag_value(ties, 'household_sums.main_cnt > 0', 'boolean', 'false') }} as prof_is_card_supplementary,
        {{ tag_value(ties, 'household_sums.other_cnt', 'integer', '0') }} as prof_household_cnt,
        {{ tag_value(ties, 'household_sums.first_date', 'date') }} as prof_household_date,
        {{ tag_value(overrides, 'override_sums.live_cnt', 'integer', '0') }} as prof_override_cnt,
        {{ tag_value(overrides, 'override_sums.cnt', 'integer', '0') }} as prof_override_cnt_ltd,
        {{ tag_value(overrides, 'override_sums.last_date', 'date') }} as prof_override_last_date,
        {{ tag_value(overrides, 'override_sums.is_excluded', 'boolean', 'false') }} as prof_is_excluded_by_hand,
        {{ tag_value(overrides, 'override_sums.family_code', 'varchar') }} as prof_family_override_code,
        {{ tag_value(tests, 'recognitions.left_days >= 0', 'boolean') }} as prof_is_qualified,
        {{ tag_value(tests, 'recognitions.left_days', 'integer') }} as prof_qualified_days,
        {{ tag_value(tests, 'recognitions.test_date', 'date') }} as prof_qualified_date
    from spine
    left join business_sums on spine.customer_id = business_sums.customer_id
    left join main_companies on spine.customer_id = main_companies.customer_id
    left join company_sums on spine.customer_id = company_sums.customer_id
    left join merchant_sums on spine.customer_id = merchant_sums.customer_id
    left join household_sums on spine.customer_id = household_sums.customer_id
    left join override_sums on spine.customer_id = override_sums.customer_id
    left join recognitions on spine.customer_id = recognitions.customer_id
)

select * from final
