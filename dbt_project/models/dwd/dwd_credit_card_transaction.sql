-- a row is one entry on a credit card account
with source_rows as (
    select * from {{ ref('stg_cc_txn') }}
),

customers as (
    {{ customers_of('ecif') }}
),

final as (
    select
        customers.customer_id,
        source_rows.cc_acct_no,
        source_rows.txn_no,
        source_rows.acct_date,
        source_rows.txn_time,
        source_rows.amt,
        source_rows.kind_code,
        source_rows.mcc,
        source_rows.country_code,
        source_rows.is_instal,
        source_rows.init_code = 'C' as is_self,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
    left join customers on source_rows.party_id = customers.source_id
)

select * from final
