-- a row is one retail customer of the spine; which investment lines the customer holds, held first and last, and gave up
{% set hold = ['inv_hold'] %}
{% set orders = ['inv_order'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_retail_spine') }}
),

-- The only reading of the daily holdings: a row is one product that a customer ever held, with its first and last day.
held_products as (
    select
        holdings.customer_id,
        holdings.line_code,
        holdings.prod_id,
        min(coalesce(holdings.start_date, holdings.hold_date)) as first_date,
        max(holdings.hold_date) as last_date,
        max(night.biz_date) as biz_date
    from {{ ref('dwd_holding') }} as holdings
    inner join night on holdings.hold_date <= night.biz_date
    where holdings.market_amt > 0
    group by holdings.customer_id, holdings.line_code, holdings.prod_id
),

line_sums as (
    select
        customer_id,
        max(biz_date) as biz_date,
        {% for line in ['wm', 'fund', 'pm', 'tb', 'trust'] %}
        count(case when line_code = '{{ line }}' and last_date = biz_date then 1 end) as {{ line }}_now_cnt,
        count(case when line_code = '{{ line }}' then 1 end) as {{ line }}_ever_cnt,
        count(case when line_code = '{{ line }}' and first_date > biz_date - 365 then 1 end) as {{ line }}_new_cnt,
        min(case when line_code = '{{ line }}' then first_date end) as {{ line }}_first_date,
        max(case when line_code = '{{ line }}' then last_date end) as {{ line }}_last_date{{ ',' if not loop.last }}
        {% endfor %}
    from held_products
    group by customer_id
),

orders as (
    select orders.*, night.biz_date
    from {{ ref('dwd_order') }} as orders
    inner join night on orders.order_date <= night.biz_date
),

sip_sums as (
    select
        customer_id,
        count(distinct case when order_date > biz_date - 90 then prod_id end) as prod_cnt,
        min(order_date) as first_date
    from orders
    where order_type = 'sip'
    group by customer_id
),

subscriptions as (
    select * from orders where order_type = 'sub' and status_code <> 'failed'
),

order_sums as (
    select customer_id, min(order_date) as first_date, max(order_date) as last_date
    from subscriptions
    group by customer_id
),

last_orders as (
    select customer_id, line_code
    from subscriptions
    qualify row_number() over (partition by customer_id order by order_date desc, order_no desc) = 1
),

final as (
    select
        spine.customer_id,
        {{ tag_value(hold, 'line_sums.wm_first_date', 'date') }} as prod_wm_first_date,
        {{ tag_value(hold, 'line_sums.wm_last_date', 'date') }} as prod_wm_last_date,
        {{ tag_value(
            hold,
            'case when line_sums.wm_now_cnt = 0 then line_sums.biz_date - line_sums.wm_last_date end',
            'integer'
        ) }} as prod_wm_idle_days,
        {{ tag_value(hold, 'line_sums.wm_ever_cnt', 'integer', '0') }} as prod_wm_cnt_ltd,
        {{ tag_value(hold, 'line_sums.wm_new_cnt', 'integer', '0') }} as prod_wm_new_cnt_365d,
        {{ tag_value(hold, 'line_sums.wm_ever_cnt > 0 and line_sums.wm_now_cnt = 0', 'boolean', 'false') }}
            as prod_wm_is_lapsed,
        {{ tag_value(hold, 'line_sums.fund_first_date', 'date') }} as prod_fund_first_date,
        {{ tag_value(hold, 'line_sums.fund_last_date', 'date') }} as prod_fund_last_date,
        {{ tag_value(
            hold,
            'case when line_sums.fund_now_cnt = 0 then line_sums.biz_date - line_sums.fund_last_date end',
            'integer'
        ) }} as prod_fund_idle_days,
        {{ tag_value(hold, 'line_sums.fund_ever_cnt', 'integer', '0') }} as prod_fund_cnt_ltd,
        {{ tag_value(hold, 'line_sums.fund_new_cnt', 'integer', '0') }} as prod_fund_new_cnt_365d,
        {{ tag_value(hold, 'line_sums.fund_ever_cnt > 0 and line_sums.fund_now_cnt = 0', 'boolean', 'false') }}
            as prod_fund_is_lapsed,
        {{ tag_value(hold, 'line_sums.pm_now_cnt > 0', 'boolean', 'false') }} as prod_has_pm_hold,
        {{ tag_value(hold, 'line_sums.pm_now_cnt', 'integer', '0') }} as prod_pm_cnt,
        {{ tag_value(hold, 'line_sums.pm_first_date', 'date') }} as prod_pm_first_date,
        {{ tag_value(hold, 'line_sums.pm_last_date', 'date') }} as prod_pm_last_date,
        {{ tag_value(
            hold,
            'case when line_sums.pm_now_cnt = 0 then line_sums.biz_date - line_sums.pm_last_date end',
            'integer'
        ) }} as prod_pm_idle_days,
        {{ tag_value(hold, 'line_sums.pm_ever_cnt', 'integer', '0') }} as prod_pm_cnt_ltd,
        {{ tag_value(hold, 'line_sums.pm_new_cnt', 'integer', '0') }} as prod_pm_new_cnt_365d,
        {{ tag_value(hold, 'line_sums.pm_ever_cnt > 0 and line_sums.pm_now_cnt = 0', 'boolean', 'false') }}
            as prod_pm_is_lapsed,
        {{ tag_value(hold, 'line_sums.tb_now_cnt > 0', 'boolean', 'false') }} as prod_has_tb_hold,
        {{ tag_value(hold, 'line_sums.tb_now_cnt', 'integer', '0') }} as prod_tb_cnt,
        {{ tag_value(hold, 'line_sums.tb_first_date', 'date') }} as prod_tb_first_date,
        {{ tag_value(hold, 'line_sums.tb_last_date', 'date') }} as prod_tb_last_date,
        {{ tag_value(
            hold,
            'case when line_sums.tb_now_cnt = 0 then line_sums.biz_date - line_sums.tb_last_date end',
            'integer'
        ) }} as prod_tb_idle_days,
        {{ tag_value(hold, 'line_sums.tb_ever_cnt', 'integer', '0') }} as prod_tb_cnt_ltd,
        {{ tag_value(hold, 'line_sums.tb_new_cnt', 'integer', '0') }} as prod_tb_new_cnt_365d,
        {{ tag_value(hold, 'line_sums.tb_ever_cnt > 0 and line_sums.tb_now_cnt = 0', 'boolean', 'false') }}
            as prod_tb_is_lapsed,
        {{ tag_value(hold, 'line_sums.trust_now_cnt > 0', 'boolean', 'false') }} as prod_has_trust_hold,
        {{ tag_value(hold, 'line_sums.trust_now_cnt', 'integer', '0') }} as prod_trust_cnt,
        {{ tag_value(hold, 'line_sums.trust_first_date', 'date') }} as prod_trust_first_date,
        {{ tag_value(hold, 'line_sums.trust_last_date', 'date') }} as prod_trust_last_date,
        {{ tag_value(
            hold,
            'case when line_sums.trust_now_cnt = 0 then line_sums.biz_date - line_sums.trust_last_date end',
            'integer'
        ) }} as prod_trust_idle_days,
        {{ tag_value(hold, 'line_sums.trust_ever_cnt', 'integer', '0') }} as prod_trust_cnt_ltd,
        {{ tag_value(hold, 'line_sums.trust_new_cnt', 'integer', '0') }} as prod_trust_new_cnt_365d,
        {{ tag_value(hold, 'line_sums.trust_ever_cnt > 0 and line_sums.trust_now_cnt = 0', 'boolean', 'false') }}
            as prod_trust_is_lapsed,
        {{ tag_value(orders, 'sip_sums.prod_cnt', 'integer', '0') }} as prod_sip_cnt_90d,
        {{ tag_value(orders, 'sip_sums.first_date', 'date') }} as prod_sip_first_date,
        {{ tag_value(orders, 'order_sums.first_date', 'date') }} as prod_order_first_date,
        {{ tag_value(orders, 'order_sums.last_date', 'date') }} as prod_order_last_date,
        {{ tag_value(orders, 'last_orders.line_code', 'varchar') }} as prod_order_last_line_code
    from spine
    left join line_sums on spine.customer_id = line_sums.customer_id
    left join sip_sums on spine.customer_id = sip_sums.customer_id
    left join order_sums on spine.customer_id = order_sums.customer_id
    left join last_orders on spine.customer_id = last_orders.customer_id
)

select * from final
