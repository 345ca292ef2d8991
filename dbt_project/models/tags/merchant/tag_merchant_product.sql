-- a row is one merchant of the spine; what its owner has signed and uses beside acquiring, and what could come next
{% set signed = ['mer_info', 'ecif_retail', 'ecif_corp', 'core_agreement'] %}
{% set crossed = signed + ['core_acct', 'core_acct_person', 'core_bal', 'inv_hold', 'crd_note', 'cc_acct', 'mer_terminal'] %}
{% set agreement_types = ['mbank', 'ebank', 'sms', 'payroll', 'autopay', 'pos', 'fx', 'wm'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_merchant_spine') }}
),

merchants as (
    select customer_id, owner_customer_id, owner_entity_code, settle_bank = 'OWN' as is_settled_here
    from {{ ref('dwd_merchant') }}
    where owner_customer_id is not null
),

agreements as (
    select
        agreements.customer_id,
        {% for agreement in agreement_types %}
        bool_or(agreements.agr_type = '{{ agreement }}') as has_{{ agreement }},
        {% endfor %}
        count(distinct agreements.agr_type) as type_cnt,
        max(agreements.from_date) as last_date
    from {{ ref('dwd_agreement') }} as agreements
    inner join night
        on
            agreements.from_date <= night.biz_date
            and (agreements.to_date is null or agreements.to_date > night.biz_date)
    where agreements.status_code = 'live'
    group by agreements.customer_id
),

-- Derived from base tags: what the owner has and owes is told there.
owner_assets as (
    select customer_id, owner_dep_bal, owner_inv_bal from {{ ref('tag_merchant_owner_asset') }}
),

owner_debts as (
    select customer_id, owner_has_biz_loan, owner_loan_bal, owner_cc_cnt from {{ ref('tag_merchant_owner_debt') }}
),

terminals as (
    select customer_id, prod_has_qr from {{ ref('tag_merchant_terminal') }}
),

rhythms as (
    select customer_id, mer_stable_months_l12m from {{ ref('tag_merchant_rhythm') }}
),

facts as (
    select
        merchants.customer_id,
        merchants.is_settled_here,
        coalesce(agreements.has_mbank, false) or coalesce(agreements.has_ebank, false) as has_echannel,
        coalesce(agreements.has_payroll, false) as has_payroll,
        coalesce(terminals.prod_has_qr, false) as has_qr,
        merchants.owner_entity_code = 'corporate' as is_corporate,
        {% for agreement in agreement_types %}
        coalesce(agreements.has_{{ agreement }}, false) as signed_{{ agreement }},
        {% endfor %}
        coalesce(agreements.type_cnt, 0) as type_cnt,
        agreements.last_date,
        owner_assets.owner_dep_bal > 0 as has_dep,
        owner_assets.owner_inv_bal > 0 as has_inv,
        owner_debts.owner_loan_bal > 0 as has_loan,
        owner_debts.owner_has_biz_loan as has_biz_loan,
        owner_debts.owner_cc_cnt > 0 as has_cc,
        rhythms.mer_stable_months_l12m as stable_months
    from merchants
    left join agreements on merchants.owner_customer_id = agreements.customer_id
    left join owner_assets on merchants.customer_id = owner_assets.customer_id
    left join owner_debts on merchants.customer_id = owner_debts.customer_id
    left join terminals on merchants.customer_id = terminals.customer_id
    left join rhythms on merchants.customer_id = rhythms.customer_id
),

final as (
    select
        spine.customer_id,
        {% for agreement in agreement_types %}
        {{ tag_value(signed, 'facts.signed_' ~ agreement, 'boolean') }} as owner_has_{{ agreement }},
        {% endfor %}
        {{ tag_value(signed, 'facts.has_echannel', 'boolean') }} as owner_has_echannel,
        {{ tag_value(signed, 'facts.type_cnt', 'integer') }} as owner_agr_cnt,
        {{ tag_value(signed, 'facts.last_date', 'date') }} as owner_agr_last_date,
        {{ tag_value(crossed, 'cast(facts.has_dep as integer) + cast(facts.has_inv as integer) + cast(facts.has_loan as integer)
            + cast(facts.has_cc as integer) + cast(facts.has_payroll as integer) + cast(facts.has_echannel as integer)
            + cast(facts.is_settled_here as integer)', 'integer') }} as prod_cross_cnt,
        {{ tag_value(crossed + ['mer_txn'], 'case
            when facts.customer_id is null then null
            when not facts.is_settled_here then 1
            when not facts.has_echannel then 2
            when not facts.has_qr then 3
            when facts.is_corporate and not facts.has_payroll then 4
            when facts.stable_months >= 10 and not facts.has_biz_loan then 5
            when not facts.has_inv then 6
            else 0
        end', 'integer') }} as prod_next_code
    from spine
    left join facts on spine.customer_id = facts.customer_id
)

select * from final
