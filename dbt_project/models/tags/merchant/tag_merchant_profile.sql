-- a row is one merchant of the spine; facts about the acquiring contract and who signed it
{% set feeds = ['mer_info'] %}
{% set owned = ['mer_info', 'ecif_retail', 'ecif_corp'] %}

with spine as (
    select customer_id, biz_date from {{ ref('dws_merchant_spine') }}
),

merchants as (
    select * from {{ ref('dwd_merchant') }}
),

final as (
    select
        spine.customer_id,
        {{ tag_value(feeds, 'merchants.status_code', 'varchar') }} as mer_status_code,
        {{ tag_value(feeds, 'spine.biz_date - merchants.start_date', 'integer') }} as mer_age_days,
        {{ tag_value(owned, 'merchants.owner_customer_id', 'varchar') }} as mer_owner_customer_id,
        {{ tag_value(owned, 'merchants.owner_entity_code', 'varchar') }} as mer_owner_entity_code
    from spine
    inner join merchants on spine.customer_id = merchants.customer_id
)

select * from final
