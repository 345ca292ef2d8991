-- a row is one merchant of the spine; single tickets, round and limit-near amounts, and who pays
{% set sold = ['mer_info', 'mer_txn'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_merchant_spine') }}
),

limit_lines as (
    select cut_point.lower_bound as line_amt
    from {{ ref('cut_point') }} as cut_point
    cross join {{ source('ops', 'run_context') }} as run_context
    where
        cut_point.cut_list = 'mer_limit_line'
        and {{ in_force('cut_point') }}
),

numbers as (
    select
        {{ parameter('mer_round_unit_amt') }} as round_unit,
        {{ parameter('mer_round_min_amt') }} as round_min,
        {{ parameter('mer_near_limit_ratio') }} as near_ratio,
        {{ parameter('mer_token_min_ratio') }} as token_min
),

sales as (
    select
        transactions.customer_id,
        transactions.acct_date,
        transactions.amt,
        transactions.payer_token,
        night.biz_date - transactions.acct_date as days_ago,
        transactions.amt >= numbers.round_min and transactions.amt % numbers.round_unit = 0 as is_round,
        exists(
            select 1 from limit_lines
            where transactions.amt <= limit_lines.line_amt and transactions.amt >= limit_lines.line_amt * numbers.near_ratio
        ) as is_near_limit
    from {{ ref('dwd_merchant_transaction') }} as transactions
    inner join night on transactions.acct_date <= night.biz_date and transactions.acct_date > night.biz_date - 365
    cross join numbers
    where transactions.is_ok and not transactions.is_refund
),

tickets as (
    select
        customer_id,
        {% for days in [30, 90] %}
        quantile_disc(case when days_ago < {{ days }} then amt end, 0.5) as median_{{ days }}d,
        quantile_disc(case when days_ago < {{ days }} then amt end, 0.9) as p90_{{ days }}d,
        count(case when days_ago < {{ days }} then 1 end) as cnt_{{ days }}d,
        sum(case when days_ago < {{ days }} then amt else 0 end) as amt_{{ days }}d,
        sum(case when days_ago < {{ days }} and is_round then amt else 0 end) as round_{{ days }}d,
        sum(case when days_ago < {{ days }} and is_near_limit then amt else 0 end) as near_{{ days }}d,
        count(case when days_ago < {{ days }} and payer_token is not null then 1 end) as token_cnt_{{ days }}d,
        sum(case when days_ago < {{ days }} and payer_token is not null then amt else 0 end) as token_amt_{{ days }}d,
        {% endfor %}
        min(case when days_ago < 90 then amt end) as min_90d
    from sales
    group by customer_id
),

payers as (
    select
        customer_id,
        payer_token,
        {% for days in [30, 90] %}
        sum(case when days_ago < {{ days }} then amt else 0 end) as amt_{{ days }}d,
        count(case when days_ago < {{ days }} then 1 end) as cnt_{{ days }}d,
        {% endfor %}
        count(distinct case when days_ago < 90 then acct_date end) as day_cnt_90d,
        max(days_ago) as first_days_ago
    from sales
    where payer_token is not null
    group by customer_id, payer_token
),

ranked as (
    select
        payers.*,
        row_number() over (partition by payers.customer_id order by payers.amt_90d desc, payers.payer_token) as rank_90d
    from payers
),

payer_sums as (
    select
        customer_id,
        count(case when cnt_30d > 0 then 1 end) as payer_cnt_30d,
        count(case when cnt_90d > 0 then 1 end) as payer_cnt_90d,
        count(case when day_cnt_90d >= 2 then 1 end) as repeat_cnt_90d,
        count(case when cnt_30d > 0 and first_days_ago < 30 then 1 end) as new_cnt_30d,
        max(amt_30d) as top_30d,
        max(amt_90d) as top_90d,
        sum(case when rank_90d <= 5 then amt_90d else 0 end) as top5_90d
    from ranked
    group by customer_id
),

final as (
    select
        spine.customer_id,
        {% for days in [30, 90] %}
        {{ tag_value(sold, 'tickets.median_' ~ days ~ 'd', 'decimal(18,2)') }} as mer_ticket_amt_median_{{ days }}d,
        {{ tag_value(sold, 'tickets.p90_' ~ days ~ 'd', 'decimal(18,2)') }} as mer_ticket_amt_p90_{{ days }}d,
        {{ tag_value(sold, divided('tickets.round_' ~ days ~ 'd', 'tickets.amt_' ~ days ~ 'd'), 'decimal(18,4)') }}
            as mer_round_ratio_{{ days }}d,
        {{ tag_value(sold, divided('tickets.near_' ~ days ~ 'd', 'tickets.amt_' ~ days ~ 'd'), 'decimal(18,4)') }}
            as mer_near_limit_ratio_{{ days }}d,
        {{ tag_value(sold, 'payer_sums.payer_cnt_' ~ days ~ 'd', 'integer', '0') }} as mer_payer_cnt_{{ days }}d,
        {{ tag_value(sold, divided('payer_sums.top_' ~ days ~ 'd', 'tickets.token_amt_' ~ days ~ 'd'), 'decimal(18,4)') }}
            as mer_payer_top_ratio_{{ days }}d,
        {{ tag_value(sold, divided('tickets.cnt_' ~ days ~ 'd - tickets.token_cnt_' ~ days ~ 'd', 'tickets.cnt_' ~ days ~ 'd'),
            'decimal(18,4)') }}
            as mer_token_null_ratio_{{ days }}d,
        {% endfor %}
        {{ tag_value(sold, 'tickets.min_90d', 'decimal(18,2)') }} as mer_ticket_amt_min_90d,
        {{ tag_value(sold, 'payer_sums.repeat_cnt_90d', 'integer', '0') }} as mer_payer_repeat_cnt_90d,
        {{ tag_value(sold, 'case when tickets.token_cnt_90d >= numbers.token_min * tickets.cnt_90d then '
            ~ divided('payer_sums.repeat_cnt_90d', 'payer_sums.payer_cnt_90d') ~ ' end', 'decimal(18,4)') }} as mer_payer_repeat_ratio_90d,
        {{ tag_value(sold, 'payer_sums.new_cnt_30d', 'integer', '0') }} as mer_payer_new_cnt_30d,
        {{ tag_value(sold, divided('payer_sums.new_cnt_30d', 'payer_sums.payer_cnt_30d'), 'decimal(18,4)') }}
            as mer_payer_new_ratio_30d,
        {{ tag_value(sold, divided('payer_sums.top5_90d', 'tickets.token_amt_90d'), 'decimal(18,4)') }}
            as mer_payer_top5_ratio_90d,
        {{ tag_value(sold, divided('tickets.token_amt_90d', 'payer_sums.payer_cnt_90d', 2), 'decimal(18,2)') }}
            as mer_payer_amt_90d
    from spine
    cross join numbers
    left join tickets on spine.customer_id = tickets.customer_id
    left join payer_sums on spine.customer_id = payer_sums.customer_id
)

select * from final
