-- a row is one leg of a quick payment on a deposit account in the last weeks, with the network that clears it
-- A view of so many days that it reaches over the longest rest of the payment system, both sides of a reversal included: the ledger
-- gate compares it as the source gave it; nothing else reads it.
{{ config(materialized='view') }}
with source_rows as (
    select *
    from {{ ref('stg_core_txn') }}
    where channel_code = 'qpay' and acct_date between {{ biz_date() }} - 20 and {{ biz_date() }}
),

networks as (
    select clearing_network.cp_bank_prefix, clearing_network.network_code
    from {{ ref('clearing_network') }} as clearing_network
    cross join {{ source('ops', 'run_context') }} as run_context
    where {{ in_force('clearing_network') }}
),

bank_codes as (
    select distinct cp_bank_code from source_rows where cp_bank_code is not null
),

-- The longest prefix wins, so that one institution may go through another network than its kind.
network_codes as (
    select bank_codes.cp_bank_code, networks.network_code
    from bank_codes
    inner join networks on starts_with(bank_codes.cp_bank_code, networks.cp_bank_prefix)
    qualify row_number() over (partition by bank_codes.cp_bank_code order by length(networks.cp_bank_prefix) desc) = 1
),

final as (
    select
        source_rows.txn_no,
        source_rows.leg,
        source_rows.acct_no,
        source_rows.acct_date,
        source_rows.txn_time,
        -- The ledger's side turned into the customer's: C on a deposit account is money in.
        case source_rows.dc_flag when 'C' then 'in' when 'D' then 'out' end as direction,
        coalesce(network_codes.network_code, 'no network') as network_code,
        source_rows.ccy,
        source_rows.amt,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
    left join network_codes on source_rows.cp_bank_code = network_codes.cp_bank_code
)

select * from final
