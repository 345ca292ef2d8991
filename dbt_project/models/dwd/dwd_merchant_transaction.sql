-- a row is one sale or refund at a merchant, successful or failed, with what the bank pays others to clear it
{{ config(
    materialized='daily', date_column='acct_date', part='mer_no', owner='customer_id',
    keyed=[{'to': 'dwd_party_xref', 'key': 'source_id', 'where': "source_system = 'merchant'", 'reads': ['customer_id'], 'by': 'mer_no'}]
) }}
with source_rows as (
    select * from {{ ref('stg_mer_txn') }} where {{ daily_rows('acct_date', 'mer_no') }}
),

xref as (
    {{ customers_of('merchant') }}
),

-- What a sale costs depends on how it was paid, and on the day: prices of issuers and networks are dated rows.
costs as (
    select acquiring_cost.*
    from {{ ref('acquiring_cost') }} as acquiring_cost
    cross join {{ source('ops', 'run_context') }} as run_context
    where acquiring_cost.bank in ('all', run_context.bank)
),

paid as (
    select
        source_rows.*,
        xref.customer_id,
        case when source_rows.pay_kind in ('debit', 'credit', 'wallet', 'ecny') then source_rows.pay_kind else 'other' end as pay,
        source_rows.status_code = 'ok' as is_ok,
        source_rows.amt < 0 as is_refund
    from source_rows
    left join xref on source_rows.mer_no = xref.source_id
),

-- Interchange, network fee and subsidy arise with a successful sale; a refund neither costs nor gives them back.
costed as (
    select
        paid.*,
        case
            when costs.pay_kind is not null then least(paid.amt * costs.interchange_rate, coalesce(costs.interchange_cap, paid.amt))
            else 0
        end as interchange,
        case
            when costs.pay_kind is not null then least(paid.amt * costs.network_rate, coalesce(costs.network_cap, paid.amt))
            else 0
        end as network,
        coalesce(paid.amt * costs.subsidy_rate, 0) as subsidy
    from paid
    left join costs
        on
            case when paid.is_ok and not paid.is_refund then paid.pay end = costs.pay_kind
            and paid.acct_date >= costs.valid_from
            and paid.acct_date <= coalesce(costs.valid_to, date '9999-12-31')
),

final as (
    select
        costed.mer_no,
        costed.customer_id,
        costed.txn_no,
        costed.term_sn,
        costed.acct_date,
        costed.txn_time,
        cast(extract(hour from costed.txn_time) as integer) as txn_hour,
        costed.pay,
        costed.is_ok,
        costed.is_refund,
        costed.amt,
        nullif(costed.payer_token, '') as payer_token,
        costed.orig_txn_no,
        cast(coalesce(costed.fee, 0) as decimal(18, 2)) as fee_amt,
        cast(round(costed.interchange, 2) as decimal(18, 2)) as interchange_amt,
        cast(round(costed.network, 2) as decimal(18, 2)) as network_amt,
        cast(round(costed.subsidy, 2) as decimal(18, 2)) as subsidy_amt,
        costed.src_file,
        costed.src_line
    from costed
)

select * from final
