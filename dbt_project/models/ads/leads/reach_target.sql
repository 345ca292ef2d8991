-- a row is one customer whom a campaign is for, on one channel of it, with the first rule of reach that forbids it, if any
-- The channel `manager` is a lead that a person acts on: consent on any channel, and no cap, quiet hour or household.
{{ config(materialized='table') }}
with night as (
    {{ night_dates() }}
),

customers as (
    select * from {{ ref('reach_customer') }}
),

products as (
    select reach_product.*
    from {{ ref('reach_product') }} as reach_product
    cross join {{ source('ops', 'run_context') }} as run_context
    where {{ in_force('reach_product') }}
),

segments as (
    select
        catalogue.segment_id,
        catalogue.key as campaign_code,
        catalogue.purpose,
        catalogue.priority,
        catalogue.channels,
        line_products.product,
        case catalogue.purpose when 'marketing' then {{ parameter('reach_holdout_ratio') }} else 0 end as holdout
    from {{ ref('segment_catalog') }} as catalogue
    cross join night
    left join {{ ref('reach_line') }} as line_products on catalogue.line = line_products.line
    where
        catalogue.purpose in ('marketing', 'service') and nullif(catalogue.channels, '') is not null
        and coalesce(catalogue.valid_from <= night.biz_date, true)
        and coalesce(catalogue.valid_to >= night.biz_date, true)
),

-- Of a lead that comes several times for one customer, one contact: the one with the most at stake.
leads as (
    select * from {{ ref('event_lead_raised') }}
    where lead_kind <> 'warning'
),

lead_targets as (
    select * from leads
    where nullif(channels, '') is not null
    qualify row_number() over (
        partition by lead_code, customer_id order by priority, amt desc nulls last, lead_id
    ) = 1
),

wanted as (
    select
        'segment' as campaign_kind,
        segments.campaign_code,
        members.customer_id,
        unnest(string_split(segments.channels, '|')) as channel,
        segments.purpose,
        segments.priority,
        segments.product,
        segments.holdout,
        cast(null as varchar) as lead_id,
        cast(null as decimal(18, 2)) as amt
    from segments
    inner join {{ ref('segment_member') }} as members on segments.segment_id = members.segment_id
    union all
    select
        'lead' as campaign_kind,
        lead_code as campaign_code,
        customer_id,
        unnest(string_split(channels, '|')) as channel,
        lead_kind as purpose,
        priority,
        product,
        holdout,
        lead_id,
        amt
    from lead_targets
    union all
    select
        'lead' as campaign_kind,
        lead_code as campaign_code,
        customer_id,
        'manager' as channel,
        lead_kind as purpose,
        priority,
        product,
        holdout,
        lead_id,
        amt
    from leads
),

-- The last word counts. On the same instant a withdrawal does, because a doubt is not consent.
last_words as (
    select consents.customer_id, consents.channel_code, consents.purpose_code, consents.action_code
    from {{ ref('dwd_consent') }} as consents
    inner join night on cast(consents.event_time as date) <= night.biz_date
    qualify row_number() over (
        partition by consents.customer_id, consents.channel_code, consents.purpose_code
        order by consents.event_time desc, consents.action_code = 'withdraw' desc
    ) = 1
),

granted as (
    select customer_id, channel_code as channel, purpose_code as purpose from last_words
    where action_code = 'grant'
    union
    select customer_id, 'robot' as channel, purpose_code as purpose from last_words
    where action_code = 'grant' and channel_code = 'call'
    union
    select customer_id, 'manager' as channel, purpose_code as purpose from last_words
    where action_code = 'grant'
),

channel_exclusions as (
    select distinct overrides.customer_id, overrides.value_code as channel
    from {{ ref('dwd_override') }} as overrides
    inner join night
        on
            overrides.from_date <= night.biz_date
            and (overrides.to_date is null or overrides.to_date > night.biz_date)
    where overrides.kind_code = 'exclude'
),

purchases as (
    select orders.customer_id, orders.line_code as product, orders.order_date as bought_date
    from {{ ref('dwd_order') }} as orders
    where orders.order_type in ('sub', 'sip') and orders.status_code <> 'failed'
    union all
    select policies.customer_id, 'ins' as product, policies.effect_date as bought_date
    from {{ ref('dwd_insurance_policy') }} as policies
    union all
    select contracts.customer_id, 'loan' as product, contracts.from_date as bought_date
    from {{ ref('dwd_loan_contract') }} as contracts
    union all
    select cards.customer_id, 'cc' as product, cards.open_date as bought_date
    from {{ ref('dwd_credit_card') }} as cards
    inner join night on cards.bal_date = night.biz_date
    union all
    select deposits.customer_id, 'dep' as product, deposits.start_date as bought_date
    from {{ ref('dwd_term_deposit') }} as deposits
    where deposits.seq = 1
),

