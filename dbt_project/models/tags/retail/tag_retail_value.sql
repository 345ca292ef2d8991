-- a row is one retail customer of the spine; how long, how recent, how often, how much, and whether the customer complains
{% set ecif = ['ecif_retail'] %}
{% set flows = ['core_acct', 'core_acct_person', 'core_txn'] %}
{% set deposits = ['core_acct', 'core_acct_person', 'core_bal'] %}
{% set complaints = ['crm_complaint'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_retail_spine') }}
),

tenures as (
    select parties.customer_id, night.biz_date - parties.open_date as tenure_days
    from {{ ref('dwd_party') }} as parties
    cross join night
),

-- R looks at all own acts, also transfers between own accounts; F and M look at what crossed the customer's border.
recency as (
    select transactions.customer_id, max(night.biz_date) - max(transactions.acct_date) as idle_days
    from {{ ref('dwd_transaction') }} as transactions
    cross join night
    where transactions.entity = 'retail' and transactions.is_self and not transactions.is_void and not transactions.is_reversal
    group by transactions.customer_id
),

flows as (
    select
        transaction_daily.customer_id,
        count(distinct case when transaction_daily.self_cnt > 0 then transaction_daily.acct_date end) as self_day_cnt,
        sum(transaction_daily.amt_sum) as amt
    from {{ ref('dws_retail_transaction_daily') }} as transaction_daily
    inner join night
        on transaction_daily.acct_date > night.biz_date - 90 and transaction_daily.acct_date <= night.biz_date
    group by transaction_daily.customer_id
),

deposits as (
    select asset_history.customer_id, sum(asset_history.bal) as bal
    from {{ ref('dws_retail_asset_history') }} as asset_history
    inner join night on asset_history.valid_from <= night.biz_date and asset_history.valid_to > night.biz_date
    where asset_history.prod in ('demand', 'term', 'cd')
    group by asset_history.customer_id
),

complaint_sums as (
    select
        complaints.customer_id,
        count(case when complaints.close_date is null or complaints.close_date > night.biz_date then 1 end) as open_cnt,
        count(case
            when complaints.open_date >= night.month_start - interval 12 month and complaints.open_date < night.month_start
                then 1
        end) as cnt_l12m,
        count(case when complaints.open_date > night.biz_date - 180 then 1 end) as cnt_180d,
        max(complaints.open_date) as last_date,
        max(night.biz_date) - max(complaints.open_date) as idle_days
    from {{ ref('dwd_complaint') }} as complaints
    inner join night on complaints.open_date <= night.biz_date
    group by complaints.customer_id
),

scores as (
    select
        spine.customer_id,
        coalesce(flows.self_day_cnt, 0) as self_day_cnt,
        greatest(0, coalesce(flows.amt, 0)) as amt,
        coalesce(deposits.bal, 0) as dep_bal,
        -- Who never acted is as far away as can be told.
        coalesce(recency.idle_days, 99999) as idle_days,
        tenures.tenure_days
    from spine
    left join recency on spine.customer_id = recency.customer_id
    left join flows on spine.customer_id = flows.customer_id
    left join deposits on spine.customer_id = deposits.customer_id
    left join tenures on spine.customer_id = tenures.customer_id
),

coded as (
    select
        scores.*,
        {{ cut_code('rfm_r', 'scores.idle_days') }} as r_code,
        {{ cut_code('rfm_f', 'scores.self_day_cnt') }} as f_code,
        {{ cut_code('rfm_m', 'scores.amt') }} as m_code,
        {{ cut_code('tenure', 'scores.tenure_days') }} as tenure_code,
        {{ cut_code('dep_band', 'scores.dep_bal') }} as dep_band_code
    from scores
),

final as (
    select
        spine.customer_id,
        {{ tag_value(ecif, 'coded.tenure_code', 'integer') }} as val_tenure_code,
        {{ tag_value(ecif, 'coded.tenure_days <= ' ~ parameter('life_new_days'), 'boolean') }} as val_is_new,
        {{ tag_value(flows, 'coded.idle_days >= ' ~ parameter('life_sleep_days'), 'boolean') }} as val_is_sleeping,
        {{ tag_value(deposits, 'coded.dep_band_code', 'integer') }} as val_dep_band_code,
        {{ tag_value(flows, 'coded.r_code', 'integer') }} as val_rfm_r_code,
        {{ tag_value(flows, 'coded.f_code', 'integer') }} as val_rfm_f_code,
        {{ tag_value(flows, 'coded.m_code', 'integer') }} as val_rfm_m_code,
        {{ tag_value(flows, 'coded.r_code * 100 + coded.f_code * 10 + coded.m_code', 'integer') }} as val_rfm_code,
        {{ tag_value(complaints, 'complaint_sums.open_cnt', 'integer', '0') }} as val_complaint_open_cnt,
        {{ tag_value(complaints, 'complaint_sums.cnt_180d', 'integer', '0') }} as val_complaint_cnt_180d,
        {{ tag_value(complaints, 'complaint_sums.cnt_l12m', 'integer', '0') }} as val_complaint_cnt_l12m,
        {{ tag_value(complaints, 'complaint_sums.last_date', 'date') }} as val_complaint_last_date,
        {{ tag_value(complaints, 'complaint_sums.idle_days', 'integer') }} as val_complaint_idle_days
    from spine
    inner join coded on spine.customer_id = coded.customer_id
    left join complaint_sums on spine.customer_id = complaint_sums.customer_id
)

select * from final
