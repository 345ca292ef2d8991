-- a row is one enquiry at the register of identity documents about a customer, with its answer
{{ config(
    materialized='daily', date_column='check_date', part='party_id', owner='customer_id',
    keyed=[{'to': 'dwd_party_xref', 'key': 'source_id', 'where': "source_system = 'ecif'", 'reads': ['customer_id', 'entity'], 'by': 'party_id'}]
) }}
with source_rows as (
    select * from {{ ref('stg_ext_idcheck') }} where {{ daily_rows('check_date', 'party_id') }}
),

customers as (
    {{ customers_of('ecif') }}
),

final as (
    select
        source_rows.party_id,
        customers.customer_id,
        source_rows.check_no,
        source_rows.check_date,
        source_rows.check_time,
        source_rows.result_code,
        source_rows.by_code,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
    left join customers on source_rows.party_id = customers.source_id
)

select * from final
