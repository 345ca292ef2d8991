-- a row is one company of record on one batch of a public list
-- A plain table: a row is a state at the business date, and no day of its own has made it.
with entries as (
    select * from {{ ref('stg_ext_list') }}
),

-- Matched by the unified social credit code: the bank's own writing of it may be wrong, and such a company stays unmatched.
companies as (
    select customer_id, upper(trim(uscc)) as uscc_key from {{ ref('dwd_company') }} where nullif(trim(uscc), '') is not null
),

final as (
    select
        companies.customer_id,
        entries.list_code,
        entries.batch,
        entries.level_code,
        entries.from_date,
        entries.to_date,
        entries.src_file,
        entries.src_line
    from entries
    inner join companies on upper(trim(entries.uscc)) = companies.uscc_key
)

select * from final
