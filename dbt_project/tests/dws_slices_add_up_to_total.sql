-- a row is one partial table and day whose slices do not add up to what they were folded from
{% set flows = ['retail_transaction', 'retail_pay', 'corporate_transaction', 'corporate_pay', 'merchant_transaction'] %}
{% set histories = [
    'retail_liability', 'retail_held', 'retail_held_total',
    'corporate_asset', 'corporate_liability', 'corporate_total', 'corporate_settle',
] %}

with controls as (
    select * from {{ ref('dws_control_total') }}
),

sums as (
    {% for flow in flows %}
    select '{{ flow }}_daily' as table_name, acct_date, sum(amt_sum) as amt_total, sum(cnt) as cnt_total
    from {{ ref('dws_' ~ flow ~ '_daily') }}
    where acct_date in (select controls.acct_date from controls)
    group by acct_date
    union all
    {% endfor %}
    {% for history in histories %}
    select '{{ history }}_history' as table_name, days.acct_date, sum(history.bal) as amt_total, null as cnt_total
    from {{ ref('dws_' ~ history ~ '_history') }} as history
    inner join (select controls.acct_date from controls where controls.table_name = '{{ history }}_history') as days
        on history.valid_from <= days.acct_date and history.valid_to > days.acct_date
    group by days.acct_date
    union all
    {% endfor %}
    select 'retail_channel_daily' as table_name, acct_date, sum(stay_sec) as amt_total, sum(cnt) as cnt_total
    from {{ ref('dws_retail_channel_daily') }}
    where acct_date in (select controls.acct_date from controls)
    group by acct_date
    union all
    select
        'merchant_settle_daily' as table_name,
        settle_date as acct_date,
        sum(amt_sum + returned_amt) as amt_total,
        sum(cnt + returned_cnt) as cnt_total
    from {{ ref('dws_merchant_settle_daily') }}
    where settle_date in (select controls.acct_date from controls)
    group by settle_date
)

select
    controls.table_name,
    controls.acct_date,
    controls.amt_total as amt_expected,
    sums.amt_total as amt_found,
    controls.cnt_total as cnt_expected,
    sums.cnt_total as cnt_found
from controls
left join sums on controls.table_name = sums.table_name and controls.acct_date = sums.acct_date
where
    controls.amt_total <> coalesce(sums.amt_total, 0)
    or controls.cnt_total <> coalesce(sums.cnt_total, 0)
