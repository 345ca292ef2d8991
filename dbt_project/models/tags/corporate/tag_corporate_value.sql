-- a row is one corporate customer of the spine; how long, how recent, how often, how much; size, stage and breadth of the relationship
{% set ecif = ['ecif_corp'] %}
{% set flows = ['core_acct', 'core_acct_person', 'core_txn'] %}
{% set deposits = ['core_acct', 'core_acct_person', 'core_bal'] %}
{% set size = ['core_acct', 'core_acct_person', 'core_bal', 'crd_note', 'crd_offbal'] %}
{% set life = ['ecif_corp', 'core_acct', 'core_acct_person', 'core_bal', 'core_txn'] %}
{% set cross = ['core_acct', 'core_acct_person', 'core_bal', 'core_agreement', 'crd_note', 'crd_offbal'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_corporate_spine') }}
),

tenures as (
    select companies.customer_id, night.biz_date - companies.open_date as days
    from {{ ref('dwd_company') }} as companies
    cross join night
),

-- R looks at all own acts; F and M at what crossed the customer's border.
acts as (
    select
        transactions.customer_id,
        max(case when transactions.is_self and not transactions.is_reversal then transactions.acct_date end) as last_date,
        count(distinct case
            when
                transactions.is_self and not transactions.is_reversal and transactions.cp_class <> 'own'
                and transactions.acct_date > night.biz_date - 90
                then transactions.acct_date
        end) as day_cnt,
        sum(case
            when transactions.cp_class <> 'own' and transactions.acct_date > night.biz_date - 90 then transactions.amt else 0
        end) as amt
    from {{ ref('dwd_transaction') }} as transactions
    inner join night on transactions.acct_date <= night.biz_date
    where transactions.entity = 'corporate' and not transactions.is_void
    group by transactions.customer_id
),

asset_days as (
    select asset_daily.customer_id, asset_daily.acct_date, sum(asset_daily.bal) as bal
    from {{ ref('dws_corporate_asset_daily') }} as asset_daily
    inner join night on asset_daily.acct_date > night.biz_date - 365 and asset_daily.acct_date <= night.biz_date
    where asset_daily.prod in ('demand', 'term', 'cd')
    group by asset_daily.customer_id, asset_daily.acct_date
),

lows as (
    select
        asset_days.customer_id,
        asset_days.acct_date,
        asset_days.bal,
        max(asset_days.bal) over (
            partition by asset_days.customer_id order by asset_days.acct_date rows unbounded preceding
        ) as peak_so_far,
        -- By days and not by rows: a day without an account ends the row.
        max(asset_days.bal) over (
            partition by asset_days.customer_id order by asset_days.acct_date range interval 29 day preceding
        ) as max_30d,
        count(*) over (
            partition by asset_days.customer_id order by asset_days.acct_date range interval 29 day preceding
        ) as day_cnt
    from asset_days
),

deposits as (
    select
        lows.customer_id,
        sum(case when lows.acct_date = night.biz_date then lows.bal else 0 end) as bal,
        max(bal) as peak,
        sum(case when lows.acct_date > night.biz_date - 90 then bal else 0 end) as sum_90d,
        sum(bal) as sum_365d,
        bool_or(
            lows.acct_date < night.biz_date
            and lows.day_cnt = 30
            and lows.max_30d < {{ parameter('corp_life_lost_amt') }}
            and lows.max_30d <= {{ parameter('corp_life_lost_ratio') }} * lows.peak_so_far
        ) as was_lost
    from lows
    cross join night
    group by lows.customer_id
),

exposures as (
    select * from {{ ref('dws_corporate_exposure') }}
),

loans as (
    select liability_daily.customer_id, sum(liability_daily.bal) as sum_365d
    from {{ ref('dws_corporate_liability_daily') }} as liability_daily
    inner join night on liability_daily.acct_date > night.biz_date - 365 and liability_daily.acct_date <= night.biz_date
    group by liability_daily.customer_id
),

holdings as (
    select assets.customer_id, assets.prod as item
    from {{ ref('dws_corporate_asset_history') }} as assets
    inner join night on assets.valid_from <= night.biz_date and assets.valid_to > night.biz_date
    where assets.bal > 0
    union
    select liabilities.customer_id, 'loan' as item
    from {{ ref('dws_corporate_liability_history') }} as liabilities
    inner join night on liabilities.valid_from <= night.biz_date and liabilities.valid_to > night.biz_date
    where liabilities.bal > 0
    union
    select customer_id, kind_code as item from {{ ref('dwd_off_balance') }} where entity = 'corporate' and status_code = 'live'
    union
    select agreements.customer_id, agreements.agr_type as item
    from {{ ref('dwd_agreement') }} as agreements
    inner join night
        on agreements.from_date <= night.biz_date and (agreements.to_date is null or agreements.to_date > night.biz_date)
    where agreements.entity = 'corporate'
),

crossed as (
    select customer_id, count(*) as cnt from holdings group by customer_id
),

scores as (
    select
        spine.customer_id,
        tenures.days as tenure_days,
        coalesce(night.biz_date - acts.last_date, 99999) as idle_days,
        coalesce(acts.day_cnt, 0) as day_cnt,
        greatest(0, coalesce(acts.amt, 0)) as amt,
        coalesce(deposits.bal, 0) as bal,
        coalesce(deposits.peak, 0) as peak,
        -- Sums and not averages, so that 90 days against 365 are compared without a division.
        coalesce(deposits.sum_90d, 0) * 365 as sum_90d,
        coalesce(deposits.sum_365d, 0) * 90 as sum_365d,
        coalesce(deposits.was_lost, false) as was_lost,
        coalesce(deposits.bal, 0) + coalesce(exposures.exposure_amt, 0) as rel_amt
    from spine
    cross join night
    left join tenures on spine.customer_id = tenures.customer_id
    left join acts on spine.customer_id = acts.customer_id
    left join deposits on spine.customer_id = deposits.customer_id
    left join exposures on spine.customer_id = exposures.customer_id
),

coded as (
    select
        scores.*,
        scores.tenure_days <= {{ parameter('corp_life_new_days') }} as is_new,
        {{ parameter('corp_life_sleep_days') }} as sleep_days,
        {{ parameter('corp_deep_cnt') }} as deep_cnt,
        {{ cut_code('corp_rfm_r', 'scores.idle_days') }} as r_code,
        {{ cut_code('corp_rfm_f', 'scores.day_cnt') }} as f_code,
        {{ cut_code('corp_rfm_m', 'scores.amt') }} as m_code,
        {{ cut_code('tenure', 'scores.tenure_days') }} as tenure_code,
        {{ cut_code('corp_rel_band', 'scores.rel_amt') }} as rel_code,
        -- First match wins: who is lost is not also declining. One low day is no loss: thirty in a row are.
        case
            when scores.tenure_days <= {{ parameter('corp_life_new_days') }} then 'new'
            when
                scores.bal < {{ parameter('corp_life_lost_amt') }}
                and scores.bal <= {{ parameter('corp_life_lost_ratio') }} * scores.peak
                then 'lost'
            when scores.was_lost and scores.bal >= {{ parameter('corp_life_back_amt') }} then 'back'
            when scores.idle_days >= {{ parameter('corp_life_sleep_days') }} then 'sleeping'
            when scores.sum_90d >= {{ parameter('corp_life_grow_ratio') }} * scores.sum_365d then 'growing'
            when scores.sum_90d <= {{ parameter('corp_life_decline_ratio') }} * scores.sum_365d then 'declining'
            else 'mature'
        end as life_code
    from scores
),

final as (
    select
        spine.customer_id,
        {{ tag_value(ecif, 'coded.tenure_code', 'integer') }} as val_tenure_code,
        {{ tag_value(ecif, 'coded.is_new', 'boolean') }} as val_is_new,
        {{ tag_value(flows, 'coded.idle_days >= coded.sleep_days', 'boolean') }} as val_is_sleeping,
        {{ tag_value(life, 'coded.life_code', 'varchar') }} as val_life_code,
        {{ tag_value(flows, 'coded.r_code', 'integer') }} as val_rfm_r_code,
        {{ tag_value(flows, 'coded.f_code', 'integer') }} as val_rfm_f_code,
        {{ tag_value(flows, 'coded.m_code', 'integer') }} as val_rfm_m_code,
        {{ tag_value(flows, 'coded.r_code * 100 + coded.f_code * 10 + coded.m_code', 'integer') }} as val_rfm_code,
        {{ tag_value(size, 'coded.rel_amt', 'decimal(18,2)', '0') }} as val_rel_amt,
        {{ tag_value(size, 'coded.rel_code', 'integer') }} as val_rel_band_code,
        {{ tag_value(size, divided('coalesce(deposits.sum_365d, 0)', 'loans.sum_365d'), 'decimal(18,4)') }}
            as val_dep_loan_ratio_365d,
        {{ tag_value(cross, 'crossed.cnt', 'integer', '0') }} as val_cross_cnt,
        {{ tag_value(cross, 'crossed.cnt >= coded.deep_cnt', 'boolean', 'false') }} as val_is_deep
    from spine
    inner join coded on spine.customer_id = coded.customer_id
    left join deposits on spine.customer_id = deposits.customer_id
    left join loans on spine.customer_id = loans.customer_id
    left join crossed on spine.customer_id = crossed.customer_id
)

select * from final
