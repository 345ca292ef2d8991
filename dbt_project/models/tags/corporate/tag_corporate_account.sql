-- a row is one corporate customer of the spine; its accounts by nature, those that lie still, and statements without a reply
{% set acct = ['core_acct', 'core_acct_person'] %}
{% set flow = ['core_acct', 'core_acct_person', 'core_txn'] %}
{% set recon = ['core_acct', 'core_acct_person', 'core_recon'] %}
{% set dorm = ['core_acct', 'core_acct_person', 'core_txn', 'crd_note', 'crd_offbal'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_corporate_spine') }}
),

accounts as (
    select
        accounts.*,
        night.biz_date,
        accounts.close_date is null or accounts.close_date > night.biz_date as is_open
    from {{ ref('dwd_account') }} as accounts
    cross join night
    where accounts.entity = 'corporate' and accounts.open_date <= night.biz_date
),

-- What the bank itself books (interest, fees, rollover) and what is taken by law keeps no account alive.
account_moves as (
    select flows.acct_no, flows.customer_id, max(flows.acct_date) as last_date
    from {{ ref('dwd_corporate_flow') }} as flows
    cross join night
    where
        flows.acct_date <= night.biz_date
        and flows.init_code in ('C', 'P')
        and not flows.is_void
        and not flows.is_reversal
    group by flows.acct_no, flows.customer_id
),

customer_moves as (
    select customer_id, max(last_date) as last_date from account_moves group by customer_id
),

account_facts as (
    select
        accounts.*,
        accounts.biz_date - coalesce(account_moves.last_date, accounts.open_date) as idle_days,
        -- Only accounts that money can be paid from fall dormant; margin and time deposits lie still by design.
        accounts.is_open and accounts.kind_code in ('demand', 'call') as can_idle
    from accounts
    left join account_moves on accounts.acct_no = account_moves.acct_no
),

sums as (
    select
        customer_id,
        {% for nature in ['basic', 'general', 'special', 'temporary', 'margin'] %}
        cast(count(case when is_open and nature_code = '{{ nature }}' then 1 end) as integer) as {{ nature }}_cnt,
        min(case when is_open and nature_code = '{{ nature }}' then open_date end) as {{ nature }}_date,
        {% endfor %}
        max(biz_date) as biz_date,
        cast(count(case when is_open then 1 end) as integer) as open_cnt,
        cast(count(case when is_open and kind_code in ('demand', 'call') then 1 end) as integer) as demand_cnt,
        cast(count(case when is_open and kind_code in ('term', 'cd', 'structured') then 1 end) as integer) as term_cnt,
        cast(count(case when not is_open then 1 end) as integer) as closed_cnt,
        cast(count(case when biz_date - open_date < 365 then 1 end) as integer) as opened_cnt_365d,
        cast(count(case when not is_open and biz_date - close_date < 365 then 1 end) as integer) as closed_cnt_365d,
        cast(count(distinct case when is_open then open_org end) as integer) as org_cnt,
        min(open_date) as first_date,
        max(open_date) as last_date,
        max(case when not is_open then close_date end) as last_close_date,
        bool_and(not is_open) as is_all_closed,
        cast(count(case when can_idle and idle_days < 90 then 1 end) as integer) as active_cnt_90d,
        cast(count(case when can_idle and idle_days >= {{ parameter('acct_dormant_days') }} then 1 end) as integer) as dormant_cnt,
        max(case when can_idle then idle_days end) as idle_max_days
    from account_facts
    group by customer_id
),

debts as (
    select customer_id, true as has_debt
    from (
        select notes.customer_id
        from {{ ref('dwd_loan_note') }} as notes
        cross join night
        where notes.bal_date = night.biz_date and notes.principal_amt > 0
        union all
        select customer_id from {{ ref('dwd_off_balance') }} where status_code in ('live', 'advanced')
    )
    where customer_id is not null
    group by customer_id
),

-- A statement is late from the day after its due date until the reply; of a closed account nobody waits for one.
late_replies as (
    select accounts.customer_id, count(distinct accounts.acct_no) as acct_cnt
    from {{ ref('dwd_reconciliation') }} as statements
    inner join accounts on statements.acct_no = accounts.acct_no
    where
        accounts.is_open
        and statements.due_date < accounts.biz_date
        and (statements.reply_date is null or statements.reply_date > accounts.biz_date)
    group by accounts.customer_id
),

final as (
    select
        spine.customer_id,
        {{ tag_value(acct, 'sums.basic_cnt > 0', 'boolean', 'false') }} as acct_has_basic,
        {{ tag_value(acct, 'sums.basic_date', 'date') }} as acct_basic_date,
        {{ tag_value(acct, 'sums.general_cnt > 0', 'boolean', 'false') }} as acct_has_general,
        {{ tag_value(acct, 'sums.general_cnt', 'integer', '0') }} as acct_general_cnt,
        {{ tag_value(acct, 'sums.general_date', 'date') }} as acct_general_date,
        {{ tag_value(acct, 'sums.special_cnt > 0', 'boolean', 'false') }} as acct_has_special,
        {{ tag_value(acct, 'sums.special_cnt', 'integer', '0') }} as acct_special_cnt,
        {{ tag_value(acct, 'sums.special_date', 'date') }} as acct_special_date,
        {{ tag_value(acct, 'sums.temporary_cnt > 0', 'boolean', 'false') }} as acct_has_temporary,
        {{ tag_value(acct, 'sums.temporary_cnt', 'integer', '0') }} as acct_temporary_cnt,
        {{ tag_value(acct, 'sums.temporary_date', 'date') }} as acct_temporary_date,
        {{ tag_value(acct, 'sums.margin_cnt > 0', 'boolean', 'false') }} as acct_has_margin,
        {{ tag_value(acct, 'sums.margin_cnt', 'integer', '0') }} as acct_margin_cnt,
        {{ tag_value(acct, 'sums.margin_date', 'date') }} as acct_margin_date,
        {{ tag_value(acct, 'sums.biz_date - sums.basic_date', 'integer') }} as acct_basic_days,
        {{ tag_value(acct, 'sums.open_cnt', 'integer', '0') }} as acct_cnt,
        {{ tag_value(acct, 'sums.demand_cnt', 'integer', '0') }} as acct_demand_cnt,
        {{ tag_value(acct, 'sums.term_cnt', 'integer', '0') }} as acct_term_cnt,
        {{ tag_value(acct, 'sums.closed_cnt', 'integer', '0') }} as acct_closed_cnt,
        {{ tag_value(acct, 'sums.opened_cnt_365d', 'integer', '0') }} as acct_opened_cnt_365d,
        {{ tag_value(acct, 'sums.closed_cnt_365d', 'integer', '0') }} as acct_closed_cnt_365d,
        {{ tag_value(acct, 'sums.org_cnt', 'integer', '0') }} as acct_org_cnt,
        {{ tag_value(acct, 'sums.first_date', 'date') }} as acct_first_open_date,
        {{ tag_value(acct, 'sums.last_date', 'date') }} as acct_last_open_date,
        {{ tag_value(acct, 'sums.last_close_date', 'date') }} as acct_last_close_date,
        {{ tag_value(acct, 'sums.is_all_closed', 'boolean', 'false') }} as acct_is_all_closed,
        {{ tag_value(flow, 'sums.active_cnt_90d', 'integer', '0') }} as acct_active_cnt_90d,
        {{ tag_value(flow, 'sums.biz_date - customer_moves.last_date', 'integer') }} as acct_idle_days,
        {{ tag_value(flow, 'sums.idle_max_days', 'integer') }} as acct_idle_max_days,
        {{ tag_value(flow, 'sums.dormant_cnt', 'integer', '0') }} as acct_dormant_cnt,
        {{ tag_value(dorm, 'sums.dormant_cnt > 0 and not coalesce(debts.has_debt, false)', 'boolean', 'false') }}
            as acct_is_dormant_notice,
        {{ tag_value(recon, 'late_replies.acct_cnt', 'integer', '0') }} as acct_recon_overdue_cnt
    from spine
    left join sums on spine.customer_id = sums.customer_id
    left join customer_moves on spine.customer_id = customer_moves.customer_id
    left join debts on spine.customer_id = debts.customer_id
    left join late_replies on spine.customer_id = late_replies.customer_id
)

select * from final
