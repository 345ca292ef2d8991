-- a row is one contact with a customer: message, call, visit, service call or answer to a campaign, or that the customer is held out of one
{{ config(
    materialized='daily', date_column='contact_date', part='party_id', owner='customer_id',
    keyed=[{'to': 'dwd_party_xref', 'key': 'source_id', 'where': "source_system = 'ecif'", 'reads': ['customer_id', 'entity'], 'by': 'party_id'}]
) }}
with source_rows as (
    select * from {{ ref('stg_mkt_contact') }} where {{ daily_rows('contact_date', 'party_id') }}
),

customers as (
    {{ customers_of('ecif') }}
),

final as (
    select
        source_rows.party_id,
        customers.customer_id,
        customers.entity,
        source_rows.contact_no,
        source_rows.campaign_code,
        source_rows.channel_code,
        source_rows.contact_date,
        source_rows.contact_time,
        source_rows.result_code,
        source_rows.log_status,
        source_rows.wish_product,
        source_rows.wish_level,
        source_rows.next_date,
        source_rows.is_holdout,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
    left join customers on source_rows.party_id = customers.source_id
)

select * from final
