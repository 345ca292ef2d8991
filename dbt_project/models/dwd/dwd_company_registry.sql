-- a row is one entry of the business register about a company of record
-- A plain table: a row is a state at the business date, and no day of its own has made it.
with entries as (
    select * from {{ ref('stg_ext_bizreg') }}
),

-- Matched by the unified social credit code: the bank's own writing of it may be wrong, and such a company stays unmatched.
companies as (
    select customer_id, upper(trim(uscc)) as uscc_key from {{ ref('dwd_company') }} where nullif(trim(uscc), '') is not null
),

final as (
    select
        companies.customer_id,
        entries.change_date,
        entries.status_code,
        {{ name_key('entries.reg_name') }} as name_key,
        {{ name_key('entries.legal_rep_name') }} as legal_rep_key,
        entries.capital_amt,
        entries.shareholder_cnt,
        coalesce(entries.is_abnormal, false) as is_abnormal,
        entries.abnormal_from as abnormal_date,
        entries.pledge_ratio,
        entries.src_file,
        entries.src_line
    from entries
    inner join companies on upper(trim(entries.uscc)) = companies.uscc_key
)

select * from final
