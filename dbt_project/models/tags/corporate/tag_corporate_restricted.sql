-- a row is one corporate customer of the spine; controls on the customer’s accounts, for the restricted file and never the mart
{% set controls = ['core_acct', 'core_acct_person', 'core_ctrl'] %}
{% set frozen = ['core_acct', 'core_acct_person', 'core_bal'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_corporate_spine') }}
),

live_controls as (
    select account_controls.*, night.biz_date
    from {{ ref('dwd_account_control') }} as account_controls
    inner join night
        on
            account_controls.from_date <= night.biz_date
            and (account_controls.to_date is null or account_controls.to_date > night.biz_date)
),

control_sums as (
    select
        customer_id,
        {% for orderer in ['court', 'police', 'aml', 'bank'] %}
        count(case when by_code = '{{ orderer }}' then 1 end) as {{ orderer }}_cnt,
        {% endfor %}
        count(case when ctrl_kind = 'freeze' then 1 end) as freeze_cnt,
        count(case when ctrl_kind = 'stop_pay' then 1 end) as stop_pay_cnt,
        count(case when ctrl_kind = 'no_receive_no_pay' then 1 end) as no_pay_cnt,
        count(distinct acct_no) as acct_cnt,
        sum(case when ctrl_kind = 'freeze' then amt else 0 end) as frozen_amt,
        min(from_date) as first_date,
        -- The true reason of the opaque block in the mart, by the same rule.
        string_agg(distinct by_code, '+' order by by_code) filter (
            where by_code in ('court', 'police', 'aml') or ctrl_kind in ('freeze', 'no_receive_no_pay')
        ) as block_reason
    from live_controls
    group by customer_id
),

frozen_balances as (
    select balances.customer_id, sum(balances.frozen_amt) as amt
    from {{ ref('dwd_account_balance_daily') }} as balances
    inner join night on balances.bal_date = night.biz_date
    where balances.entity = 'corporate' and balances.prod <> 'margin'
    group by balances.customer_id
),

final as (
    select
        spine.customer_id,
        {{ tag_value(controls, 'control_sums.court_cnt', 'integer', '0') }} as risk_ctrl_court_cnt,
        {{ tag_value(controls, 'control_sums.police_cnt', 'integer', '0') }} as risk_ctrl_police_cnt,
        {{ tag_value(controls, 'control_sums.aml_cnt', 'integer', '0') }} as risk_ctrl_aml_cnt,
        {{ tag_value(controls, 'control_sums.bank_cnt', 'integer', '0') }} as risk_ctrl_bank_cnt,
        {{ tag_value(controls, 'control_sums.freeze_cnt', 'integer', '0') }} as risk_ctrl_freeze_cnt,
        {{ tag_value(controls, 'control_sums.stop_pay_cnt', 'integer', '0') }} as risk_ctrl_stop_pay_cnt,
        {{ tag_value(controls, 'control_sums.no_pay_cnt', 'integer', '0') }} as risk_ctrl_no_pay_cnt,
        {{ tag_value(controls, 'control_sums.acct_cnt', 'integer', '0') }} as risk_ctrl_acct_cnt,
        {{ tag_value(controls, 'control_sums.frozen_amt', 'decimal(18,2)', '0') }} as risk_ctrl_frozen_amt,
        {{ tag_value(frozen, 'frozen_balances.amt', 'decimal(18,2)', '0') }} as risk_dep_frozen_amt,
        {{ tag_value(controls, 'control_sums.first_date', 'date') }} as risk_ctrl_first_date,
        {{ tag_value(controls, 'control_sums.block_reason', 'varchar') }} as risk_block_reason_code
    from spine
    left join control_sums on spine.customer_id = control_sums.customer_id
    left join frozen_balances on spine.customer_id = frozen_balances.customer_id
)

select * from final
