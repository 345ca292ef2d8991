-- a row is one settlement to a merchant, with the posting on an account here that it became, if it did
with settlements as (
    select * from {{ ref('stg_mer_settle') }}
),

merchants as (
    select mer_no, customer_id, settle_bank from {{ ref('dwd_merchant') }}
),

postings as (
    select txn_no, acct_no, customer_id, acct_date
    from {{ ref('dwd_transaction') }}
    where direction = 'in'
),

-- The account's leg only: a posting may have others (fees, the bank's own side).
legs as (
    select postings.*
    from postings
    inner join settlements on postings.txn_no = settlements.core_txn_no
    qualify row_number() over (partition by postings.txn_no order by postings.acct_no) = 1
),

final as (
    select
        merchants.customer_id,
        settlements.settle_no,
        settlements.settle_date,
        settlements.gross_amt,
        settlements.refund_amt,
        settlements.fee_amt,
        settlements.net_amt,
        settlements.status_code = 'returned' as is_returned,
        settlements.core_txn_no,
        legs.acct_no as leg_acct_no,
        legs.customer_id as leg_customer_id,
        legs.acct_date as leg_acct_date,
        -- Where the money went: the posting says it; what came back had been sent where the contract says today.
        case
            when legs.acct_no is not null then 'own'
            when settlements.status_code = 'returned' and merchants.settle_bank = 'OWN' then 'own'
            else 'other'
        end as dest,
        settlements.src_file,
        settlements.src_line
    from settlements
    inner join merchants on settlements.mer_no = merchants.mer_no
    left join legs on settlements.core_txn_no = legs.txn_no
)

select * from final
