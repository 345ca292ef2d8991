-- One row per posting up to the business date; every posting of this source has one leg.
with postings as (
    {{ ods_static('trans', cut='date') }}
),

-- '' and ' ' both mean that the posting has no symbol.
trimmed as (
    select
        *,
        coalesce(trim(k_symbol), '') as symbol,
        coalesce(operation, '') as means
    from postings
),

final as (
    select
        trans_id as txn_no,
        1 as leg,
        account_id as acct_no,
        date as acct_date,
        cast(null as timestamp) as txn_time,
        -- VYBER is a slip of the source for the debit VYDAJ; the operation VYBER is another thing, a cash withdrawal.
        case type when 'PRIJEM' then 'C' when 'VYDAJ' then 'D' when 'VYBER' then 'D' end as dc_flag,
        amount as amt,
        'CZK' as ccy,
        'other' as channel_code,
        case
            when means in ('VKLAD', 'VYBER') then 'cash'
            when means like 'PREVOD%' then 'transfer'
            else 'other'
        end as mode_code,
        case symbol
            when 'UROK' then 'interest'
            when 'SLUZBY' then 'fee'
            when 'SANKC. UROK' then 'penalty'
            when 'DUCHOD' then 'pension'
            when 'POJISTNE' then 'insurance'
            when 'SIPO' then 'household'
            when 'UVER' then 'loan'
            else 'other'
        end as purpose_code,
        -- The source cannot tell a payer from the customer: what the bank did not make counts as the customer's.
        case when symbol in ('UROK', 'SLUZBY', 'SANKC. UROK') then 'B' else 'C' end as init_code,
        account as cp_acct_no,
        cast(null as varchar) as cp_name,
        bank as cp_bank_code,
        false as is_reversal,
        cast(null as varchar) as orig_txn_no,
        cast(null as varchar) as gl_subject,
        cast(null as varchar) as biz_ref,
        cast(null as varchar) as org_id,
        cast(null as decimal(18, 2)) as bal_after,
        cast(null as varchar) as summary_code,
        src_file,
        src_line
    from trimmed
)

select * from final
