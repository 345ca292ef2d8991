-- a row is one retail customer of the spine; controls on the customer's accounts, for the restricted file and never the mart
{% set controls = ['core_acct', 'core_acct_person', 'core_ctrl'] %}
{% set orderers = ['court', 'police', 'aml', 'bank'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_retail_spine') }}
),

control_sums as (
    {{ control_sums_by_customer() }}
),

final as (
    select
        spine.customer_id,
        {% for orderer in orderers %}
        {{ tag_value(controls, 'control_sums.' ~ orderer ~ '_cnt', 'integer', '0') }} as risk_ctrl_{{ orderer }}_cnt,
        {% endfor %}
        {{ tag_value(controls, 'control_sums.freeze_cnt', 'integer', '0') }} as risk_ctrl_freeze_cnt,
        {{ tag_value(controls, 'control_sums.stop_pay_cnt', 'integer', '0') }} as risk_ctrl_stop_pay_cnt,
        {{ tag_value(controls, 'control_sums.no_pay_cnt', 'integer', '0') }} as risk_ctrl_no_pay_cnt,
        {{ tag_value(controls, 'control_sums.non_counter_cnt', 'integer', '0') }} as risk_ctrl_non_counter_cnt,
        {{ tag_value(controls, 'control_sums.acct_cnt', 'integer', '0') }} as risk_ctrl_acct_cnt,
        {{ tag_value(controls, 'control_sums.frozen_amt', 'decimal(18,2)', '0') }} as risk_ctrl_frozen_amt,
        {{ tag_value(controls, 'control_sums.first_date', 'date') }} as risk_ctrl_first_date,
        {{ tag_value(controls, 'control_sums.block_reason', 'varchar') }} as risk_block_reason_code
    from spine
    left join control_sums on spine.customer_id = control_sums.customer_id
)

select * from final
