-- a row is one mortgage of a retail customer that was repaid early on the day, once for the manager and once for the line's head
with night as (
    {{ night_dates() }}
),

notes as (
    select notes.note_no, notes.customer_id
    from {{ ref('dwd_loan_note') }} as notes
    inner join night on notes.bal_date <= night.biz_date
    where notes.entity = 'retail' and notes.kind_code = 'mtg'
    group by notes.note_no, notes.customer_id
    qualify row_number() over (partition by notes.note_no order by max(notes.bal_date) desc, notes.customer_id) = 1
),

repaid as (
    select
        notes.customer_id,
        notes.note_no,
        max(night.biz_date) as biz_date,
        sum(repayments.prin_amt) as amt,
        count(*) as repay_cnt,
        {{ evidence_keys('repay', 'repayments.repay_no') }} as keys
    from {{ ref('dwd_loan_repayment') }} as repayments
    inner join night on repayments.acct_date = night.biz_date
    inner join notes on repayments.note_no = notes.note_no
    where repayments.kind_code in ('early_part', 'early_full')
    group by notes.customer_id, notes.note_no
    having sum(repayments.prin_amt) >= {{ lead_threshold('prepay_min_amt') }}
),

readers as (
    select unnest(['main', 'head']) as variant_code
),

final as (
    select
        repaid.customer_id,
        readers.variant_code,
        readers.variant_code || ':' || {{ evidence_key('note', 'repaid.note_no') }} as dedupe_part,
        repaid.biz_date as evidence_from,
        repaid.biz_date as evidence_to,
        repaid.keys as evidence_keys,
        cast(repaid.repay_cnt as integer) as evidence_cnt,
        cast(repaid.amt as decimal(18, 2)) as amt,
        cast(null as date) as expiry_date
    from repaid
    cross join readers
)

select * from final
