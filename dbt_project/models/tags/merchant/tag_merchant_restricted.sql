-- a row is one merchant of the spine; what the opaque flags of the mart stand for: the restricted file only
{% set sold = ['mer_info', 'mer_txn'] %}
{% set controls = ['mer_info', 'ecif_retail', 'ecif_corp', 'core_acct', 'core_acct_person', 'core_ctrl'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_merchant_spine') }}
),

merchants as (
    select customer_id, owner_customer_id, settle_acct_no, settle_bank = 'OWN' as is_settled_here from {{ ref('dwd_merchant') }}
),

ratios as (
    select customer_id, mer_credit_ratio_30d, mer_night_ratio_30d from {{ ref('tag_merchant_ratio') }}
),

payers as (
    select customer_id, mer_round_ratio_30d, mer_near_limit_ratio_30d, mer_payer_top_ratio_30d from {{ ref('tag_merchant_payer') }}
),

live_controls as (
    select controls.*
    from {{ ref('dwd_account_control') }} as controls
    inner join night
        on
            controls.from_date <= night.biz_date
            and (controls.to_date is null or controls.to_date > night.biz_date)
    where {{ blocking_control('controls') }}
),

hits as (
    select
        merchants.customer_id,
        live_controls.ctrl_no,
        live_controls.by_code,
        merchants.is_settled_here and live_controls.acct_no = merchants.settle_acct_no as is_settle_acct
    from merchants
    inner join live_controls
        on
            live_controls.customer_id = merchants.owner_customer_id
            or (merchants.is_settled_here and live_controls.acct_no = merchants.settle_acct_no)
),

control_sums as (
    select
        customer_id,
        count(distinct ctrl_no) as ctrl_cnt,
        count(distinct case when is_settle_acct then ctrl_no end) as settle_ctrl_cnt,
        string_agg(distinct by_code, '+' order by by_code) as by_codes
    from hits
    group by customer_id
),

scores as (
    select
        ratios.customer_id,
        {{ cashout_score('ratios.mer_credit_ratio_30d', 'payers.mer_round_ratio_30d', 'payers.mer_payer_top_ratio_30d',
            'ratios.mer_night_ratio_30d', 'payers.mer_near_limit_ratio_30d') }} as score
    from ratios
    inner join payers on ratios.customer_id = payers.customer_id
),

reasons as (
    select
        scores.customer_id,
        scores.score,
        scores.score >= {{ parameter('mer_cashout_watch_score') }} as is_scored
    from scores
),

final as (
    select
        spine.customer_id,
        {{ tag_value(sold, 'reasons.score', 'integer') }} as mer_cashout_score,
        {{ tag_value(sold, 'reasons.is_scored', 'boolean', 'false') }} as mer_is_cashout_watch,
        {{ tag_value(controls, 'control_sums.ctrl_cnt', 'integer', '0') }} as risk_ctrl_owner_cnt,
        {{ tag_value(controls, 'control_sums.settle_ctrl_cnt', 'integer', '0') }} as risk_ctrl_settle_acct_cnt,
        {{ tag_value(controls + ['mer_txn'],
            "nullif(concat_ws('+', case when reasons.is_scored then 'cashout' end, control_sums.by_codes), '')", 'varchar') }}
            as risk_block_reason_code
    from spine
    left join reasons on spine.customer_id = reasons.customer_id
    left join control_sums on spine.customer_id = control_sums.customer_id
)

select * from final
