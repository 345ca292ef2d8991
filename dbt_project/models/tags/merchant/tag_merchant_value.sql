-- a row is one merchant of the spine; life cycle, recency, frequency and money, and what acquiring yields
{% set sold = ['mer_info', 'mer_txn'] %}
{% set owned = ['mer_info', 'mer_txn', 'ecif_retail', 'ecif_corp'] %}
{% set complaints = ['mer_info', 'ecif_retail', 'ecif_corp', 'crm_complaint'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_merchant_spine') }}
),

merchants as (
    select
        merchants.customer_id,
        merchants.owner_customer_id,
        merchants.status_code,
        night.biz_date - merchants.start_date as age_days
    from {{ ref('dwd_merchant') }} as merchants
    cross join night
),

sales as (
    select
        sales_daily.customer_id,
        min(case when sales_daily.cnt > 0 then night.biz_date - sales_daily.acct_date end) as idle_days,
        count(distinct case when sales_daily.cnt > 0 and sales_daily.acct_date > night.biz_date - 90 then sales_daily.acct_date end)
            as day_cnt_90d,
        sum(case when sales_daily.acct_date > night.biz_date - 90 then sales_daily.amt_sum else 0 end) as amt_90d,
        sum(case when sales_daily.acct_date > night.biz_date - 30 then sales_daily.amt_sum else 0 end) as amt_30d,
        sum(case when sales_daily.acct_date > night.biz_date - 28 then sales_daily.amt_sum else 0 end) as amt_28d,
        sum(case
            when sales_daily.acct_date > night.biz_date - 56 and sales_daily.acct_date <= night.biz_date - 28
                then sales_daily.amt_sum else 0
        end) as amt_28d_before,
        {% for name, months in [('lm', 1), ('l12m', 12)] %}
        sum(case
            when
                sales_daily.acct_date >= night.month_start - interval {{ months }} month
                and sales_daily.acct_date < night.month_start
                then sales_daily.fee_net_amt else 0
        end) as fee_net_{{ name }},
        {% endfor %}
        sum(case
            when sales_daily.acct_date >= night.month_start - interval 12 month and sales_daily.acct_date < night.month_start
                then sales_daily.fee_amt else 0
        end) as fee_l12m,
        sum(case
            when sales_daily.acct_date >= night.month_start - interval 12 month and sales_daily.acct_date < night.month_start
                then sales_daily.amt_sum + sales_daily.refund_amt else 0
        end) as sale_l12m
    from {{ ref('dws_merchant_transaction_daily') }} as sales_daily
    inner join night on sales_daily.acct_date <= night.biz_date
    group by sales_daily.customer_id
),

owner_fees as (
    select merchants.owner_customer_id, sum(sales.fee_net_l12m) as fee_net_l12m
    from merchants
    inner join sales on merchants.customer_id = sales.customer_id
    where merchants.owner_customer_id is not null
    group by merchants.owner_customer_id
),

complaint_sums as (
    select
        complaints.customer_id,
        count(case when complaints.close_date is null or complaints.close_date > night.biz_date then 1 end) as open_cnt,
        count(case when complaints.open_date > night.biz_date - 180 then 1 end) as cnt_180d
    from {{ ref('dwd_complaint') }} as complaints
    inner join night on complaints.open_date <= night.biz_date
    group by complaints.customer_id
),

scores as (
    select
        merchants.*,
        sales.idle_days,
        sales.amt_30d,
        sales.fee_net_lm,
        sales.fee_net_l12m,
        sales.fee_l12m,
        sales.sale_l12m,
        -- Who never sold is as far away as can be told.
        coalesce(sales.idle_days, 99999) as recency_days,
        coalesce(sales.day_cnt_90d, 0) as frequency,
        coalesce(sales.amt_90d, 0) as money,
        -- As it is published: mer_amt_chg_ratio_28d.
        case
            when sales.amt_28d_before >= {{ parameter('mer_chg_base_amt') }}
                then {{ divided('sales.amt_28d - sales.amt_28d_before', 'sales.amt_28d_before') }}
        end as chg_28d
    from merchants
    left join sales on merchants.customer_id = sales.customer_id
),

coded as (
    select
        scores.*,
        {{ cut_code('mer_rfm_r', 'scores.recency_days') }} as r_code,
        {{ cut_code('mer_rfm_f', 'scores.frequency') }} as f_code,
        {{ cut_code('mer_rfm_m', 'scores.money') }} as m_code,
        {{ cut_code('mer_amt_band', 'coalesce(scores.amt_30d, 0)') }} as amt_band_code,
        {{ cut_code('mer_contrib', 'coalesce(scores.fee_net_lm, 0)') }} as contrib_code
    from scores
),

final as (
    select
        spine.customer_id,
        {{ tag_value(sold, "case
            when coded.status_code <> 'normal' then 'closed'
            when coded.idle_days is null and coded.age_days > " ~ parameter('mer_new_days') ~ " then 'never'
            when coded.idle_days >= " ~ parameter('mer_life_lost_days') ~ " then 'lost'
            when coded.idle_days >= " ~ parameter('mer_life_sleep_days') ~ " then 'sleeping'
            when coded.age_days <= " ~ parameter('mer_new_days') ~ " then 'new'
            when coded.chg_28d <= -" ~ parameter('mer_life_grow_ratio') ~ " then 'declining'
            when coded.chg_28d >= " ~ parameter('mer_life_grow_ratio') ~ " then 'growing'
            else 'mature'
        end", 'varchar') }} as val_life_code,
        {{ tag_value(sold, 'coded.r_code', 'integer') }} as val_rfm_r_code,
        {{ tag_value(sold, 'coded.f_code', 'integer') }} as val_rfm_f_code,
        {{ tag_value(sold, 'coded.m_code', 'integer') }} as val_rfm_m_code,
        {{ tag_value(sold, 'coded.r_code * 100 + coded.f_code * 10 + coded.m_code', 'integer') }} as val_rfm_code,
        {{ tag_value(sold, 'coded.amt_band_code', 'integer') }} as val_amt_band_code,
        {{ tag_value(sold, 'coded.contrib_code', 'integer') }} as val_contrib_code,
        {{ tag_value(sold, divided('coded.fee_l12m * 10000', 'coded.sale_l12m', 2), 'decimal(18,2)') }}
            as val_fee_bp_l12m,
        {{ tag_value(sold, divided('coded.fee_net_l12m * 10000', 'coded.sale_l12m', 2), 'decimal(18,2)') }}
            as val_fee_net_bp_l12m,
        {{ tag_value(sold, 'coded.fee_net_l12m < 0', 'boolean', 'false') }} as val_is_loss_l12m,
        {{ tag_value(owned, 'owner_fees.fee_net_l12m', 'decimal(18,2)') }} as val_owner_fee_net_amt_sum_l12m,
        {{ tag_value(complaints, 'case when coded.owner_customer_id is not null then coalesce(complaint_sums.open_cnt, 0) end',
            'integer') }} as val_complaint_open_cnt,
        {{ tag_value(complaints, 'case when coded.owner_customer_id is not null then coalesce(complaint_sums.cnt_180d, 0) end',
            'integer') }} as val_complaint_cnt_180d
    from spine
    inner join coded on spine.customer_id = coded.customer_id
    left join owner_fees on coded.owner_customer_id = owner_fees.owner_customer_id
    left join complaint_sums on coded.owner_customer_id = complaint_sums.customer_id
)

select * from final
