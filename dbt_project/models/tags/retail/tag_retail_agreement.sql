-- a row is one retail customer of the spine; since when each agreement is in force, which ended, and where they were signed
{% set agr = ['core_agreement'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_retail_spine') }}
),

{%- set agreement_types = [
    'mbank', 'ebank', 'sms', 'wm', 'fund', 'ins', 'etc', 'pension', 'payroll', 'pb', 'stock_custody', 'ecny', 'ssc'
] %}

agreements as (
    select
        agreements.*,
        agreements.status_code = 'live' and (agreements.to_date is null or agreements.to_date > night.biz_date) as is_live,
        night.biz_date
    from {{ ref('dwd_agreement') }} as agreements
    inner join night on agreements.from_date <= night.biz_date
    where agreements.entity = 'retail'
),

agreement_sums as (
    select
        customer_id,
        {% for agreement_type in agreement_types %}
        min(case when agr_type = '{{ agreement_type }}' and is_live then from_date end) as {{ agreement_type }}_date,
        count(case when agr_type = '{{ agreement_type }}' then 1 end) as {{ agreement_type }}_ever_cnt,
        {% endfor %}
        count(distinct agr_type) as ever_cnt,
        count(case when not is_live then 1 end) as ended_cnt,
        count(case when to_date > biz_date - 365 and to_date <= biz_date then 1 end) as ended_365d,
        max(case when to_date <= biz_date then to_date end) as end_date,
        count(case when from_date > biz_date - 365 then 1 end) as signed_365d,
        min(from_date) as first_date,
        max(from_date) as last_date,
        count(case when is_live and channel_code = 'mbank' then 1 end) as mbank_channel_cnt,
        count(case when is_live and channel_code = 'counter' then 1 end) as counter_channel_cnt,
        max(biz_date) as biz_date
    from agreements
    group by customer_id
),

firsts as (
    select customer_id, agr_type, channel_code
    from agreements
    qualify row_number() over (partition by customer_id order by from_date, agr_type, seq) = 1
),

lasts as (
    select customer_id, agr_type
    from agreements
    qualify row_number() over (partition by customer_id order by from_date desc, agr_type, seq) = 1
),

final as (
    select
        spine.customer_id,
        {{ tag_value(agr, 'agreement_sums.biz_date - agreement_sums.mbank_date', 'integer') }} as agr_mbank_days,
        {{ tag_value(agr, 'agreement_sums.mbank_ever_cnt > 0 and agreement_sums.mbank_date is null', 'boolean', 'false') }}
            as agr_mbank_is_lapsed,
        {{ tag_value(agr, 'agreement_sums.ebank_date', 'date') }} as agr_ebank_date,
        {{ tag_value(agr, 'agreement_sums.biz_date - agreement_sums.ebank_date', 'integer') }} as agr_ebank_days,
        {{ tag_value(agr, 'agreement_sums.ebank_ever_cnt > 0 and agreement_sums.ebank_date is null', 'boolean', 'false') }}
            as agr_ebank_is_lapsed,
        {{ tag_value(agr, 'agreement_sums.sms_date', 'date') }} as agr_sms_date,
        {{ tag_value(agr, 'agreement_sums.biz_date - agreement_sums.sms_date', 'integer') }} as agr_sms_days,
        {{ tag_value(agr, 'agreement_sums.wm_date', 'date') }} as agr_wm_date,
        {{ tag_value(agr, 'agreement_sums.biz_date - agreement_sums.wm_date', 'integer') }} as agr_wm_days,
        {{ tag_value(agr, 'agreement_sums.fund_date', 'date') }} as agr_fund_date,
        {{ tag_value(agr, 'agreement_sums.biz_date - agreement_sums.fund_date', 'integer') }} as agr_fund_days,
        {{ tag_value(agr, 'agreement_sums.ins_date', 'date') }} as agr_ins_date,
        {{ tag_value(agr, 'agreement_sums.biz_date - agreement_sums.ins_date', 'integer') }} as agr_ins_days,
        {{ tag_value(agr, 'agreement_sums.etc_date', 'date') }} as agr_etc_date,
        {{ tag_value(agr, 'agreement_sums.biz_date - agreement_sums.etc_date', 'integer') }} as agr_etc_days,
        {{ tag_value(agr, 'agreement_sums.etc_ever_cnt > 0 and agreement_sums.etc_date is null', 'boolean', 'false') }}
            as agr_etc_is_lapsed,
        {{ tag_value(agr, 'agreement_sums.pension_date', 'date') }} as agr_pension_date,
        {{ tag_value(agr, 'agreement_sums.biz_date - agreement_sums.pension_date', 'integer') }} as agr_pension_days,
        {{ tag_value(agr, 'agreement_sums.payroll_date', 'date') }} as agr_payroll_date,
        {{ tag_value(agr, 'agreement_sums.biz_date - agreement_sums.payroll_date', 'integer') }} as agr_payroll_days,
        {{ tag_value(agr, 'agreement_sums.payroll_ever_cnt > 0 and agreement_sums.payroll_date is null', 'boolean', 'false') }}
            as agr_payroll_is_lapsed,
        {{ tag_value(agr, 'agreement_sums.pb_date', 'date') }} as agr_pb_date,
        {{ tag_value(agr, 'agreement_sums.biz_date - agreement_sums.pb_date', 'integer') }} as agr_pb_days,
        {{ tag_value(agr, 'agreement_sums.stock_custody_date', 'date') }} as agr_stock_custody_date,
        {{ tag_value(agr, 'agreement_sums.biz_date - agreement_sums.stock_custody_date', 'integer') }}
            as agr_stock_custody_days,
        {{ tag_value(agr, 'agreement_sums.ecny_date', 'date') }} as agr_ecny_date,
        {{ tag_value(agr, 'agreement_sums.biz_date - agreement_sums.ecny_date', 'integer') }} as agr_ecny_days,
        {{ tag_value(agr, 'agreement_sums.ssc_date', 'date') }} as agr_ssc_date,
        {{ tag_value(agr, 'agreement_sums.biz_date - agreement_sums.ssc_date', 'integer') }} as agr_ssc_days,
        {{ tag_value(agr, 'agreement_sums.ever_cnt', 'integer', '0') }} as agr_cnt_ltd,
        {{ tag_value(agr, 'agreement_sums.ended_cnt', 'integer', '0') }} as agr_ended_cnt,
        {{ tag_value(agr, 'agreement_sums.ended_365d', 'integer', '0') }} as agr_ended_cnt_365d,
        {{ tag_value(agr, 'agreement_sums.end_date', 'date') }} as agr_end_last_date,
        {{ tag_value(agr, 'agreement_sums.signed_365d', 'integer', '0') }} as agr_signed_cnt_365d,
        {{ tag_value(agr, 'agreement_sums.first_date', 'date') }} as agr_first_date,
        {{ tag_value(agr, 'agreement_sums.last_date', 'date') }} as agr_last_date,
        {{ tag_value(agr, 'agreement_sums.biz_date - agreement_sums.last_date', 'integer') }} as agr_last_days,
        {{ tag_value(agr, 'firsts.agr_type', 'varchar') }} as agr_first_code,
        {{ tag_value(agr, 'lasts.agr_type', 'varchar') }} as agr_last_code,
        {{ tag_value(agr, 'firsts.channel_code', 'varchar') }} as agr_first_channel_code,
        {{ tag_value(agr, 'agreement_sums.mbank_channel_cnt', 'integer', '0') }} as agr_mbank_channel_cnt,
        {{ tag_value(agr, 'agreement_sums.counter_channel_cnt', 'integer', '0') }} as agr_counter_channel_cnt
    from spine
    left join agreement_sums on spine.customer_id = agreement_sums.customer_id
    left join firsts on spine.customer_id = firsts.customer_id
    left join lasts on spine.customer_id = lasts.customer_id
)

select * from final
