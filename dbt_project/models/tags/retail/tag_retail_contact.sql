-- a row is one retail customer of the spine; telephones, addresses and mail: how many, how good, where, and how fresh
{% set contact = ['ecif_contact'] %}
{% set branch = ['ecif_contact', 'ecif_retail', 'ref_org'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_retail_spine') }}
),

contacts as (
    select
        contacts.*,
        contacts.update_date > night.biz_date - 90 and contacts.update_date <= night.biz_date as is_90d,
        contacts.update_date > night.biz_date - 365 and contacts.update_date <= night.biz_date as is_365d,
        night.biz_date
    from {{ ref('dwd_contact') }} as contacts
    inner join spine on contacts.customer_id = spine.customer_id
    cross join night
),

contact_sums as (
    select
        customer_id,
        {% for kind in ['mobile', 'address', 'email'] %}
        count(case when contact_kind = '{{ kind }}' then 1 end) as {{ kind }}_cnt,
        count(case when contact_kind = '{{ kind }}' and is_verified then 1 end) as {{ kind }}_verified_cnt,
        max(case when contact_kind = '{{ kind }}' then update_date end) as {{ kind }}_date,
        count(case when contact_kind = '{{ kind }}' and is_365d then 1 end) as {{ kind }}_chg_365d,
        {% endfor %}
        count(distinct contact_kind) as kind_cnt,
        count(case when is_90d then 1 end) as chg_90d,
        count(case when is_365d then 1 end) as chg_365d,
        count(distinct case when contact_kind = 'address' then region_code end) as region_cnt,
        max(biz_date) as biz_date
    from contacts
    group by customer_id
),

-- The number to call: verified before others, then the one changed last, then the highest sequence number.
main_mobiles as (
    select customer_id, mobile
    from contacts
    where contact_kind = 'mobile' and nullif(trim(mobile), '') is not null
    qualify row_number() over (
        partition by customer_id
        order by coalesce(is_verified, false) desc, update_date desc nulls last, seq desc
    ) = 1
),

mobile_owners as (
    select mobile, count(distinct customer_id) as customer_cnt
    from contacts
    where contact_kind = 'mobile' and nullif(trim(mobile), '') is not null
    group by mobile
),

phones as (
    select
        main_mobiles.customer_id,
        regexp_full_match(main_mobiles.mobile, '[0-9]{11}') as is_well_formed,
        coalesce(phone_segments.kind_code, 'other') as kind_code,
        case phone_segments.carrier_en
            when 'China Mobile' then 'cmcc'
            when 'China Unicom' then 'cucc'
            when 'China Telecom' then 'ctcc'
            when 'China Broadnet' then 'cbn'
            else 'other'
        end as carrier_code,
        mobile_owners.customer_cnt - 1 as other_cnt
    from main_mobiles
    inner join mobile_owners on main_mobiles.mobile = mobile_owners.mobile
    left join {{ ref('phone_segment') }} as phone_segments on left(main_mobiles.mobile, 3) = phone_segments.segment
),

homes as (
    select customer_id, region_code, is_verified
    from contacts
    where contact_kind = 'address' and region_code is not null
    qualify row_number() over (
        partition by customer_id
        order by coalesce(is_verified, false) desc, update_date desc nulls last, seq desc
    ) = 1
),

branches as (
    select parties.customer_id, branches.region_code
    from {{ ref('dwd_party') }} as parties
    inner join {{ ref('dwd_branch') }} as branches on parties.mng_org = branches.org_id
),

final as (
    select
        spine.customer_id,
        {{ tag_value(contact, 'contact_sums.mobile_cnt', 'integer', '0') }} as prof_mobile_cnt,
        {{ tag_value(contact, 'contact_sums.mobile_verified_cnt', 'integer', '0') }} as prof_mobile_verified_cnt,
        {{ tag_value(contact, 'contact_sums.address_cnt', 'integer', '0') }} as prof_address_cnt,
        {{ tag_value(contact, 'contact_sums.address_verified_cnt > 0', 'boolean', 'false') }} as prof_is_address_verified,
        {{ tag_value(contact, 'contact_sums.email_verified_cnt > 0', 'boolean', 'false') }} as prof_is_email_verified,
        {{ tag_value(contact, 'contact_sums.kind_cnt', 'integer', '0') }} as prof_contact_kind_cnt,
        {{ tag_value(
            contact,
            'contact_sums.mobile_verified_cnt > 0 and contact_sums.address_verified_cnt > 0',
            'boolean', 'false'
        ) }} as prof_is_contact_complete,
        {{ tag_value(contact, 'contact_sums.mobile_date', 'date') }} as prof_mobile_update_date,
        {{ tag_value(contact, 'contact_sums.biz_date - contact_sums.mobile_date', 'integer') }} as prof_mobile_update_days,
        {{ tag_value(contact, 'contact_sums.biz_date - contact_sums.address_date', 'integer') }} as prof_address_update_days,
        {{ tag_value(contact, 'contact_sums.chg_90d', 'integer', '0') }} as prof_contact_chg_cnt_90d,
        {{ tag_value(contact, 'contact_sums.chg_365d', 'integer', '0') }} as prof_contact_chg_cnt_365d,
        {{ tag_value(contact, 'contact_sums.mobile_chg_365d > 0', 'boolean', 'false') }} as prof_is_mobile_chg_365d,
        {{ tag_value(contact, 'contact_sums.address_chg_365d > 0', 'boolean', 'false') }} as prof_is_address_chg_365d,
        {{ tag_value(contact, 'phones.is_well_formed', 'boolean') }} as prof_is_mobile_well_formed,
        {{ tag_value(contact, 'phones.kind_code', 'varchar') }} as prof_phone_kind_code,
        {{ tag_value(contact, 'phones.carrier_code', 'varchar') }} as prof_phone_carrier_code,
        {{ tag_value(contact, 'phones.other_cnt', 'integer', '0') }} as prof_mobile_share_cnt,
        {{ tag_value(contact, 'contact_sums.region_cnt', 'integer', '0') }} as prof_region_cnt,
        {{ tag_value(contact, "left(homes.region_code, 2) || '0000'", 'varchar') }} as prof_province_code,
        {{ tag_value(contact, "left(homes.region_code, 4) || '00'", 'varchar') }} as prof_city_code,
        {{ tag_value(branch, 'left(homes.region_code, 4) = left(branches.region_code, 4)', 'boolean') }} as prof_is_branch_city,
        {{ tag_value(branch, 'left(homes.region_code, 2) = left(branches.region_code, 2)', 'boolean') }}
            as prof_is_branch_province
    from spine
    left join contact_sums on spine.customer_id = contact_sums.customer_id
    left join phones on spine.customer_id = phones.customer_id
    left join homes on spine.customer_id = homes.customer_id
    left join branches on spine.customer_id = branches.customer_id
)

select * from final
