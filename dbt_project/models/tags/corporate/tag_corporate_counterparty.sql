-- a row is one corporate customer of the spine; how many pay it and are paid by it, who is new, and how concentrated they are
{% set flow = ['core_acct', 'core_acct_person', 'core_txn', 'ecif_corp'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_corporate_spine') }}
),

flows as (
    select
        flows.customer_id,
        flows.direction,
        flows.cp_key,
        flows.is_cp_customer,
        flows.amt,
        night.biz_date - flows.acct_date as days_ago,
        date_diff('month', flows.acct_date, night.month_start) as months_ago,
        case when flows.is_reversal then 0 else 1 end as counts
    from {{ ref('dwd_corporate_flow') }} as flows
    cross join night
    where flows.is_third and not flows.is_void and flows.acct_date <= night.biz_date
),

year_sums as (
    select customer_id, sum(amt) as in_amt
    from flows
    where direction = 'in' and months_ago between 1 and 12
    group by customer_id
),

-- What does not fold from day to day: whom the money came from and went to.
pairs as (
    select
        customer_id,
        direction,
        cp_key,
        bool_or(is_cp_customer) as is_cp_customer,
        {% for days in [30, 90, 365] %}
        sum(case when days_ago < {{ days }} then amt else 0 end) as amt_{{ days }}d,
        sum(case when days_ago < {{ days }} then counts else 0 end) as cnt_{{ days }}d,
        {% endfor %}
        sum(case when days_ago between 90 and 179 then counts else 0 end) as cnt_before,
        sum(case when days_ago between 30 and 364 then counts else 0 end) as cnt_known,
        sum(case when days_ago between 90 and 364 then counts else 0 end) as cnt_known_90d
    from flows
    where cp_key is not null and days_ago < 365
    group by customer_id, direction, cp_key
),

counts as (
    select
        customer_id,
        {% for side in ['in', 'out'] %}
        {% for days in [30, 90, 365] %}
        cast(count(case when direction = '{{ side }}' and cnt_{{ days }}d > 0 then 1 end) as integer)
            as {{ side }}_cnt_{{ days }}d,
        {% endfor %}
        cast(count(case when direction = '{{ side }}' and cnt_90d > 0 and cnt_known_90d = 0 then 1 end) as integer)
            as {{ side }}_new_cnt,
        cast(count(case when direction = '{{ side }}' and cnt_90d = 0 and cnt_before > 0 then 1 end) as integer)
            as {{ side }}_lost_cnt,
        cast(count(case when direction = '{{ side }}' and cnt_90d > 0 and is_cp_customer then 1 end) as integer)
            as {{ side }}_here_cnt,
        sum(case when direction = '{{ side }}' and is_cp_customer then amt_90d else 0 end) as {{ side }}_here_amt,
        sum(case when direction = '{{ side }}' then amt_90d else 0 end) as {{ side }}_amt{{ ',' if not loop.last }}
        {% endfor %}
    from pairs
    group by customer_id
),

both_ways as (
    select customer_id, cast(count(*) as integer) as both_cnt
    from (
        select customer_id, cp_key
        from pairs
        where cnt_90d > 0
        group by customer_id, cp_key
        having count(distinct direction) = 2
    )
    group by customer_id
),

-- Whose reversals outweigh the payments of the window is no counterparty of it.
ranked as (
    {% for days in [90, 365] %}
    select
        customer_id,
        direction,
        '{{ days }}d' as window_code,
        amt_{{ days }}d as amt,
        sum(amt_{{ days }}d) over (partition by customer_id, direction) as total,
        row_number() over (partition by customer_id, direction order by amt_{{ days }}d desc, cp_key) as place
    from pairs
    where amt_{{ days }}d > 0
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

ranked_shares as (
    select *, cast({{ divided('amt', 'total', 8) }} as decimal(9, 8)) as share from ranked
),

shares as (
    select
        customer_id,
        {% for days in [90, 365] %}
        max(case when direction = 'in' and window_code = '{{ days }}d' then total end) as in_total_{{ days }}d,
        sum(case when direction = 'in' and window_code = '{{ days }}d' and place <= 10 then amt end) as in_top10_{{ days }}d,
        max(case when direction = 'in' and window_code = '{{ days }}d' and place = 1 then amt end) as in_top1_{{ days }}d,
        sum(case when direction = 'in' and window_code = '{{ days }}d' then cast(share * share as decimal(18, 12)) end)
            as in_hhi_{{ days }}d,
        max(case when direction = 'out' and window_code = '{{ days }}d' then total end) as out_total_{{ days }}d,
        sum(case when direction = 'out' and window_code = '{{ days }}d' and place <= 10 then amt end) as out_top10_{{ days }}d,
        max(case when direction = 'out' and window_code = '{{ days }}d' and place = 1 then amt end)
            as out_top1_{{ days }}d{{ ',' if not loop.last }}
        {% endfor %}
    from ranked_shares
    group by customer_id
),

new_large as (
    select
        pairs.customer_id,
        cast(count(*) as integer) as newlarge_cnt,
        sum(pairs.amt_30d) as newlarge_amt
    from pairs
    left join year_sums on pairs.customer_id = year_sums.customer_id
    where
        pairs.direction = 'in'
        and pairs.cnt_30d > 0
        and pairs.cnt_known = 0
        and pairs.amt_30d >= {{ parameter('cp_newlarge_amt') }}
        -- A share of the mean month, without dividing.
        and pairs.amt_30d * 12 >= {{ parameter('cp_newlarge_ratio') }} * coalesce(year_sums.in_amt, 0)
    group by pairs.customer_id
),

final as (
    select
        spine.customer_id,
        {{ tag_value(flow, 'counts.in_cnt_30d', 'integer', '0') }} as stl_in_cp_cnt_30d,
        {{ tag_value(flow, 'counts.in_cnt_90d', 'integer', '0') }} as stl_in_cp_cnt_90d,
        {{ tag_value(flow, 'counts.in_cnt_365d', 'integer', '0') }} as stl_in_cp_cnt_365d,
        {{ tag_value(flow, 'counts.in_new_cnt', 'integer', '0') }} as stl_in_cp_new_cnt_90d,
        {{ tag_value(flow, 'counts.in_lost_cnt', 'integer', '0') }} as stl_in_cp_lost_cnt_90d,
        {{ tag_value(flow, 'counts.in_here_cnt', 'integer', '0') }} as stl_in_cp_here_cnt_90d,
        {{ tag_value(flow, divided('counts.in_here_amt', 'counts.in_amt'), 'decimal(18,4)') }}
            as stl_in_cp_here_ratio_90d,
        {{ tag_value(flow, 'counts.out_cnt_30d', 'integer', '0') }} as stl_out_cp_cnt_30d,
        {{ tag_value(flow, 'counts.out_cnt_90d', 'integer', '0') }} as stl_out_cp_cnt_90d,
        {{ tag_value(flow, 'counts.out_cnt_365d', 'integer', '0') }} as stl_out_cp_cnt_365d,
        {{ tag_value(flow, 'counts.out_new_cnt', 'integer', '0') }} as stl_out_cp_new_cnt_90d,
        {{ tag_value(flow, 'counts.out_lost_cnt', 'integer', '0') }} as stl_out_cp_lost_cnt_90d,
        {{ tag_value(flow, 'counts.out_here_cnt', 'integer', '0') }} as stl_out_cp_here_cnt_90d,
        {{ tag_value(flow, divided('counts.out_here_amt', 'counts.out_amt'), 'decimal(18,4)') }}
            as stl_out_cp_here_ratio_90d,
        {{ tag_value(flow, divided('shares.in_top10_90d', 'shares.in_total_90d'), 'decimal(18,4)') }}
            as stl_cp_top10_ratio_90d,
        {{ tag_value(flow, divided('shares.in_top1_90d', 'shares.in_total_90d'), 'decimal(18,4)') }}
            as stl_cp_top1_ratio_90d,
        {{ tag_value(flow, 'shares.in_hhi_90d', 'decimal(18,4)') }} as stl_cp_hhi_90d,
        {{ tag_value(flow, divided('shares.out_top10_90d', 'shares.out_total_90d'), 'decimal(18,4)') }}
            as stl_out_cp_top10_ratio_90d,
        {{ tag_value(flow, divided('shares.out_top1_90d', 'shares.out_total_90d'), 'decimal(18,4)') }}
            as stl_out_cp_top1_ratio_90d,
        {{ tag_value(flow, divided('shares.in_top10_365d', 'shares.in_total_365d'), 'decimal(18,4)') }}
            as stl_cp_top10_ratio_365d,
        {{ tag_value(flow, divided('shares.in_top1_365d', 'shares.in_total_365d'), 'decimal(18,4)') }}
            as stl_cp_top1_ratio_365d,
        {{ tag_value(flow, 'shares.in_hhi_365d', 'decimal(18,4)') }} as stl_cp_hhi_365d,
        {{ tag_value(flow, divided('shares.out_top10_365d', 'shares.out_total_365d'), 'decimal(18,4)') }}
            as stl_out_cp_top10_ratio_365d,
        {{ tag_value(flow, divided('shares.out_top1_365d', 'shares.out_total_365d'), 'decimal(18,4)') }}
            as stl_out_cp_top1_ratio_365d,
        {{ tag_value(flow, 'new_large.newlarge_cnt', 'integer', '0') }} as stl_cp_newlarge_cnt_30d,
        {{ tag_value(flow, 'new_large.newlarge_amt', 'decimal(18,2)', '0') }} as stl_cp_newlarge_amt_sum_30d,
        {{ tag_value(flow, 'both_ways.both_cnt', 'integer', '0') }} as stl_cp_both_cnt_90d
    from spine
    left join counts on spine.customer_id = counts.customer_id
    left join both_ways on spine.customer_id = both_ways.customer_id
    left join shares on spine.customer_id = shares.customer_id
    left join new_large on spine.customer_id = new_large.customer_id
)

select * from final
