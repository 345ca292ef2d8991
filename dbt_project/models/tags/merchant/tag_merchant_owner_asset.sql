-- a row is one merchant of the spine; what its owner has at the bank: links to the owner's assets, never the merchant's own
{% set deposits = ['mer_info', 'ecif_retail', 'ecif_corp', 'core_acct', 'core_acct_person', 'core_bal'] %}
{% set investments = ['mer_info', 'ecif_retail', 'ecif_corp', 'inv_hold'] %}
{% set both = deposits + ['inv_hold'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_merchant_spine') }}
),

merchants as (
    select customer_id, owner_customer_id from {{ ref('dwd_merchant') }} where owner_customer_id is not null
),

-- The only reading of daily balances: those of owners, margin left out.
balances as (
    select balances.customer_id, balances.bal_date, balances.prod, cast(sum(balances.bal) as decimal(18, 2)) as bal
    from {{ ref('dwd_account_balance_daily') }} as balances
    inner join night on balances.bal_date <= night.biz_date
    where
        balances.prod in ('demand', 'term', 'cd')
        and balances.customer_id in (select merchants.owner_customer_id from merchants)
    group by balances.customer_id, balances.bal_date, balances.prod
),

deposit_sums as (
    select
        balances.customer_id,
        sum(case when balances.bal_date = night.biz_date then balances.bal else 0 end) as bal,
        sum(case when balances.bal_date = night.biz_date and balances.prod = 'demand' then balances.bal else 0 end) as demand_bal,
        sum(case when balances.bal_date = night.month_start - 1 then balances.bal else 0 end) as bal_bom,
        sum(case
            when balances.bal_date >= night.month_start - interval 1 month and balances.bal_date < night.month_start
                then balances.bal else 0
        end) as sum_lm,
        max(night.month_start - cast(night.month_start - interval 1 month as date)) as days_lm
    from balances
    cross join night
    group by balances.customer_id
),

investment_sums as (
    select holdings.customer_id, sum(holdings.market_amt) as bal
    from {{ ref('dwd_holding') }} as holdings
    inner join night on holdings.hold_date = night.biz_date
    group by holdings.customer_id
),

owners as (
    select
        merchants.customer_id,
        coalesce(deposit_sums.bal, 0) as dep_bal,
        coalesce(deposit_sums.demand_bal, 0) as demand_bal,
        coalesce(deposit_sums.bal_bom, 0) as bal_bom,
        coalesce({{ divided('deposit_sums.sum_lm', 'deposit_sums.days_lm', 2) }}, 0) as davg_lm,
        coalesce(investment_sums.bal, 0) as inv_bal
    from merchants
    left join deposit_sums on merchants.owner_customer_id = deposit_sums.customer_id
    left join investment_sums on merchants.owner_customer_id = investment_sums.customer_id
),

final as (
    select
        spine.customer_id,
        {{ tag_value(deposits, 'owners.dep_bal', 'decimal(18,2)') }} as owner_dep_bal,
        {{ tag_value(deposits, 'owners.demand_bal', 'decimal(18,2)') }} as owner_dep_demand_bal,
        {{ tag_value(deposits, 'owners.dep_bal - owners.bal_bom', 'decimal(18,2)') }} as owner_dep_chg_bom,
        {{ tag_value(deposits, 'owners.davg_lm', 'decimal(18,2)') }} as owner_dep_davg_lm,
        {{ tag_value(investments, 'owners.inv_bal', 'decimal(18,2)') }} as owner_inv_bal,
        {{ tag_value(both, 'owners.dep_bal + owners.inv_bal', 'decimal(18,2)') }} as owner_asset_bal,
        {{ tag_value(both, cut_code('dep_band', 'owners.dep_bal + owners.inv_bal'), 'integer') }}
            as owner_asset_band_code
    from spine
    left join owners on spine.customer_id = owners.customer_id
)

select * from final
