-- a row is one corporate customer of the spine; what it has signed, and whether it uses it
{% set agr = ['core_agreement'] %}
{% set pay = ['core_agreement', 'pay_detail'] %}
{% set use = ['core_agreement', 'core_acct', 'core_acct_person', 'core_txn'] %}
{% set flow = ['core_acct', 'core_acct_person', 'core_txn'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_corporate_spine') }}
),

agreements as (
    select
        agreements.*,
        night.biz_date,
        agreements.to_date is null or agreements.to_date > night.biz_date as is_in_force
    from {{ ref('dwd_agreement') }} as agreements
    cross join night
    where agreements.entity = 'corporate' and agreements.from_date <= night.biz_date
),

sums as (
    select
        customer_id,
        {% for type in ['ebank', 'direct_link', 'cashmgmt', 'payroll', 'pos', 'fx', 'sms', 'autopay'] %}
        bool_or(is_in_force and agr_type = '{{ type }}') as has_{{ type }},
        min(case when is_in_force and agr_type = '{{ type }}' then from_date end) as {{ type }}_date,
        {% endfor %}
        max(biz_date) as biz_date,
        cast(count(distinct case when is_in_force then agr_type end) as integer) as agr_cnt,
        cast(count(case when is_in_force and biz_date - from_date < 365 then 1 end) as integer) as new_cnt_365d,
        cast(count(case when not is_in_force and biz_date - to_date < 365 then 1 end) as integer) as ended_cnt_365d,
        max(case when not is_in_force then to_date end) as ended_date,
        min(from_date) as first_date,
        max(from_date) as last_date
    from agreements
    group by customer_id
),

pay_use as (
    select details.payer_customer_id as customer_id, max(details.pay_date) as last_date
    from {{ ref('dwd_pay_detail') }} as details
    cross join night
    where details.result_code = 'ok' and details.pay_date <= night.biz_date
    group by details.payer_customer_id
),

channel_use as (
    select
        flows.customer_id,
        max(case when flows.ccy <> 'CNY' then flows.acct_date end) as fx_date,
        max(case when flows.is_self and flows.channel = 'ebank' then flows.acct_date end) as ebank_date,
        max(case when flows.is_self and flows.channel = 'mbank' then flows.acct_date end) as mbank_date,
        max(case when flows.is_self and flows.channel = 'direct' then flows.acct_date end) as direct_date,
        max(case when flows.is_self and flows.channel = 'counter' then flows.acct_date end) as counter_date
    from {{ ref('dwd_corporate_flow') }} as flows
    cross join night
    where flows.acct_date <= night.biz_date and not flows.is_void and not flows.is_reversal
    group by flows.customer_id
),

final as (
    select
        spine.customer_id,
        {{ tag_value(agr, 'sums.has_ebank', 'boolean', 'false') }} as prod_has_ebank,
        {{ tag_value(agr, 'sums.ebank_date', 'date') }} as prod_ebank_date,
        {{ tag_value(agr, 'sums.biz_date - sums.ebank_date', 'integer') }} as prod_ebank_days,
        {{ tag_value(agr, 'sums.has_direct_link', 'boolean', 'false') }} as prod_has_direct_link,
        {{ tag_value(agr, 'sums.direct_link_date', 'date') }} as prod_direct_link_date,
        {{ tag_value(agr, 'sums.biz_date - sums.direct_link_date', 'integer') }} as prod_direct_link_days,
        {{ tag_value(agr, 'sums.has_cashmgmt', 'boolean', 'false') }} as prod_has_cashmgmt,
        {{ tag_value(agr, 'sums.cashmgmt_date', 'date') }} as prod_cashmgmt_date,
        {{ tag_value(agr, 'sums.biz_date - sums.cashmgmt_date', 'integer') }} as prod_cashmgmt_days,
        {{ tag_value(
            pay,
            'sums.has_payroll and coalesce(sums.biz_date - pay_use.last_date < 365, false)',
            'boolean',
            'false'
        ) }} as prod_has_payroll,
        {{ tag_value(agr, 'sums.has_payroll', 'boolean', 'false') }} as prod_payroll_is_signed,
        {{ tag_value(agr, 'sums.payroll_date', 'date') }} as prod_payroll_date,
        {{ tag_value(agr, 'sums.biz_date - sums.payroll_date', 'integer') }} as prod_payroll_days,
        {{ tag_value(agr, 'sums.has_pos', 'boolean', 'false') }} as prod_has_pos,
        {{ tag_value(agr, 'sums.pos_date', 'date') }} as prod_pos_date,
        {{ tag_value(agr, 'sums.biz_date - sums.pos_date', 'integer') }} as prod_pos_days,
        {{ tag_value(
            use,
            'sums.has_fx and coalesce(sums.biz_date - channel_use.fx_date < 365, false)',
            'boolean',
            'false'
        ) }} as prod_has_fx,
        {{ tag_value(agr, 'sums.has_fx', 'boolean', 'false') }} as prod_fx_is_signed,
        {{ tag_value(agr, 'sums.fx_date', 'date') }} as prod_fx_date,
        {{ tag_value(agr, 'sums.biz_date - sums.fx_date', 'integer') }} as prod_fx_days,
        {{ tag_value(agr, 'sums.has_sms', 'boolean', 'false') }} as prod_has_sms,
        {{ tag_value(agr, 'sums.sms_date', 'date') }} as prod_sms_date,
        {{ tag_value(agr, 'sums.biz_date - sums.sms_date', 'integer') }} as prod_sms_days,
        {{ tag_value(agr, 'sums.has_autopay', 'boolean', 'false') }} as prod_has_autopay,
        {{ tag_value(agr, 'sums.autopay_date', 'date') }} as prod_autopay_date,
        {{ tag_value(agr, 'sums.biz_date - sums.autopay_date', 'integer') }} as prod_autopay_days,
        {{ tag_value(agr, 'sums.agr_cnt', 'integer', '0') }} as prod_agr_cnt,
        {{ tag_value(agr, 'sums.new_cnt_365d', 'integer', '0') }} as prod_agr_new_cnt_365d,
        {{ tag_value(agr, 'sums.ended_cnt_365d', 'integer', '0') }} as prod_agr_ended_cnt_365d,
        {{ tag_value(agr, 'sums.ended_date', 'date') }} as prod_agr_ended_date,
        {{ tag_value(agr, 'sums.first_date', 'date') }} as prod_agr_first_date,
        {{ tag_value(agr, 'sums.last_date', 'date') }} as prod_agr_last_date,
        {{ tag_value(flow, 'night.biz_date - channel_use.ebank_date < 90', 'boolean', 'false') }}
            as prod_ebank_is_active_90d,
        {{ tag_value(flow, 'channel_use.ebank_date', 'date') }} as prod_ebank_last_date,
        {{ tag_value(flow, 'night.biz_date - channel_use.mbank_date < 90', 'boolean', 'false') }}
            as prod_mbank_is_active_90d,
        {{ tag_value(flow, 'channel_use.mbank_date', 'date') }} as prod_mbank_last_date,
        {{ tag_value(flow, 'night.biz_date - channel_use.direct_date < 90', 'boolean', 'false') }}
            as prod_direct_is_active_90d,
        {{ tag_value(flow, 'channel_use.direct_date', 'date') }} as prod_direct_last_date,
        {{ tag_value(flow, 'night.biz_date - channel_use.counter_date < 90', 'boolean', 'false') }}
            as prod_counter_is_active_90d,
        {{ tag_value(flow, 'channel_use.counter_date', 'date') }} as prod_counter_last_date
    from spine
    cross join night
    left join sums on spine.customer_id = sums.customer_id
    left join pay_use on spine.customer_id = pay_use.customer_id
    left join channel_use on spine.customer_id = channel_use.customer_id
)

select * from final
