-- a row is one code of a list with its labels, as they are in force at the business date
-- The seed has the name code_value already; the table that readers see takes it by alias.
{{ config(alias='code_value') }}

with night as (
    {{ night_dates() }}
),

codes as (
    select * from {{ ref('code_value') }}
),

final as (
    select
        codes.list,
        codes.code,
        codes.zh,
        codes.en,
        codes.sort,
        codes.valid_from,
        codes.valid_to
    from codes
    inner join night
        on
            codes.valid_from <= night.biz_date
            and (codes.valid_to is null or codes.valid_to >= night.biz_date)
)

select * from final
