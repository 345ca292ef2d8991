-- a row is one settlement to a merchant, with the posting on an account here that it became, if it did
{{ config(
    materialized='daily', date_column='settle_date', part='mer_no', owner='customer_id',
    keyed=[
        {'to': 'dwd_merchant', 'key': 'mer_no', 'reads': ['customer_id', 'settle_bank'], 'by': 'mer_no'},
        {'to': 'dwd_account', 'key': 'acct_no', 'reads': ['customer_id'], 'by': 'leg_acct_no'},
    ]
) }}
with settlements as (
    select * from {{ ref('stg_mer_settle') }} where {{ daily_rows('settle_date', 'mer_no') }}
),

merchants as (
    select mer_no, customer_id, settle_bank from {{ ref('dwd_merchant') }}
),

-- Of the core's own rows and not of dwd_transaction, which follows names and owners that say nothing here.
postings as (
    select txn_no, acct_no, acct_date
    from {{ ref('stg_core_txn') }}
    where dc_flag = 'C' and {{ daily_rows('acct_date') }}
),

accounts as (
    select acct_no, customer_id from {{ ref('dwd_account') }}
),

-- The account's leg only: a posting may have others (fees, the bank's own side). A settlement is posted on its day.
legs as (
    select postings.*
    from postings
    inner join settlements on postings.txn_no = settlements.core_txn_no and postings.acct_date = settlements.settle_date
    qualify row_number() over (partition by postings.txn_no order by postings.acct_no) = 1
),

final as (
    select
        settlements.mer_no,
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
        accounts.customer_id as leg_customer_id,
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
    left join merchants on settlements.mer_no = merchants.mer_no
    left join legs on settlements.core_txn_no = legs.txn_no and settlements.settle_date = legs.acct_date
    left join accounts on legs.acct_no = accounts.acct_no
)

select * from final
