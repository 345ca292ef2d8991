-- a row is one thing that a customer did in the mobile bank
{{ config(
    materialized='daily', date_column='event_date', part='party_id', owner='customer_id',
    keyed=[{'to': 'dwd_party_xref', 'key': 'source_id', 'where': "source_system = 'ecif'", 'reads': ['customer_id', 'entity'], 'by': 'party_id'}]
) }}
with source_rows as (
    select * from {{ ref('stg_chn_event') }} where {{ daily_rows('event_date', 'party_id') }}
),

customers as (
    {{ customers_of('ecif') }}
),

final as (
    select
        source_rows.party_id,
        customers.customer_id,
        source_rows.event_id,
        source_rows.event_date,
        source_rows.event_time,
        source_rows.event_kind,
        source_rows.page_code,
        source_rows.stay_sec,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
    left join customers on source_rows.party_id = customers.source_id
)

select * from final
