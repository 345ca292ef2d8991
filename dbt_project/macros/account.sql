{#
    The deposit accounts opened by D, of an entity or of all, and whether each is open at D: whatever became of it later or is
    booked in advance. For a model that has the CTE `night`.
#}
{% macro deposit_accounts_by_night(entity=none) -%}
    select
        deposit_accounts.*,
        deposit_accounts.status_code <> 'closed'
        and (deposit_accounts.close_date is null or deposit_accounts.close_date > night.biz_date) as is_open,
        night.biz_date
    from {{ ref('dwd_account') }} as deposit_accounts
    inner join night on deposit_accounts.open_date <= night.biz_date
    {%- if entity %}
    where deposit_accounts.entity = '{{ entity }}'
    {%- endif %}
{%- endmacro %}

{# Controls in force on accounts, as they forbid marketing: the same rule for the mart's opaque flag and for its true reason. #}
{% macro blocking_control(controls) -%}
    ({{ controls }}.by_code in ('court', 'police', 'aml') or {{ controls }}.ctrl_kind in ('freeze', 'no_receive_no_pay'))
{%- endmacro %}

{#
    What is in force at D of controls on accounts, one row a customer: how many by who ordered them and by what they forbid, and
    the true reason of the opaque block in the mart. Only the restricted file shows it. For a model that has the CTE `night`.
#}
{% macro control_sums_by_customer() -%}
    select
        account_controls.customer_id,
        {% for orderer in ['court', 'police', 'aml', 'bank'] -%}
        count(case when account_controls.by_code = '{{ orderer }}' then 1 end) as {{ orderer }}_cnt,
        {% endfor -%}
        {% for kind, name in {'freeze': 'freeze', 'stop_pay': 'stop_pay', 'no_receive_no_pay': 'no_pay', 'non_counter': 'non_counter'}.items() -%}
        count(case when account_controls.ctrl_kind = '{{ kind }}' then 1 end) as {{ name }}_cnt,
        {% endfor -%}
        count(distinct account_controls.acct_no) as acct_cnt,
        sum(case when account_controls.ctrl_kind = 'freeze' then account_controls.amt else 0 end) as frozen_amt,
        min(account_controls.from_date) as first_date,
        string_agg(distinct account_controls.by_code, '+' order by account_controls.by_code)
            filter (where {{ blocking_control('account_controls') }}) as block_reason
    from {{ ref('dwd_account_control') }} as account_controls
    inner join night
        on
            account_controls.from_date <= night.biz_date
            and (account_controls.to_date is null or account_controls.to_date > night.biz_date)
    group by account_controls.customer_id
{%- endmacro %}