bought as (
    select distinct purchases.customer_id, purchases.product
    from purchases
    inner join night
        on
            purchases.bought_date > night.biz_date - cast({{ parameter('reach_bought_days') }} as integer)
            and purchases.bought_date <= night.biz_date
),

-- What the bank itself tried; who calls in is not approached, and a hold-out was left alone.
contacts as (
    select
        contacts.customer_id,
        contacts.channel_code,
        contacts.campaign_code,
        contacts.wish_product,
        contacts.result_code,
        night.biz_date + 1 - contacts.contact_date as days_ago
    from {{ ref('dwd_marketing_contact') }} as contacts
    inner join night on contacts.contact_date <= night.biz_date
    where
        contacts.log_status <> 'void' and contacts.channel_code <> 'phone_in'
        and not coalesce(contacts.is_holdout, false)
),

refused as (
    select distinct customer_id, wish_product as product, campaign_code
    from contacts
    where result_code = 'refused' and days_ago <= {{ parameter('reach_refused_days') }}
),

contact_counts as (
    select
        customer_id,
        {% for channel in ['sms', 'call', 'push'] %}
        count(case when channel_code = '{{ channel }}' and days_ago < {{ parameter('reach_cap_' ~ channel ~ '_days') }} then 1 end)
            as {{ channel }}_cnt,
        {% endfor %}
        count(case when days_ago < {{ parameter('reach_cap_any_days') }} then 1 end) as any_cnt
    from contacts
    group by customer_id
),

-- Somebody of the household was spoken to about this product, or within this campaign.
household_contacts as (
    select distinct customers.household_id, contacts.wish_product as product, contacts.campaign_code, contacts.customer_id
    from contacts
    inner join customers on contacts.customer_id = customers.customer_id
    where customers.household_id is not null and contacts.days_ago < {{ parameter('reach_household_days') }}
),

household_spoken as (
    select distinct customers.customer_id, household_contacts.product, household_contacts.campaign_code
    from customers
    inner join household_contacts
        on customers.household_id = household_contacts.household_id and customers.customer_id <> household_contacts.customer_id
),

tomorrow as (
    select
        night.biz_date + 1 as contact_date,
        coalesce(bool_or(calendar_day.is_workday), false) as is_workday,
        coalesce(bool_or(calendar_day.holiday_code = 'spring'), false) as is_spring
    from night
    left join {{ ref('calendar_day') }} as calendar_day on night.biz_date + 1 = calendar_day.cal_date
    group by night.biz_date
),

-- Rules 1 to 8, of which the first that holds is the reason.
asked as (
    select
        wanted.*,
        customers.entity,
        customers.household_id,
        customers.is_mobile_ok,
        customers.unreachable_cnt,
        tomorrow.contact_date,
        coalesce(customers.block_reason, case when channel_exclusions.customer_id is not null then 'exclusion' end) as true_block,
        case
            when customers.is_out then 1
            when customers.block_reason is not null or channel_exclusions.customer_id is not null then 2
            when customers.is_minor then 3
            when granted.customer_id is null and not (wanted.channel = 'manager' and customers.entity <> 'retail') then 4
            when customers.is_complaining then 5
            when
                products.class_code = 'credit' and customers.entity = 'retail' and (
                    customers.is_past_due or customers.is_enforced or customers.is_student or customers.age > products.age_max
                )
                then 6
            when
                products.class_code = 'invest' and customers.entity = 'retail' and (
                    coalesce(customers.test_days, 0) <= 0 or coalesce(customers.tolerance, 0) < products.risk_level
                    or (customers.is_elder and products.risk_level >= {{ parameter('high_risk_level') }})
                )
                then 6
            when products.class_code = 'insurance' and customers.is_elder and products.is_long_term then 6
            when bought.customer_id is not null or refused_products.customer_id is not null
                or refused_campaigns.customer_id is not null then 7
            -- Who is left alone is so for the whole campaign, on all channels and on all days: a digest of both decides.
            when
                cast('0x' || left(sha256(wanted.campaign_code || '|' || wanted.customer_id), 8) as bigint)
                < wanted.holdout * 4294967296
                then 8
        end as early_rule,
        wanted.purpose = 'service' and wanted.priority = 1 as is_uncounted,
        tomorrow.is_spring or (wanted.channel in ('call', 'robot') and not tomorrow.is_workday) as is_quiet,
        household_products.customer_id is not null or household_campaigns.customer_id is not null as is_household_spoken
    from wanted
    inner join customers on wanted.customer_id = customers.customer_id
    cross join tomorrow
    left join products on wanted.product = products.product
    left join granted
        on wanted.customer_id = granted.customer_id and wanted.channel = granted.channel and wanted.purpose = granted.purpose
    left join channel_exclusions
        on wanted.customer_id = channel_exclusions.customer_id and wanted.channel = channel_exclusions.channel
    left join bought on wanted.customer_id = bought.customer_id and wanted.product = bought.product
    left join (select distinct customer_id, product from refused) as refused_products
        on wanted.customer_id = refused_products.customer_id and wanted.product = refused_products.product
    left join (select distinct customer_id, campaign_code from refused) as refused_campaigns
        on wanted.customer_id = refused_campaigns.customer_id and wanted.campaign_code = refused_campaigns.campaign_code
    left join (select distinct customer_id, product from household_spoken) as household_products
        on wanted.customer_id = household_products.customer_id and wanted.product = household_products.product
    left join (select distinct customer_id, campaign_code from household_spoken) as household_campaigns
        on wanted.customer_id = household_campaigns.customer_id and wanted.campaign_code = household_campaigns.campaign_code
),

