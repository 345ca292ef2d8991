-- a row is one retail customer of the spine; debit cards by level and renewal, credit cards as a product, instalment plans
{% set cards = ['card_debit'] %}
{% set accounts = ['core_acct', 'core_acct_person'] %}
{% set credit = ['cc_acct'] %}
{% set instal = ['cc_instal'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_retail_spine') }}
),

deposit_accounts as (
    {{ deposit_accounts_by_night() }}
),

debit_cards as (
    select
        debit_cards.*,
        debit_cards.status_code = 'active' as is_active,
        list_position(['junior', 'std', 'gold', 'platinum'], debit_cards.level_code) as level_rank,
        -- Whole months from the month of D to that of the renewal.
        date_diff('month', night.month_start, cast(try_strptime(debit_cards.renew_due_month || '-01', '%Y-%m-%d') as date)) as renew_months,
        deposit_accounts.customer_id <> debit_cards.customer_id as is_other_acct,
        night.biz_date
    from {{ ref('dwd_card_debit') }} as debit_cards
    inner join night on debit_cards.open_date <= night.biz_date
    left join deposit_accounts on debit_cards.acct_no = deposit_accounts.acct_no
),

card_sums as (
    select
        customer_id,
        arg_max(case when is_active then level_code end, case when is_active then level_rank end) as max_level_code,
        count(case when is_active and level_code = 'std' then 1 end) as std_cnt,
        count(case when is_active and level_code in ('gold', 'platinum') then 1 end) as premium_cnt,
        count(case when is_active and level_code = 'junior' then 1 end) as junior_cnt,
        count(*) as ever_cnt,
        count(case when open_date > biz_date - 365 then 1 end) as new_cnt,
        min(open_date) as first_date,
        max(open_date) as last_date,
        min(case when is_active and renew_months >= 0 then renew_due_month end) as renew_month,
        min(case when is_active and renew_months >= 0 then renew_months end) as renew_months,
        count(case when is_active and renew_months between 0 and 2 then 1 end) as renew_cnt,
        count(case when is_active and renew_months < 0 then 1 end) as overdue_cnt,
        count(case when is_active and is_other_acct then 1 end) as other_cnt,
        max(biz_date) as biz_date
    from debit_cards
    group by customer_id
),

nocards as (
    select deposit_accounts.customer_id, count(*) as cnt
    from deposit_accounts
    left join (select distinct acct_no from debit_cards where is_active) as carded on deposit_accounts.acct_no = carded.acct_no
    where
        deposit_accounts.entity = 'retail' and deposit_accounts.is_open and deposit_accounts.class_code = '1'
        and deposit_accounts.kind_code = 'demand' and carded.acct_no is null
    group by deposit_accounts.customer_id
),

credit_sums as (
    select
        credit_cards.customer_id,
        count(case when credit_cards.status_code = 'active' then 1 end) as active_cnt,
        count(case when credit_cards.status_code = 'inactive' then 1 end) as inactive_cnt,
        count(case when credit_cards.status_code <> 'closed' and credit_cards.is_autopay then 1 end) as autopay_cnt,
        count(case when credit_cards.status_code <> 'closed' and credit_cards.temp_limit_amt > 0 then 1 end) as temp_cnt,
        max(credit_cards.open_date) as last_date,
        count(case when credit_cards.open_date > night.biz_date - 365 then 1 end) as new_cnt
    from {{ ref('dwd_credit_card') }} as credit_cards
    inner join night on credit_cards.bal_date = night.biz_date
    group by credit_cards.customer_id
),

instal_sums as (
    select
        instalments.customer_id,
        count(*) as ever_cnt,
        count(case when instalments.status_code = 'live' then 1 end) as live_cnt,
        count(case when instalments.start_date > night.biz_date - 365 then 1 end) as new_cnt,
        min(instalments.start_date) as first_date,
        max(instalments.start_date) as last_date,
        sum(case when instalments.status_code = 'live' then instalments.terms - instalments.billed_terms else 0 end) as left_terms
    from {{ ref('dwd_card_instalment') }} as instalments
    inner join night on instalments.start_date <= night.biz_date
    group by instalments.customer_id
),

final as (
    select
        spine.customer_id,
        {{ tag_value(cards, 'card_sums.max_level_code', 'varchar') }} as card_level_max_code,
        {{ tag_value(cards, 'card_sums.std_cnt', 'integer', '0') }} as card_std_cnt,
        {{ tag_value(cards, 'card_sums.premium_cnt', 'integer', '0') }} as card_premium_cnt,
        {{ tag_value(cards, 'card_sums.junior_cnt', 'integer', '0') }} as card_junior_cnt,
        {{ tag_value(cards, 'card_sums.ever_cnt', 'integer', '0') }} as card_debit_cnt_ltd,
        {{ tag_value(cards, 'card_sums.new_cnt', 'integer', '0') }} as card_debit_opened_cnt_365d,
        {{ tag_value(cards, 'card_sums.biz_date - card_sums.first_date', 'integer') }} as card_debit_first_days,
        {{ tag_value(cards, 'card_sums.biz_date - card_sums.last_date', 'integer') }} as card_debit_last_days,
        {{ tag_value(cards, 'card_sums.renew_month', 'varchar') }} as card_renew_month,
        {{ tag_value(cards, 'card_sums.renew_months', 'integer') }} as card_renew_months,
        {{ tag_value(cards, 'card_sums.renew_cnt', 'integer', '0') }} as card_renew_cnt_next3m,
        {{ tag_value(cards, 'card_sums.overdue_cnt', 'integer', '0') }} as card_renew_overdue_cnt,
        {{ tag_value(cards+accounts, 'card_sums.other_cnt', 'integer', '0') }} as card_other_acct_cnt,
        {{ tag_value(cards+accounts, 'nocards.cnt', 'integer', '0') }} as acct_nocard_cnt,
        {{ tag_value(credit, 'credit_sums.autopay_cnt > 0', 'boolean', 'false') }} as cc_has_autopay,
        {{ tag_value(credit, 'credit_sums.inactive_cnt', 'integer', '0') }} as cc_inactive_cnt,
        {{ tag_value(credit, 'credit_sums.inactive_cnt > 0 and credit_sums.active_cnt = 0', 'boolean', 'false') }}
            as cc_is_all_inactive,
        {{ tag_value(credit, 'credit_sums.temp_cnt > 0', 'boolean', 'false') }} as cc_has_temp_limit,
        {{ tag_value(credit, 'credit_sums.last_date', 'date') }} as cc_last_date,
        {{ tag_value(credit, 'credit_sums.new_cnt', 'integer', '0') }} as cc_opened_cnt_365d,
        {{ tag_value(instal, 'instal_sums.live_cnt', 'integer', '0') }} as cc_instal_plan_cnt,
        {{ tag_value(instal, 'instal_sums.ever_cnt', 'integer', '0') }} as cc_instal_cnt_ltd,
        {{ tag_value(instal, 'instal_sums.new_cnt', 'integer', '0') }} as cc_instal_new_cnt_365d,
        {{ tag_value(instal, 'instal_sums.first_date', 'date') }} as cc_instal_first_date,
        {{ tag_value(instal, 'instal_sums.last_date', 'date') }} as cc_instal_last_date,
        {{ tag_value(instal, 'instal_sums.left_terms', 'integer', '0') }} as cc_instal_left_term_cnt
    from spine
    left join card_sums on spine.customer_id = card_sums.customer_id
    left join nocards on spine.customer_id = nocards.customer_id
    left join credit_sums on spine.customer_id = credit_sums.customer_id
    left join instal_sums on spine.customer_id = instal_sums.customer_id
)

select * from final
