-- a row is one merchant of the spine; signals over base tags, and two flags that say no reason
{% set sold = ['mer_info', 'mer_txn'] %}
{% set termed = ['mer_info', 'mer_txn', 'mer_terminal'] %}
{% set accounts = ['mer_info', 'ecif_retail', 'ecif_corp', 'core_acct', 'core_acct_person'] %}
{% set courts = ['mer_info', 'ecif_retail', 'ecif_corp', 'ext_court'] %}
{% set loans = ['mer_info', 'ecif_retail', 'ecif_corp', 'crd_note', 'cc_acct'] %}
{% set closed_eyes = ['mer_info', 'mer_txn', 'ecif_retail', 'ecif_corp', 'core_acct', 'core_acct_person', 'core_ctrl'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_merchant_spine') }}
),

merchants as (
    select customer_id, owner_customer_id, settle_acct_no, settle_bank = 'OWN' as is_settled_here from {{ ref('dwd_merchant') }}
),

profiles as (
    select customer_id, mer_is_seasonal, mer_mcc_class_code from {{ ref('tag_merchant_profile') }}
),

ratios as (
    select * from {{ ref('tag_merchant_ratio') }}
),

rhythms as (
    select customer_id, mer_silent_bizdays from {{ ref('tag_merchant_rhythm') }}
),

payers as (
    select * from {{ ref('tag_merchant_payer') }}
),

terminals as (
    select customer_id, prod_term_dormant_cnt, prod_term_away_cnt, prod_term_stray_cnt_90d from {{ ref('tag_merchant_terminal') }}
),

settles as (
    select customer_id, mer_settle_is_owner_acct from {{ ref('tag_merchant_settle') }}
),

owner_debts as (
    select customer_id, owner_loan_dpd_max, owner_cc_dpd from {{ ref('tag_merchant_owner_debt') }}
),

-- The usual ticket of a trade: of two middle values the lower one.
class_tickets as (
    select profiles.mer_mcc_class_code, quantile_disc(payers.mer_ticket_amt_median_90d, 0.5) as median_amt
    from profiles
    inner join payers on profiles.customer_id = payers.customer_id
    group by profiles.mer_mcc_class_code
),

live_controls as (
    select controls.customer_id, controls.acct_no
    from {{ ref('dwd_account_control') }} as controls
    inner join night
        on
            controls.from_date <= night.biz_date
            and (controls.to_date is null or controls.to_date > night.biz_date)
    where {{ blocking_control('controls') }}
),

court_lists as (
    select distinct court_cases.customer_id
    from {{ ref('dwd_court_case') }} as court_cases
    inner join night
        on
            court_cases.filed_date <= night.biz_date
            and (court_cases.closed_date is null or court_cases.closed_date > night.biz_date)
    where court_cases.role_code = 'defendant' and court_cases.kind_code in ('enforce', 'dishonest', 'limit_consume')
),

signals as (
    select
        merchants.customer_id,
        merchants.owner_customer_id,
        rhythms.mer_silent_bizdays >= {{ parameter('mer_silent_days') }} and not profiles.mer_is_seasonal as is_silent,
        ratios.mer_amt_chg_ratio_28d <= {{ parameter('mer_drop_ratio') }} as is_drop,
        ratios.mer_amt_chg_ratio_28d >= {{ parameter('mer_rise_ratio') }} as is_surge,
        ratios.mer_refund_amt_ratio_30d >= {{ parameter('mer_refund_high_ratio') }} as is_refund_high,
        ratios.mer_night_ratio_30d >= {{ parameter('mer_night_high_ratio') }} as is_night_high,
        ratios.mer_credit_ratio_30d >= {{ parameter('mer_credit_high_ratio') }} as is_credit_high,
        ratios.mer_fail_ratio_30d >= {{ parameter('mer_fail_high_ratio') }} as is_fail_high,
        payers.mer_round_ratio_30d >= {{ parameter('mer_round_high_ratio') }} as is_round_high,
        payers.mer_near_limit_ratio_30d >= {{ parameter('mer_near_limit_high_ratio') }} as is_near_limit_high,
        payers.mer_payer_top_ratio_30d >= {{ parameter('mer_top_payer_high_ratio') }} as is_top_payer_high,
        {{ divided('payers.mer_ticket_amt_median_90d', 'class_tickets.median_amt') }} as ticket_peer_ratio,
        terminals.prod_term_dormant_cnt > 0 as has_dormant_term,
        terminals.prod_term_away_cnt > 0 or terminals.prod_term_stray_cnt_90d > 0 as has_stray_term,
        settles.mer_settle_is_owner_acct,
        owner_debts.owner_loan_dpd_max > 0 or coalesce(owner_debts.owner_cc_dpd, 0) > 0 as is_owner_overdue,
        {{ cashout_score('ratios.mer_credit_ratio_30d', 'payers.mer_round_ratio_30d', 'payers.mer_payer_top_ratio_30d',
            'ratios.mer_night_ratio_30d', 'payers.mer_near_limit_ratio_30d') }} >= {{ parameter('mer_cashout_watch_score') }}
            as is_scored,
        merchants.owner_customer_id in (
            select live_controls.customer_id from live_controls where live_controls.customer_id is not null
        ) as is_owner_controlled,
        merchants.is_settled_here and merchants.settle_acct_no in (select live_controls.acct_no from live_controls) as is_acct_controlled
    from merchants
    left join profiles on merchants.customer_id = profiles.customer_id
    left join ratios on merchants.customer_id = ratios.customer_id
    left join rhythms on merchants.customer_id = rhythms.customer_id
    left join payers on merchants.customer_id = payers.customer_id
    left join terminals on merchants.customer_id = terminals.customer_id
    left join settles on merchants.customer_id = settles.customer_id
    left join owner_debts on merchants.customer_id = owner_debts.customer_id
    left join class_tickets on profiles.mer_mcc_class_code = class_tickets.mer_mcc_class_code
),

{% set counted = ['is_silent', 'is_drop', 'is_surge', 'is_refund_high', 'is_night_high', 'is_credit_high', 'is_fail_high',
    'is_round_high', 'is_near_limit_high', 'is_top_payer_high', 'has_dormant_term', 'has_stray_term'] %}
counted as (
    select
        signals.*,
        {% for signal in counted %}
        coalesce(cast(signals.{{ signal }} as integer), 0){{ ' as signal_cnt' if loop.last else ' +' }}
        {% endfor %}
    from signals
),

final as (
    select
        spine.customer_id,
        {% for signal in counted[:10] %}
        {{ tag_value(sold, 'counted.' ~ signal, 'boolean', 'false') }} as risk_{{ signal }},
        {% endfor %}
        {{ tag_value(termed, 'counted.has_dormant_term', 'boolean', 'false') }} as risk_has_dormant_term,
        {{ tag_value(termed, 'counted.has_stray_term', 'boolean', 'false') }} as risk_has_stray_term,
        {{ tag_value(termed, 'counted.signal_cnt', 'integer', '0') }} as risk_signal_cnt,
        {{ tag_value(sold, 'counted.ticket_peer_ratio', 'decimal(18,4)') }} as risk_ticket_peer_ratio_90d,
        {{ tag_value(accounts, 'not counted.mer_settle_is_owner_acct', 'boolean') }} as risk_is_settle_other_person,
        {{ tag_value(loans, 'counted.is_owner_overdue', 'boolean') }} as risk_is_owner_overdue,
        {{ tag_value(courts, 'case when counted.owner_customer_id is not null then court_lists.customer_id is not null end', 'boolean') }}
            as risk_is_owner_enforced,
        {{ tag_value(closed_eyes, 'counted.is_scored or counted.is_owner_controlled or counted.is_acct_controlled', 'boolean', 'false') }}
            as risk_is_marketing_blocked,
        {{ tag_value(closed_eyes + ['mer_terminal'],
            'counted.is_scored or counted.is_acct_controlled or counted.signal_cnt >= ' ~ parameter('mer_watch_signal_cnt'),
            'boolean', 'false') }} as mer_is_watch
    from spine
    inner join counted on spine.customer_id = counted.customer_id
    left join court_lists on counted.owner_customer_id = court_lists.customer_id
)

select * from final