limited as (
    select
        asked.*,
        asked.channel <> 'manager' as is_message,
        coalesce(contact_counts.any_cnt, 0) as any_cnt,
        case asked.channel
            when 'sms' then coalesce(contact_counts.sms_cnt, 0)
            when 'call' then coalesce(contact_counts.call_cnt, 0)
            when 'robot' then coalesce(contact_counts.call_cnt, 0)
            when 'push' then coalesce(contact_counts.push_cnt, 0)
            else 0
        end as channel_cnt,
        case asked.channel
            when 'sms' then {{ parameter('reach_cap_sms_cnt') }}
            when 'call' then {{ parameter('reach_cap_call_cnt') }}
            when 'robot' then {{ parameter('reach_cap_call_cnt') }}
            when 'push' then {{ parameter('reach_cap_push_cnt') }}
            else 1000000
        end as channel_cap,
        (asked.channel in ('sms', 'call', 'robot') and not asked.is_mobile_ok)
        or asked.unreachable_cnt >= {{ parameter('reach_vain_cnt') }} as is_bad_contact
    from asked
    left join contact_counts on asked.customer_id = contact_counts.customer_id
),

-- Whom nothing forbids so far stands in line: for the caps of the customer, and for the one contact of the household.
free as (
    select
        *,
        early_rule is null and is_message and not is_quiet and not is_household_spoken and not is_bad_contact as is_free
    from limited
),

in_household as (
    select
        *,
        is_free and not (
            household_id is not null and product is not null
            and dense_rank() over (
                partition by household_id, product, is_free order by priority, customer_id
            ) > 1
        ) as is_first
    from free
),

in_channel as (
    select
        *,
        is_first and not is_uncounted as is_counted,
        row_number() over (
            partition by customer_id, case channel when 'robot' then 'call' else channel end, is_first and not is_uncounted
            order by priority, campaign_kind, amt desc nulls last, campaign_code, channel
        ) as channel_place
    from in_household
),

in_all as (
    select
        *,
        is_counted and channel_cnt + channel_place <= channel_cap as is_in_channel,
        row_number() over (
            partition by customer_id, is_counted and channel_cnt + channel_place <= channel_cap
            order by priority, campaign_kind, amt desc nulls last, campaign_code, channel
        ) as any_place
    from in_channel
),

ruled as (
    select
        *,
        case
            when early_rule is not null then early_rule
            when not is_message then null
            when
                not is_uncounted and (
                    channel_cnt >= channel_cap or any_cnt >= {{ parameter('reach_cap_any_cnt') }}
                    or (is_counted and not is_in_channel)
                    or (is_in_channel and any_cnt + any_place > {{ parameter('reach_cap_any_cnt') }})
                )
                then 9
            when is_quiet then 10
            when is_household_spoken or (is_free and not is_first) then 11
            when is_bad_contact then 12
        end as rule_no
    from in_all
),

final as (
    select
        campaign_kind,
        campaign_code,
        channel,
        entity,
        customer_id,
        purpose,
        cast(priority as integer) as priority,
        product,
        lead_id,
        amt,
        contact_date,
        cast(rule_no as integer) as rule_no,
        case rule_no
            when 1 then 'status' when 2 then 'internal_rule' when 3 then 'minor' when 4 then 'consent' when 5 then 'complaint'
            when 6 then 'suitability' when 7 then 'recent' when 8 then 'holdout' when 9 then 'cap' when 10 then 'quiet'
            when 11 then 'household' when 12 then 'bad_contact'
        end as reason_code,
        case when rule_no = 2 then true_block when rule_no = 8 then 'holdout' end as true_reason
    from ruled
)

select * from final
