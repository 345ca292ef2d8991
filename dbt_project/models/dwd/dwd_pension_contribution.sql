-- a row is one contribution to a personal pension account, or the giving back of one
{{ config(
    materialized='daily', date_column='paid_date', part='party_id', owner='customer_id',
    keyed=[{'to': 'dwd_party_xref', 'key': 'source_id', 'where': "source_system = 'ecif'", 'reads': ['customer_id', 'entity'], 'by': 'party_id'}]
) }}
with source_rows as (
    select * from {{ ref('stg_core_pension') }} where {{ daily_rows('paid_date', 'party_id') }}
),

customers as (
    {{ customers_of('ecif') }}
),

final as (
    select
        source_rows.party_id,
        customers.customer_id,
        source_rows.contrib_no,
        source_rows.paid_date,
        source_rows.amt,
        source_rows.kind_code,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
    left join customers on source_rows.party_id = customers.source_id
)

select * from final
