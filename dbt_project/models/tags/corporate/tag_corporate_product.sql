-- a row is one corporate customer of the spine; the loans, bills, merchants and lines that it holds, has won and has lost
{% set all = ['core_acct', 'core_acct_person', 'crd_note', 'crd_offbal', 'core_agreement', 'mer_info'] %}
{% set acct = ['core_acct', 'core_acct_person'] %}
{% set loan = ['crd_note'] %}
{% set obs = ['crd_offbal'] %}
{% set mer = ['mer_info'] %}
{% set hold = ['inv_hold'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_corporate_spine') }}
),

notes as (
    select
        customer_id,
        kind_code,
        note_no,
        min(start_date) as from_date,
        max(bal_date) as last_date
    from {{ ref('dwd_loan_note') }}
    where entity = 'corporate'
    group by customer_id, kind_code, note_no
),

-- Everything that a company has or had of the bank: which line, since when, and from what day on no more.
items as (
    select customer_id, 'account' as line, nature_code as kind, open_date as from_date, close_date as to_date
    from {{ ref('dwd_account') }}
    where entity = 'corporate' and kind_code in ('demand', 'call')
    union all
    select customer_id, 'term' as line, kind_code as kind, open_date as from_date, close_date as to_date
    from {{ ref('dwd_account') }}
    where entity = 'corporate' and kind_code in ('term', 'cd', 'structured')
    union all
    select
        notes.customer_id,
        'loan' as line,
        notes.kind_code as kind,
        notes.from_date,
        case when notes.last_date < night.biz_date then notes.last_date + 1 end as to_date
    from notes
    cross join night
    union all
    select
        offbal.customer_id,
        'offbal' as line,
        offbal.kind_code as kind,
        offbal.start_date as from_date,
        case when offbal.status_code = 'settled' then least(offbal.due_date, night.biz_date) end as to_date
    from {{ ref('dwd_off_balance') }} as offbal
    cross join night
    where offbal.entity = 'corporate'
    union all
    select
        customer_id,
        case when agr_type in ('ebank', 'direct_link') then 'ebank' else agr_type end as line,
        agr_type as kind,
        from_date,
        to_date
    from {{ ref('dwd_agreement') }}
    where entity = 'corporate' and agr_type in ('ebank', 'direct_link', 'cashmgmt', 'payroll', 'fx')
    union all
    select
        owner_customer_id as customer_id,
        'merchant' as line,
        mer_no as kind,
        start_date as from_date,
        case when status_code = 'closed' then coalesce(end_date, start_date) end as to_date
    from {{ ref('dwd_merchant') }}
    where owner_entity_code = 'corporate'
),

states as (
    select
        items.*,
        night.biz_date,
        items.to_date is null or items.to_date > night.biz_date as is_held,
        items.from_date <= night.biz_date - 365
        and (items.to_date is null or items.to_date > night.biz_date - 365) as was_held
    from items
    cross join night
    where items.from_date <= night.biz_date and items.customer_id is not null
),

lines as (
    select
        customer_id,
        line,
        bool_or(is_held) as is_held,
        bool_or(was_held) as was_held,
        min(from_date) as first_date,
        case when not bool_or(is_held) then max(to_date) end as end_date
    from states
    group by customer_id, line
),

line_sums as (
    select
        customer_id,
        cast(count(case when is_held then 1 end) as integer) as line_cnt,
        cast(count(case when is_held and not was_held then 1 end) as integer) as new_cnt,
        cast(count(case when was_held and not is_held then 1 end) as integer) as lapsed_cnt,
        min(first_date) as first_date,
        max(first_date) as last_date,
        arg_max(line, first_date || line) as last_line,
        max(end_date) as end_date
    from lines
    group by customer_id
),

kinds as (
    select
        customer_id,
        {% for kind in ['wcap', 'fixed', 'trade', 'sole'] %}
        bool_or(is_held and line = 'loan' and kind = '{{ kind }}') as has_loan_{{ kind }},
        {% endfor %}
        {% for kind in ['accept', 'guarantee', 'lc', 'discount', 'commit'] %}
        bool_or(is_held and line = 'offbal' and kind = '{{ kind }}') as has_{{ kind }},
        {% endfor %}
        bool_or(is_held and line = 'term') as has_term,
        cast(count(distinct case when is_held and line = 'loan' then kind end) as integer) as loan_kind_cnt,
        cast(count(distinct case when is_held and line = 'offbal' then kind end) as integer) as offbal_kind_cnt,
        min(case when line = 'loan' then from_date end) as loan_first_date,
        min(case when line = 'offbal' then from_date end) as offbal_first_date,
        cast(count(distinct case when is_held and line = 'merchant' then kind end) as integer) as merchant_cnt,
        cast(count(distinct case when not is_held and line = 'merchant' then kind end) as integer) as merchant_ended_cnt,
        min(case when line = 'merchant' then from_date end) as merchant_date
    from states
    group by customer_id
),

holdings as (
    select holdings.customer_id, true as has_hold
    from {{ ref('dwd_holding') }} as holdings
    cross join night
    where holdings.hold_date = night.biz_date and holdings.market_amt > 0
    group by holdings.customer_id
),

final as (
    select
        spine.customer_id,
        {{ tag_value(acct, 'kinds.has_term', 'boolean', 'false') }} as prod_has_term,
        {{ tag_value(hold, 'holdings.has_hold', 'boolean', 'false') }} as prod_has_invest,
        {{ tag_value(loan, 'kinds.loan_kind_cnt > 0', 'boolean', 'false') }} as prod_has_loan,
        {{ tag_value(loan, 'kinds.has_loan_wcap', 'boolean', 'false') }} as prod_has_loan_wcap,
        {{ tag_value(loan, 'kinds.has_loan_fixed', 'boolean', 'false') }} as prod_has_loan_fixed,
        {{ tag_value(loan, 'kinds.has_loan_trade', 'boolean', 'false') }} as prod_has_loan_trade,
        {{ tag_value(loan, 'kinds.has_loan_sole', 'boolean', 'false') }} as prod_has_loan_sole,
        {{ tag_value(obs, 'kinds.has_accept', 'boolean', 'false') }} as prod_has_accept,
        {{ tag_value(obs, 'kinds.has_guarantee', 'boolean', 'false') }} as prod_has_guarantee,
        {{ tag_value(obs, 'kinds.has_lc', 'boolean', 'false') }} as prod_has_lc,
        {{ tag_value(obs, 'kinds.has_discount', 'boolean', 'false') }} as prod_has_discount,
        {{ tag_value(obs, 'kinds.has_commit', 'boolean', 'false') }} as prod_has_commit,
        {{ tag_value(loan, 'kinds.loan_kind_cnt', 'integer', '0') }} as prod_loan_kind_cnt,
        {{ tag_value(obs, 'kinds.offbal_kind_cnt', 'integer', '0') }} as prod_offbal_kind_cnt,
        {{ tag_value(loan, 'kinds.loan_first_date', 'date') }} as prod_loan_first_date,
        {{ tag_value(mer, 'kinds.merchant_cnt > 0', 'boolean', 'false') }} as prod_has_merchant,
        {{ tag_value(mer, 'kinds.merchant_cnt', 'integer', '0') }} as prod_merchant_cnt,
        {{ tag_value(mer, 'kinds.merchant_ended_cnt', 'integer', '0') }} as prod_merchant_ended_cnt,
        {{ tag_value(mer, 'kinds.merchant_date', 'date') }} as prod_merchant_date,
        {{ tag_value(all, 'line_sums.line_cnt', 'integer', '0') }} as prod_line_cnt,
        {{ tag_value(all, 'line_sums.line_cnt = 1', 'boolean', 'false') }} as prod_is_single_line,
        {{ tag_value(all, 'line_sums.new_cnt', 'integer', '0') }} as prod_line_new_cnt_365d,
        {{ tag_value(all, 'line_sums.lapsed_cnt', 'integer', '0') }} as prod_line_lapsed_cnt_365d,
        {{ tag_value(all, 'line_sums.first_date', 'date') }} as prod_line_first_date,
        {{ tag_value(all, 'line_sums.last_date', 'date') }} as prod_line_last_date,
        {{ tag_value(all, 'line_sums.last_line', 'varchar') }} as prod_line_last_code,
        {{ tag_value(all, 'line_sums.end_date', 'date') }} as prod_line_end_date
    from spine
    left join kinds on spine.customer_id = kinds.customer_id
    left join line_sums on spine.customer_id = line_sums.customer_id
    left join holdings on spine.customer_id = holdings.customer_id
)

select * from final
