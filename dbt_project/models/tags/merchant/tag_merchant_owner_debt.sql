-- a row is one merchant of the spine; what its owner owes the bank: links to the owner's loans and cards, no second count of them
{% set notes = ['mer_info', 'ecif_retail', 'ecif_corp', 'crd_note'] %}
{% set classes = notes + ['crd_class'] %}
{% set cards = ['mer_info', 'ecif_retail', 'ecif_corp', 'cc_acct'] %}
{% set covered = notes + ['mer_settle'] %}
{% set geared = notes + ['mer_txn'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_merchant_spine') }}
),

merchants as (
    select customer_id, owner_customer_id from {{ ref('dwd_merchant') }} where owner_customer_id is not null
),

-- The only reading of daily notes: those of owners.
notes as (
    select notes.*, night.biz_date, night.month_start, cast(date_trunc('year', night.biz_date) as date) as year_start
    from {{ ref('dwd_loan_note') }} as notes
    inner join night on notes.bal_date <= night.biz_date
    where notes.customer_id in (select merchants.owner_customer_id from merchants)
),

note_classes as (
    select loan_classes.note_no, loan_classes.class_code
    from {{ ref('dwd_loan_class') }} as loan_classes
    inner join night on loan_classes.class_date <= night.biz_date
    qualify row_number() over (partition by loan_classes.note_no order by loan_classes.class_date desc) = 1
),

open_sums as (
    select
        notes.customer_id,
        sum(notes.principal_amt) as bal,
        count(*) as cnt,
        sum(case when notes.kind_code in ('mtg', 'cons') then 0 else notes.principal_amt end) as biz_bal,
        sum(case when notes.kind_code = 'mtg' then notes.principal_amt else 0 end) as mtg_bal,
        sum(case when notes.kind_code = 'cons' then notes.principal_amt else 0 end) as cons_bal,
        sum(notes.overdue_amt) as overdue_amt,
        max(notes.dpd) as dpd,
        max(notes.rate) as rate_max,
        min(notes.start_date) as first_date,
        max(notes.start_date) as last_date,
        min(case when notes.due_date > notes.biz_date then notes.due_date end) as next_due_date,
        sum(case when notes.due_date > notes.biz_date and notes.due_date <= notes.biz_date + 30 then notes.principal_amt else 0 end)
            as due_30d,
        sum(case when notes.due_date > notes.biz_date and notes.due_date <= notes.biz_date + 90 then notes.principal_amt else 0 end)
            as due_90d,
        max(note_classes.class_code) as class_code
    from notes
    left join note_classes on notes.note_no = note_classes.note_no
    where notes.bal_date = notes.biz_date and notes.principal_amt > 0
    group by notes.customer_id
),

past_sums as (
    select
        customer_id,
        sum(case when bal_date = year_start - 1 then principal_amt else 0 end) as bal_boy,
        max(case when bal_date >= month_start - interval 12 month and bal_date < month_start then dpd end) as dpd_l12m
    from notes
    group by customer_id
),

card_sums as (
    select
        credit_cards.customer_id,
        sum(credit_cards.bal) as bal,
        sum(credit_cards.limit_amt) as limit_amt,
        sum(credit_cards.instal_bal) as instal_bal,
        max(credit_cards.dpd) as dpd,
        count(*) as cnt
    from {{ ref('dwd_credit_card') }} as credit_cards
    inner join night on credit_cards.bal_date = night.biz_date
    where credit_cards.status_code <> 'closed'
    group by credit_cards.customer_id
),

sales as (
    select merchants.owner_customer_id as customer_id, sum(sales_daily.amt_sum) as amt_l12m
    from {{ ref('dws_merchant_transaction_daily') }} as sales_daily
    inner join merchants on sales_daily.customer_id = merchants.customer_id
    inner join night
        on
            sales_daily.acct_date >= night.month_start - interval 12 month
            and sales_daily.acct_date < night.month_start
    group by merchants.owner_customer_id
),

settled as (
    select merchants.owner_customer_id as customer_id, sum(settle_daily.amt_sum) as amt_30d
    from {{ ref('dws_merchant_settle_daily') }} as settle_daily
    inner join merchants on settle_daily.customer_id = merchants.customer_id
    inner join night on settle_daily.settle_date > night.biz_date - 30 and settle_daily.settle_date <= night.biz_date
    group by merchants.owner_customer_id
),

-- An owner without a loan owes 0; a merchant whose owner is not known says nothing.
owners as (
    select
        merchants.customer_id,
        open_sums.cnt,
        open_sums.mtg_bal,
        open_sums.cons_bal,
        open_sums.overdue_amt,
        open_sums.dpd,
        open_sums.rate_max,
        open_sums.first_date,
        open_sums.last_date,
        open_sums.next_due_date,
        open_sums.due_30d,
        open_sums.due_90d,
        open_sums.class_code,
        coalesce(open_sums.bal, 0) as loan_bal,
        coalesce(open_sums.biz_bal, 0) as loan_biz_bal,
        coalesce(past_sums.bal_boy, 0) as loan_bal_boy,
        coalesce(past_sums.dpd_l12m, 0) as loan_dpd_l12m,
        card_sums.bal as cc_bal,
        card_sums.limit_amt as cc_limit_amt,
        card_sums.instal_bal as cc_instal_bal,
        card_sums.dpd as cc_dpd,
        coalesce(card_sums.cnt, 0) as cc_cnt,
        sales.amt_l12m,
        coalesce(settled.amt_30d, 0) as settled_30d
    from merchants
    left join open_sums on merchants.owner_customer_id = open_sums.customer_id
    left join past_sums on merchants.owner_customer_id = past_sums.customer_id
    left join card_sums on merchants.owner_customer_id = card_sums.customer_id
    left join sales on merchants.owner_customer_id = sales.customer_id
    left join settled on merchants.owner_customer_id = settled.customer_id
),

final as (
    select
        spine.customer_id,
        {{ tag_value(notes, 'owners.loan_bal', 'decimal(18,2)') }} as owner_loan_bal,
        {{ tag_value(notes, 'case when owners.customer_id is not null then coalesce(owners.cnt, 0) end', 'integer') }}
            as owner_loan_cnt,
        {{ tag_value(notes, 'owners.loan_bal > 0', 'boolean') }} as owner_has_loan,
        {{ tag_value(notes, 'owners.loan_biz_bal', 'decimal(18,2)') }} as owner_loan_biz_bal,
        {{ tag_value(notes, 'owners.loan_biz_bal > 0', 'boolean') }} as owner_has_biz_loan,
        {{ tag_value(notes, 'case when owners.customer_id is not null then coalesce(owners.mtg_bal, 0) end', 'decimal(18,2)') }}
            as owner_loan_mtg_bal,
        {{ tag_value(notes, 'case when owners.customer_id is not null then coalesce(owners.cons_bal, 0) end', 'decimal(18,2)') }}
            as owner_loan_cons_bal,
        {{ tag_value(notes, 'owners.loan_bal - owners.loan_bal_boy', 'decimal(18,2)') }} as owner_loan_chg_boy,
        {{ tag_value(notes, 'case when owners.customer_id is not null then coalesce(owners.overdue_amt, 0) end', 'decimal(18,2)') }}
            as owner_loan_overdue_amt,
        {{ tag_value(notes, 'case when owners.customer_id is not null then coalesce(owners.dpd, 0) end', 'integer') }}
            as owner_loan_dpd_max,
        {{ tag_value(notes, 'owners.loan_dpd_l12m', 'integer') }} as owner_loan_dpd_max_l12m,
        {{ tag_value(classes, 'case when owners.customer_id is not null then coalesce(owners.class_code, 0) end', 'integer') }}
            as owner_loan_class_worst_code,
        {{ tag_value(notes, 'case when owners.customer_id is not null then coalesce(owners.due_30d, 0) end', 'decimal(18,2)') }}
            as owner_loan_due_amt_next30d,
        {{ tag_value(notes, 'case when owners.customer_id is not null then coalesce(owners.due_90d, 0) end', 'decimal(18,2)') }}
            as owner_loan_due_amt_next90d,
        {{ tag_value(notes, 'owners.next_due_date', 'date') }} as owner_loan_next_due_date,
        {{ tag_value(notes, 'owners.rate_max', 'decimal(18,4)') }} as owner_loan_rate_max,
        {{ tag_value(notes, 'owners.first_date', 'date') }} as owner_loan_first_date,
        {{ tag_value(notes, 'owners.last_date', 'date') }} as owner_loan_last_date,
        {{ tag_value(geared, divided('owners.loan_biz_bal', 'greatest(0, owners.amt_l12m)'), 'decimal(18,4)') }}
            as owner_loan_biz_sales_ratio_l12m,
        {{ tag_value(covered, divided('owners.settled_30d', 'owners.due_30d'), 'decimal(18,4)') }}
            as owner_loan_due_cover_ratio_30d,
        {{ tag_value(cards, 'owners.cc_cnt', 'integer') }} as owner_cc_cnt,
        {{ tag_value(cards, 'owners.cc_bal', 'decimal(18,2)') }} as owner_cc_bal,
        {{ tag_value(cards, 'owners.cc_limit_amt', 'decimal(18,2)') }} as owner_cc_limit_amt,
        {{ tag_value(cards, 'owners.cc_instal_bal', 'decimal(18,2)') }} as owner_cc_instal_bal,
        {{ tag_value(cards, 'owners.cc_dpd', 'integer') }} as owner_cc_dpd
    from spine
    left join owners on spine.customer_id = owners.customer_id
)

select * from final
