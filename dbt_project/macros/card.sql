{#
    The statements of credit card accounts of the last 12 complete months; `paid_amt` is empty while that of last month is not
    due. A statement is delivered when its due date has passed, weeks after it was made: until then the account itself says
    what the last one of the month asked for. For a model that has the CTE `night`.
#}
{% macro card_statements_by_night() -%}
    select
        delivered.customer_id,
        delivered.cc_acct_no,
        delivered.stmt_month,
        delivered.stmt_amt,
        delivered.min_pay_amt,
        delivered.paid_amt
    from {{ ref('dwd_credit_card_statement') }} as delivered
    inner join night
        on delivered.stmt_month >= night.month_start - interval 12 month and delivered.stmt_month < night.month_start
    union all
    select
        month_end_cards.customer_id,
        month_end_cards.cc_acct_no,
        month_end_cards.bal_date as stmt_month,
        month_end_cards.last_stmt_amt as stmt_amt,
        month_end_cards.min_pay_amt,
        case when month_end_cards.last_stmt_amt = 0 then 0 end as paid_amt
    from {{ ref('dwd_credit_card') }} as month_end_cards
    inner join night on month_end_cards.bal_date = night.month_start - 1
    left join {{ ref('dwd_credit_card_statement') }} as delivered
        on month_end_cards.cc_acct_no = delivered.cc_acct_no and month_end_cards.bal_date = delivered.stmt_month
    where
        delivered.cc_acct_no is null
        -- A card that came in last month may have had no statement yet.
        and (month_end_cards.last_stmt_amt > 0 or month_end_cards.open_date < night.month_start - interval 1 month)
{%- endmacro %}
