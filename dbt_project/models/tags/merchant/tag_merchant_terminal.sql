-- a row is one merchant of the spine; its terminals and code plates, which of them sell, and where they stand
{% set bound = ['mer_info', 'mer_terminal'] %}
{% set used = ['mer_info', 'mer_terminal', 'mer_txn'] %}
{% set sold = ['mer_info', 'mer_txn'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_merchant_spine') }}
),

merchants as (
    select customer_id, region_code from {{ ref('dwd_merchant') }}
),

sales as (
    select transactions.customer_id, transactions.term_sn, transactions.acct_date, night.biz_date - transactions.acct_date as days_ago
    from {{ ref('dwd_merchant_transaction') }} as transactions
    inner join night on transactions.acct_date <= night.biz_date
    where transactions.is_ok and not transactions.is_refund
),

sales_by_terminal as (
    select
        customer_id,
        term_sn,
        max(acct_date) as last_date,
        count(case when days_ago < 30 then 1 end) as cnt_30d,
        count(case when days_ago < 90 then 1 end) as cnt_90d
    from sales
    group by customer_id, term_sn
),

terminals as (
    select
        terminals.customer_id,
        terminals.sn,
        terminals.kind_code,
        terminals.bind_date,
        terminals.region_code,
        terminals.region_code <> merchants.region_code as is_away,
        night.biz_date,
        terminals.unbind_date is null or terminals.unbind_date > night.biz_date as is_bound,
        terminals.unbind_date,
        coalesce(sales_by_terminal.cnt_30d, 0) as cnt_30d,
        sales_by_terminal.last_date
    from {{ ref('dwd_merchant_terminal') }} as terminals
    inner join merchants on terminals.customer_id = merchants.customer_id
    inner join night on terminals.bind_date <= night.biz_date
    left join sales_by_terminal
        on terminals.customer_id = sales_by_terminal.customer_id and terminals.sn = sales_by_terminal.term_sn
),

terminal_sums as (
    select
        customer_id,
        count(*) as ltd_cnt,
        count(case when is_bound then 1 end) as bound_cnt,
        count(case when is_bound and kind_code = 'pos' then 1 end) as pos_cnt,
        count(case when is_bound and kind_code = 'qr' then 1 end) as qr_cnt,
        count(case when not is_bound then 1 end) as unbound_cnt,
        min(bind_date) as first_date,
        max(bind_date) as last_date,
        count(case when is_bound and bind_date > biz_date - 90 then 1 end) as new_cnt_90d,
        count(case when is_bound and cnt_30d > 0 then 1 end) as active_cnt_30d,
        count(case when is_bound and cnt_30d = 0 then 1 end) as idle_cnt_30d,
        count(case when is_bound and last_date is null then 1 end) as never_cnt,
        -- A plate that was never used is as old as its binding.
        count(case
            when is_bound and coalesce(last_date, bind_date) <= biz_date - cast({{ parameter('mer_term_dormant_days') }} as integer) then 1
        end) as dormant_cnt,
        count(distinct case when is_bound then region_code end) as region_cnt,
        count(case when is_bound and is_away then 1 end) as away_cnt
    from terminals
    group by customer_id
),

-- Sales at a terminal that is not bound to the merchant: unbound, another merchant's, or not known at all.
stray_sales as (
    select sales.customer_id, count(*) as cnt
    from sales
    left join terminals
        on
            sales.customer_id = terminals.customer_id
            and sales.term_sn = terminals.sn
            and sales.acct_date >= terminals.bind_date
            and sales.acct_date < coalesce(terminals.unbind_date, date '9999-12-31')
    where sales.days_ago < 90 and terminals.sn is null
    group by sales.customer_id
),

busiest as (
    select customer_id, {{ divided('max(cnt_90d)', 'sum(cnt_90d)') }} as top_ratio from sales_by_terminal group by customer_id
),

pay_kinds as (
    select
        sales_daily.customer_id,
        {% for pay in ['debit', 'credit', 'wallet', 'ecny'] %}
        bool_or(sales_daily.pay = '{{ pay }}' and sales_daily.acct_date > night.biz_date - 90) as has_{{ pay }},
        {% endfor %}
        min(case when sales_daily.pay = 'ecny' then sales_daily.acct_date end) as ecny_first_date
    from {{ ref('dws_merchant_transaction_daily') }} as sales_daily
    inner join night on sales_daily.acct_date <= night.biz_date
    where sales_daily.cnt > 0
    group by sales_daily.customer_id
),

final as (
    select
        spine.customer_id,
        {{ tag_value(bound, 'terminal_sums.bound_cnt', 'integer', '0') }} as prod_term_cnt,
        {{ tag_value(bound, 'terminal_sums.pos_cnt', 'integer', '0') }} as prod_term_pos_cnt,
        {{ tag_value(bound, 'terminal_sums.qr_cnt', 'integer', '0') }} as prod_term_qr_cnt,
        {{ tag_value(bound, 'terminal_sums.pos_cnt > 0', 'boolean', 'false') }} as prod_has_pos,
        {{ tag_value(bound, 'terminal_sums.qr_cnt > 0', 'boolean', 'false') }} as prod_has_qr,
        {{ tag_value(bound, 'terminal_sums.ltd_cnt', 'integer', '0') }} as prod_term_cnt_ltd,
        {{ tag_value(bound, 'terminal_sums.unbound_cnt', 'integer', '0') }} as prod_term_unbound_cnt_ltd,
        {{ tag_value(bound, 'terminal_sums.first_date', 'date') }} as prod_term_first_date,
        {{ tag_value(bound, 'terminal_sums.last_date', 'date') }} as prod_term_last_date,
        {{ tag_value(bound, 'terminal_sums.new_cnt_90d', 'integer', '0') }} as prod_term_new_cnt_90d,
        {{ tag_value(bound, 'terminal_sums.region_cnt', 'integer', '0') }} as prod_term_region_cnt,
        {{ tag_value(bound, 'terminal_sums.away_cnt', 'integer', '0') }} as prod_term_away_cnt,
        {{ tag_value(used, 'terminal_sums.active_cnt_30d', 'integer', '0') }} as prod_term_active_cnt_30d,
        {{ tag_value(used, 'terminal_sums.idle_cnt_30d', 'integer', '0') }} as prod_term_idle_cnt_30d,
        {{ tag_value(used, divided('terminal_sums.active_cnt_30d', 'terminal_sums.bound_cnt'), 'decimal(18,4)') }}
            as prod_term_active_ratio_30d,
        {{ tag_value(used, 'terminal_sums.never_cnt', 'integer', '0') }} as prod_term_never_cnt,
        {{ tag_value(used, 'terminal_sums.dormant_cnt', 'integer', '0') }} as prod_term_dormant_cnt,
        {{ tag_value(used, 'stray_sales.cnt', 'integer', '0') }} as prod_term_stray_cnt_90d,
        {{ tag_value(sold, 'busiest.top_ratio', 'decimal(18,4)') }} as prod_term_top_ratio_90d,
        {% for pay in ['debit', 'credit', 'wallet', 'ecny'] %}
        {{ tag_value(sold, 'pay_kinds.has_' ~ pay, 'boolean', 'false') }} as prod_has_{{ pay }}_90d,
        {% endfor %}
        {{ tag_value(sold, 'pay_kinds.ecny_first_date', 'date') }} as prod_ecny_first_date
    from spine
    left join terminal_sums on spine.customer_id = terminal_sums.customer_id
    left join stray_sales on spine.customer_id = stray_sales.customer_id
    left join busiest on spine.customer_id = busiest.customer_id
    left join pay_kinds on spine.customer_id = pay_kinds.customer_id
)

select * from final
