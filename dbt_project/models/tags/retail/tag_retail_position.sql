-- a row is one retail customer of the spine; investments by kind: what they cost, what they gained, how long they are held
{% set holdings = ['inv_hold'] %}
{% set products = ['ref_product'] %}
{% set prices = ['ref_price', 'ref_product'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_retail_spine') }}
),

asset_history as (
    select * from {{ ref('dws_retail_asset_history') }}
),

held as (
    select holdings.*, products.kind_code, night.biz_date - holdings.start_date as hold_days
    from {{ ref('dwd_holding') }} as holdings
    inner join night on holdings.hold_date = night.biz_date
    left join {{ ref('dwd_product') }} as products on holdings.prod_id = products.prod_id
    where holdings.market_amt > 0
),

positions as (
    select
        customer_id,
        {% for kind in ['closed', 'open', 'min_hold'] %}
        sum(case when line_code = 'wm' and kind_code = '{{ kind }}' then market_amt else 0 end) as wm_{{ kind }},
        {% endfor %}
        {% for kind in ['money', 'bond', 'mixed', 'equity'] %}
        sum(case when line_code = 'fund' and kind_code = '{{ kind }}' then market_amt else 0 end) as fund_{{ kind }},
        {% endfor %}
        {% for line in ['pm', 'tb', 'wm', 'fund'] %}
        sum(case when line_code = '{{ line }}' then cost_amt end) as {{ line }}_cost,
        count(distinct case when line_code = '{{ line }}' then prod_id end) as {{ line }}_cnt,
        {% endfor %}
        sum(case when line_code = 'pm' then market_amt - cost_amt end) as pm_pnl,
        count(distinct prod_id) as cnt,
        sum(market_amt - cost_amt) as pnl,
        sum(cost_amt) as cost,
        sum(market_amt) as amt,
        max(hold_days) as max_days
    from held
    group by customer_id
),

-- One product may be held in several rows: bought on several days, or under several numbers of the customer.
product_sums as (
    select customer_id, line_code, prod_id, sum(market_amt) as market_amt, sum(cost_amt) as cost_amt
    from held
    group by customer_id, line_code, prod_id
),

products_held as (
    select
        customer_id,
        count(case when line_code = 'fund' and market_amt < cost_amt then 1 end) as fund_loss_cnt,
        max(case when line_code = 'wm' then market_amt end) as wm_max,
        max(market_amt) as max_amt
    from product_sums
    group by customer_id
),

hold_days as (
    select
        asset_history.customer_id,
        {% for prod in ['pm', 'tb'] %}
        sum(case
            when asset_history.prod = '{{ prod }}' and asset_history.bal > 0
                then least(asset_history.valid_to, night.biz_date + 1) - asset_history.valid_from
        end) as {{ prod }}_days{{ ',' if not loop.last }}
        {% endfor %}
    from asset_history
    inner join night on asset_history.valid_from <= night.biz_date
    group by asset_history.customer_id
),

-- An order is filled at the price of the day before its units come or go: what is held at the end of a price's own day moved
-- to that price, whether it values that day or the next.
market_moves as (
    select
        holdings.customer_id,
        prices.valued_date >= night.month_start as is_mtd,
        cast(holdings.units as decimal(38, 4)) * (prices.price - prices.prev_price) as move_amt
    from {{ ref('dwd_price') }} as prices
    inner join night on prices.valued_date >= date_trunc('year', night.biz_date) and prices.valued_date <= night.biz_date
    inner join {{ ref('dwd_holding') }} as holdings
        on prices.price_date = holdings.hold_date and prices.prod_id = holdings.prod_id
),

market_sums as (
    select
        customer_id,
        sum(case when is_mtd then move_amt else 0 end) as mtd_amt,
        sum(move_amt) as ytd_amt
    from market_moves
    group by customer_id
),

final as (
    select
        spine.customer_id,
        {{ tag_value(holdings+products, 'positions.wm_closed', 'decimal(18,2)', '0') }} as wm_closed_bal,
        {{ tag_value(holdings+products, 'positions.wm_open', 'decimal(18,2)', '0') }} as wm_open_bal,
        {{ tag_value(holdings+products, 'positions.wm_min_hold', 'decimal(18,2)', '0') }} as wm_minhold_bal,
        {{ tag_value(holdings+products, 'positions.fund_money', 'decimal(18,2)', '0') }} as fund_money_bal,
        {{ tag_value(holdings+products, 'positions.fund_bond', 'decimal(18,2)', '0') }} as fund_bond_bal,
        {{ tag_value(holdings+products, 'positions.fund_mixed', 'decimal(18,2)', '0') }} as fund_mixed_bal,
        {{ tag_value(holdings+products, 'positions.fund_equity', 'decimal(18,2)', '0') }} as fund_equity_bal,
        {{ tag_value(holdings, 'positions.pm_cost', 'decimal(18,2)', '0') }} as pm_cost_amt,
        {{ tag_value(holdings, 'positions.pm_cnt', 'integer', '0') }} as pm_prod_cnt,
        {{ tag_value(holdings, 'hold_days.pm_days', 'integer', '0') }} as pm_hold_days_ltd,
        {{ tag_value(holdings, 'positions.tb_cost', 'decimal(18,2)', '0') }} as tb_cost_amt,
        {{ tag_value(holdings, 'positions.tb_cnt', 'integer', '0') }} as tb_prod_cnt,
        {{ tag_value(holdings, 'hold_days.tb_days', 'integer', '0') }} as tb_hold_days_ltd,
        {{ tag_value(holdings, 'positions.pm_pnl', 'decimal(18,2)') }} as pm_pnl_amt,
        {{ tag_value(holdings, divided('positions.pm_pnl', 'positions.pm_cost'), 'decimal(18,4)') }} as pm_pnl_ratio,
        {{ tag_value(holdings, 'positions.wm_cost', 'decimal(18,2)', '0') }} as wm_cost_amt,
        {{ tag_value(holdings, 'positions.fund_cost', 'decimal(18,2)', '0') }} as fund_cost_amt,
        {{ tag_value(holdings, 'products_held.fund_loss_cnt', 'integer', '0') }} as fund_loss_prod_cnt,
        {{ tag_value(holdings, 'products_held.wm_max', 'decimal(18,2)', '0') }} as wm_max_prod_amt,
        {{ tag_value(holdings, 'positions.cnt', 'integer', '0') }} as inv_prod_cnt,
        {{ tag_value(holdings, 'positions.pnl', 'decimal(18,2)') }} as inv_pnl_amt,
        {{ tag_value(holdings, divided('positions.pnl', 'positions.cost'), 'decimal(18,4)') }} as inv_pnl_ratio,
        {{ tag_value(holdings, 'positions.max_days', 'integer') }} as inv_hold_days,
        {{ tag_value(holdings, divided('products_held.max_amt', 'positions.amt'), 'decimal(18,4)') }} as inv_top_ratio,
        {{ tag_value(holdings+prices, 'market_sums.mtd_amt', 'decimal(18,2)') }} as aum_market_amt_sum_mtd,
        {{ tag_value(holdings+prices, 'market_sums.ytd_amt', 'decimal(18,2)') }} as aum_market_amt_sum_ytd
    from spine
    left join positions on spine.customer_id = positions.customer_id
    left join products_held on spine.customer_id = products_held.customer_id
    left join hold_days on spine.customer_id = hold_days.customer_id
    left join market_sums on spine.customer_id = market_sums.customer_id
)

select * from final
