-- a row is one retail customer of the spine; by which channels the customer may be approached at the business date
{% set consent = ['crm_consent'] %}
{% set contact = ['crm_consent', 'mkt_contact'] %}
{% set capped = ['sms', 'call', 'push'] %}
{% set channels = ['sms', 'call', 'push', 'mbox', 'wecom'] %}

with spine as (
    select customer_id from {{ ref('dws_retail_spine') }}
),

night as (
    {{ night_dates() }}
),

consents as (
    select consents.*
    from {{ ref('dwd_consent') }} as consents
    cross join night
    where cast(consents.event_time as date) <= night.biz_date
),

-- The last word counts. On the same instant a withdrawal does, because a doubt is not consent.
last_words as (
    select customer_id, channel_code, purpose_code, action_code, cast(event_time as date) as event_date
    from consents
    qualify row_number() over (
        partition by customer_id, channel_code, purpose_code
        order by event_time desc, action_code = 'withdraw' desc
    ) = 1
),

permissions as (
    select
        customer_id,
        {% for channel in channels %}
        bool_or(purpose_code = 'marketing' and channel_code = '{{ channel }}' and action_code = 'grant') as is_{{ channel }},
        {% endfor %}
        bool_or(purpose_code = 'service' and action_code = 'grant') as is_service,
        sum(case when purpose_code = 'marketing' and action_code = 'grant' then 1 else 0 end) as channel_cnt,
        bool_or(purpose_code = 'marketing' and action_code = 'withdraw') as is_withdrawn,
        max(case when purpose_code = 'marketing' and action_code = 'grant' then event_date end) as grant_date,
        max(case when purpose_code = 'marketing' and action_code = 'withdraw' then event_date end) as withdraw_date
    from last_words
    group by customer_id
),

-- What the bank itself tried; who calls in is not approached, and a hold-out was left alone.
contacts as (
    select contacts.customer_id, contacts.channel_code, night.biz_date - contacts.contact_date as days_ago
    from {{ ref('dwd_marketing_contact') }} as contacts
    inner join night on contacts.contact_date <= night.biz_date
    where
        contacts.entity = 'retail' and contacts.log_status <> 'void' and contacts.channel_code <> 'phone_in'
        and not coalesce(contacts.is_holdout, false)
),

cap_sums as (
    select
        customer_id,
        {% for channel in capped %}
        count(case when channel_code = '{{ channel }}' and days_ago < {{ parameter('reach_cap_' ~ channel ~ '_days') }} then 1 end)
        >= {{ parameter('reach_cap_' ~ channel ~ '_cnt') }} as is_{{ channel }}_capped,
        {% endfor %}
        count(case when days_ago < {{ parameter('reach_cap_any_days') }} then 1 end) >= {{ parameter('reach_cap_any_cnt') }}
            as is_capped
    from contacts
    group by customer_id
),

reachable as (
    select
        permissions.customer_id,
        not coalesce(cap_sums.is_capped, false) and (
            {% for channel in channels %}
            (
                permissions.is_{{ channel }}
                {%- if channel in capped %} and not coalesce(cap_sums.is_{{ channel }}_capped, false){% endif %}
            )
            {{- ' or' if not loop.last }}
            {% endfor %}
        ) as is_any
    from permissions
    left join cap_sums on permissions.customer_id = cap_sums.customer_id
),

final as (
    select
        spine.customer_id,
        {% for channel in channels %}
        {{ tag_value(consent, 'permissions.is_' ~ channel, 'boolean', 'false') }} as reach_{{ channel }}_is_ok,
        {% endfor %}
        {{ tag_value(contact, 'reachable.is_any', 'boolean', 'false') }} as reach_any_is_ok,
        {{ tag_value(consent, 'permissions.is_service', 'boolean', 'false') }} as reach_service_is_ok,
        {{ tag_value(consent, 'permissions.channel_cnt', 'integer', '0') }} as reach_channel_cnt,
        {{ tag_value(consent, 'permissions.is_withdrawn', 'boolean', 'false') }} as reach_is_withdrawn,
        {{ tag_value(consent, 'permissions.grant_date', 'date') }} as reach_grant_date,
        {{ tag_value(consent, 'permissions.withdraw_date', 'date') }} as reach_withdraw_date
    from spine
    left join permissions on spine.customer_id = permissions.customer_id
    left join reachable on spine.customer_id = reachable.customer_id
)

select * from final
