-- a row is one retail customer of the spine; when the customer last acted, and flows that are no plain slice
{% set flows = ['core_acct', 'core_acct_person', 'core_txn'] %}
{% set custody = flows + ['core_agreement'] %}
{% set acts = flows + ['cc_acct', 'cc_txn'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_retail_spine') }}
),

-- Own transfers are an act of the customer, though no flow: recency is told from the postings themselves.
transactions as (
    select
        transactions.*,
        night.biz_date - transactions.acct_date as days_ago,
        night.biz_date,
        night.month_start
    from {{ ref('dwd_transaction') }} as transactions
    cross join night
    where transactions.entity = 'retail' and not transactions.is_void
),

recency as (
    select
        customer_id,
        min(case when cp_class <> 'own' then acct_date end) as first_date,
        max(case when cp_class <> 'own' then acct_date end) as last_date,
        max(case when cp_class <> 'own' and direction = 'in' then acct_date end) as last_in_date,
        max(case when cp_class <> 'own' and direction = 'out' then acct_date end) as last_out_date,
        max(case when is_self then acct_date end) as self_last_date,
        max(biz_date) as biz_date,
        count(distinct case
            when is_self and acct_date >= month_start - interval 12 month and acct_date < month_start
                then date_trunc('month', acct_date)
        end) as self_month_cnt
    from transactions
    where not is_reversal
    group by customer_id
),

-- For whom the question arises how much went to securities: who signed third-party custody, or moved such money before.
securities_customers as (
    select customer_id from transactions where cp_class = 'securities'
    union
    select agreements.customer_id
    from {{ ref('dwd_agreement') }} as agreements
    inner join night on agreements.from_date <= night.biz_date
    where agreements.entity = 'retail' and agreements.agr_type = 'stock_custody'
),

-- Who lives on the credit card alone is not silent.
card_acts as (
    select card_entries.customer_id, max(card_entries.acct_date) as last_date
    from {{ ref('dwd_credit_card_transaction') }} as card_entries
    inner join night on card_entries.acct_date <= night.biz_date
    where card_entries.is_self
    group by card_entries.customer_id
),

flow_sums as (
    select
        customer_id,
        {% for days in [30, 90] %}
        sum(case
            when cp_class <> 'other_bank_same_name' or days_ago >= {{ days }} then 0
            when direction = 'out' then amt else -amt
        end) as samename_{{ days }}d,
        sum(case
            when cp_class <> 'securities' or days_ago >= {{ days }} then 0
            when direction = 'out' then amt else -amt
        end) as sec_{{ days }}d,
        sum(case when cp_class = 'own' or days_ago >= {{ days }} then 0 when direction = 'in' then amt else -amt end)
            as net_{{ days }}d,
        count(distinct case when cp_class <> 'own' and not is_reversal and days_ago < {{ days }} then nullif(cp_acct_no, '') end)
            as cp_cnt_{{ days }}d,
        count(distinct case
            when cp_class <> 'own' and not is_reversal and days_ago < {{ days }} and direction = 'in' then nullif(cp_acct_no, '')
        end) as cp_in_cnt_{{ days }}d,
        {% endfor %}
        sum(case when cp_class <> 'own' and direction = 'out' and channel = 'qpay' then amt else 0 end) as qpay_out_90d,
        sum(case when cp_class <> 'own' and direction = 'out' and mode = 'cash' then amt else 0 end) as cash_out_90d,
        sum(case when cp_class <> 'own' and direction = 'out' then amt else 0 end) as out_90d,
        sum(case when cp_class = 'own' and direction = 'out' then amt else 0 end) as own_90d,
        sum(case when is_reversal and days_ago < 90 then 1 else 0 end) as reversal_cnt_90d
    from transactions
    where days_ago between 0 and 89
    group by customer_id
),

-- A median does not fold from daily partials. Of two middle values the lower one is taken, so that it is an amount that was paid.
medians as (
    select
        customer_id,
        quantile_disc(case when direction = 'out' then amt end, 0.5) as out_median_90d,
        quantile_disc(case when direction = 'in' then amt end, 0.5) as in_median_90d
    from transactions
    where days_ago between 0 and 89 and cp_class <> 'own' and not is_reversal
    group by customer_id
),

channel_counts as (
    select customer_id, channel, count(*) as cnt
    from transactions
    where days_ago between 0 and 89 and is_self and not is_reversal
    group by customer_id, channel
),

main_channels as (
    select customer_id, channel
    from channel_counts
    qualify row_number() over (partition by customer_id order by cnt desc, channel) = 1
),

channel_spread as (
    select customer_id, count(*) as cnt from channel_counts group by customer_id
),

final as (
    select
        spine.customer_id,
        {{ tag_value(flows, 'recency.first_date', 'date') }} as txn_first_date,
        {{ tag_value(flows, 'recency.last_date', 'date') }} as txn_last_date,
        {{ tag_value(flows, 'recency.last_in_date', 'date') }} as txn_last_in_date,
        {{ tag_value(flows, 'recency.last_out_date', 'date') }} as txn_last_out_date,
        {{ tag_value(flows, 'recency.biz_date - recency.last_date', 'integer') }} as txn_idle_days,
        {{ tag_value(flows, 'recency.self_last_date', 'date') }} as txn_self_last_date,
        {{ tag_value(acts, 'night.biz_date - greatest(recency.self_last_date, card_acts.last_date)', 'integer') }}
            as txn_self_idle_days,
        {{ tag_value(flows, 'recency.self_month_cnt', 'integer', '0') }} as txn_self_month_cnt_l12m,
        {% for days in [30, 90] %}
        {{ tag_value(flows, 'flow_sums.samename_' ~ days ~ 'd', 'decimal(18,2)', '0') }} as txn_samename_other_net_amt_sum_{{ days }}d,
        {{ tag_value(
            custody,
            'case when securities_customers.customer_id is not null then coalesce(flow_sums.sec_' ~ days ~ 'd, 0) end',
            'decimal(18,2)'
        ) }} as txn_sec_net_amt_sum_{{ days }}d,
        {{ tag_value(flows, 'flow_sums.net_' ~ days ~ 'd', 'decimal(18,2)', '0') }} as txn_net_amt_sum_{{ days }}d,
        {{ tag_value(flows, 'flow_sums.cp_cnt_' ~ days ~ 'd', 'integer', '0') }} as txn_cp_cnt_{{ days }}d,
        {{ tag_value(flows, 'flow_sums.cp_in_cnt_' ~ days ~ 'd', 'integer', '0') }} as txn_in_cp_cnt_{{ days }}d,
        {% endfor %}
        {{ tag_value(flows, divided('flow_sums.qpay_out_90d', 'flow_sums.out_90d'), 'decimal(18,4)') }}
            as txn_qpay_out_share_ratio_90d,
        {{ tag_value(flows, divided('flow_sums.cash_out_90d', 'flow_sums.out_90d'), 'decimal(18,4)') }}
            as txn_out_cash_share_ratio_90d,
        {{ tag_value(flows, 'flow_sums.own_90d', 'decimal(18,2)', '0') }} as txn_own_amt_sum_90d,
        {{ tag_value(flows, 'flow_sums.reversal_cnt_90d', 'integer', '0') }} as txn_reversal_cnt_90d,
        {{ tag_value(flows, 'medians.out_median_90d', 'decimal(18,2)') }} as txn_out_amt_median_90d,
        {{ tag_value(flows, 'medians.in_median_90d', 'decimal(18,2)') }} as txn_in_amt_median_90d,
        {{ tag_value(flows, 'main_channels.channel', 'varchar') }} as txn_main_channel_code_90d,
        {{ tag_value(flows, 'channel_spread.cnt', 'integer', '0') }} as txn_channel_cnt_90d
    from spine
    cross join night
    left join recency on spine.customer_id = recency.customer_id
    left join card_acts on spine.customer_id = card_acts.customer_id
    left join securities_customers on spine.customer_id = securities_customers.customer_id
    left join flow_sums on spine.customer_id = flow_sums.customer_id
    left join medians on spine.customer_id = medians.customer_id
    left join main_channels on spine.customer_id = main_channels.customer_id
    left join channel_spread on spine.customer_id = channel_spread.customer_id
)

select * from final
