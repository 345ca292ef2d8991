-- a row is one corporate customer of the spine; what the business register says of it, and what has changed there
{% set reg = ['ecif_corp', 'ext_bizreg'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_corporate_spine') }}
),

companies as (
    select
        customer_id,
        {{ name_key('legal_rep_name') }} as legal_rep_key,
        reg_capital
    from {{ ref('dwd_company') }}
),

entries as (
    select
        entries.*,
        night.biz_date,
        row_number() over later as nth,
        lag(entries.legal_rep_key) over later as legal_rep_before,
        lag(entries.capital_amt) over later as capital_before,
        lag(entries.is_abnormal, 1, false) over later as abnormal_before
    from {{ ref('dwd_company_registry') }} as entries
    cross join night
    where entries.change_date <= night.biz_date
    window later as (partition by entries.customer_id order by entries.change_date)
),

latest as (
    select * from entries qualify row_number() over (partition by customer_id order by change_date desc) = 1
),

-- The first entry of a company is its founding and no change.
changes as (
    select
        customer_id,
        cast(count(case when nth > 1 then 1 end) as integer) as chg_cnt,
        cast(count(case when nth > 1 and biz_date - change_date < 365 then 1 end) as integer) as chg_cnt_365d,
        max(case when nth > 1 then change_date end) as chg_date,
        cast(count(case when legal_rep_key <> legal_rep_before then 1 end) as integer) as rep_chg_cnt,
        max(case when legal_rep_key <> legal_rep_before then change_date end) as rep_chg_date,
        max(case when capital_amt <> capital_before then change_date end) as capital_chg_date,
        min(case
            when biz_date - change_date < 365 and capital_before > 0
                then {{ divided('capital_amt - capital_before', 'capital_before') }}
        end) as capital_chg_ratio,
        cast(count(case when is_abnormal and not abnormal_before then 1 end) as integer) as abnormal_cnt,
        max(case when abnormal_before and not is_abnormal then change_date end) as abnormal_end_date
    from entries
    group by customer_id
),

final as (
    select
        spine.customer_id,
        {{ tag_value(reg, 'latest.customer_id is not null', 'boolean') }} as reg_has_entry,
        {{ tag_value(reg, 'latest.status_code', 'varchar') }} as reg_status_code,
        {{ tag_value(reg, "latest.status_code in ('revoked', 'cancelled')", 'boolean', 'false') }} as reg_is_ended,
        {{ tag_value(reg, 'latest.change_date', 'date') }} as reg_entry_date,
        {{ tag_value(reg, 'changes.chg_date', 'date') }} as reg_chg_date,
        {{ tag_value(reg, 'changes.chg_cnt', 'integer', '0') }} as reg_chg_cnt_ltd,
        {{ tag_value(reg, 'changes.chg_cnt_365d', 'integer', '0') }} as reg_chg_cnt_365d,
        {{ tag_value(reg, 'changes.rep_chg_date', 'date') }} as reg_legalrep_chg_date,
        {{ tag_value(reg, 'latest.biz_date - changes.rep_chg_date', 'integer') }} as reg_legalrep_chg_days,
        {{ tag_value(reg, 'changes.rep_chg_cnt', 'integer', '0') }} as reg_legalrep_chg_cnt_ltd,
        {{ tag_value(reg, 'latest.legal_rep_key = companies.legal_rep_key', 'boolean') }} as reg_is_legalrep_same,
        {{ tag_value(reg, 'latest.capital_amt', 'decimal(18,2)') }} as reg_capital_amt,
        {{ tag_value(reg, 'changes.capital_chg_date', 'date') }} as reg_capital_chg_date,
        {{ tag_value(reg, 'changes.capital_chg_ratio', 'decimal(18,4)') }} as reg_capital_chg_ratio_365d,
        {{ tag_value(reg, 'latest.capital_amt = companies.reg_capital', 'boolean') }} as reg_is_capital_same,
        {{ tag_value(reg, 'latest.shareholder_cnt', 'integer') }} as reg_shareholder_cnt,
        {{ tag_value(reg, 'latest.pledge_ratio', 'decimal(18,4)') }} as reg_pledge_ratio,
        {{ tag_value(reg, 'latest.pledge_ratio > 0', 'boolean', 'false') }} as reg_has_pledge,
        {{ tag_value(reg, 'latest.is_abnormal', 'boolean', 'false') }} as reg_is_abnormal,
        {{ tag_value(reg, 'case when latest.is_abnormal then latest.abnormal_date end', 'date') }} as reg_abnormal_date,
        {{ tag_value(reg, 'case when latest.is_abnormal then latest.biz_date - latest.abnormal_date end', 'integer') }}
            as reg_abnormal_days,
        {{ tag_value(reg, 'changes.abnormal_cnt', 'integer', '0') }} as reg_abnormal_cnt_ltd,
        {{ tag_value(reg, 'changes.abnormal_end_date', 'date') }} as reg_abnormal_end_date
    from spine
    inner join companies on spine.customer_id = companies.customer_id
    left join latest on spine.customer_id = latest.customer_id
    left join changes on spine.customer_id = changes.customer_id
)

select * from final
