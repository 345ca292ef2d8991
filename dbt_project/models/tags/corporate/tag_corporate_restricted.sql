-- a row is one corporate customer of the spine; controls on the customer’s accounts, for the restricted file and never the mart
{% set controls = ['core_acct', 'core_acct_person', 'core_ctrl'] %}
{% set frozen = ['core_acct', 'core_acct_person', 'core_bal'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_corporate_spine') }}
),

control_sums as (
    {{ control_sums_by_customer() }}
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
