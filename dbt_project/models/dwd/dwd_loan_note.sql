-- a row is one loan note (drawdown) at the end of one day, while it is on the books
{{ config(
    materialized='daily', date_column='bal_date', part='party_id', owner='customer_id',
    keyed=[{'to': 'dwd_party_xref', 'key': 'source_id', 'where': "source_system = 'ecif'", 'reads': ['customer_id', 'entity'], 'by': 'party_id'}]
) }}
with source_rows as (
    select * from {{ ref('stg_crd_note') }} where {{ daily_rows('bal_date', 'party_id') }}
),

customers as (
    {{ customers_of('ecif') }}
),

final as (
    select
        source_rows.party_id,
        customers.customer_id,
        customers.entity,
        source_rows.note_no,
        source_rows.contract_no,
        source_rows.kind_code,
        source_rows.bal_date,
        source_rows.principal_amt,
        source_rows.overdue_amt,
        source_rows.dpd,
        source_rows.rate,
        source_rows.start_date,
        source_rows.due_date,
        source_rows.overdue_int_amt,
        source_rows.ext_cnt,
        source_rows.write_off_date,
        source_rows.is_inclusive,
        source_rows.is_first,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
    left join customers on source_rows.party_id = customers.source_id
    -- What was given up is a memo, and entrusted money (公积金) is not the bank's: neither is a loan on its books.
    where source_rows.write_off_date is null and not coalesce(source_rows.is_entrusted, false)
)

select * from final
