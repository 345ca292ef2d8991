-- a row is one retail customer of the spine; how the customer uses the mobile bank
{% set events = ['chn_event'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_retail_spine') }}
),

channel_daily as (
    select
        channel_daily.*,
        night.biz_date - channel_daily.acct_date as days_ago,
        night.biz_date,
        night.month_start
    from {{ ref('dws_retail_channel_daily') }} as channel_daily
    inner join night on channel_daily.acct_date <= night.biz_date
),

logins as (
    select
        customer_id,
        min(acct_date) as first_date,
        max(acct_date) as last_date,
        max(biz_date) - max(acct_date) as idle_days,
        count(distinct case
            when acct_date >= month_start - interval 12 month and acct_date < month_start then date_trunc('month', acct_date)
        end) as month_cnt_l12m,
        count(distinct case
            when acct_date >= month_start - interval 3 month and acct_date < month_start then date_trunc('month', acct_date)
        end) as month_cnt_l3m
    from channel_daily
    where event = 'login'
    group by customer_id
),

page_counts as (
    select customer_id, page, sum(cnt) as cnt
    from channel_daily
    where event = 'view' and days_ago < 30
    group by customer_id, page
    having sum(cnt) > 0
),

main_pages as (
    select customer_id, page
    from page_counts
    qualify row_number() over (partition by customer_id order by cnt desc, page) = 1
),

activity as (
    select
        customer_id,
        count(distinct case when days_ago < 30 then acct_date end) as day_cnt_30d,
        count(distinct case when days_ago between 30 and 59 then acct_date end) as day_cnt_before,
        sum(case when event = 'view' and days_ago < 30 then stay_sec else 0 end) as stay_sec_30d,
        sum(case when event = 'click' and days_ago < 30 then cnt else 0 end) as click_cnt_30d,
        max(case when event = 'view' and page in ('wm', 'fund') and cnt > 0 then acct_date end) as invest_view_date,
        max(case when event = 'view' and page = 'loan' and cnt > 0 then acct_date end) as loan_view_date
    from channel_daily
    group by customer_id
),

page_spread as (
    select customer_id, count(*) as cnt from page_counts group by customer_id
),

final as (
    select
        spine.customer_id,
        {{ tag_value(events, 'logins.first_date', 'date') }} as chn_first_login_date,
        {{ tag_value(events, 'logins.last_date', 'date') }} as chn_last_login_date,
        {{ tag_value(events, 'logins.idle_days', 'integer') }} as chn_login_idle_days,
        {{ tag_value(events, 'logins.idle_days < 30', 'boolean', 'false') }} as chn_is_active_30d,
        {{ tag_value(events, 'logins.month_cnt_l3m', 'integer', '0') }} as chn_login_month_cnt_l3m,
        {{ tag_value(events, 'logins.month_cnt_l12m', 'integer', '0') }} as chn_login_month_cnt_l12m,
        {{ tag_value(events, 'activity.day_cnt_30d', 'integer', '0') }} as chn_day_cnt_30d,
        {{ tag_value(events, 'coalesce(activity.day_cnt_30d, 0) - coalesce(activity.day_cnt_before, 0)', 'integer') }}
            as chn_day_cnt_chg_30d,
        {{ tag_value(events, 'activity.stay_sec_30d', 'integer', '0') }} as chn_stay_sec_30d,
        {{ tag_value(events, 'activity.click_cnt_30d', 'integer', '0') }} as chn_click_cnt_30d,
        {{ tag_value(events, 'main_pages.page', 'varchar') }} as chn_main_page_code_30d,
        {{ tag_value(events, 'page_spread.cnt', 'integer', '0') }} as chn_page_cnt_30d,
        {{ tag_value(events, 'activity.invest_view_date', 'date') }} as chn_last_invest_view_date,
        {{ tag_value(events, 'activity.loan_view_date', 'date') }} as chn_last_loan_view_date
    from spine
    left join logins on spine.customer_id = logins.customer_id
    left join activity on spine.customer_id = activity.customer_id
    left join main_pages on spine.customer_id = main_pages.customer_id
    left join page_spread on spine.customer_id = page_spread.customer_id
)

select * from final
