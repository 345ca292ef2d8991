-- a row is one corporate customer of the spine; facts about the company and its relationship with the bank
{% set feeds = ['ecif_corp'] %}

with spine as (
    select customer_id, biz_date from {{ ref('dws_corporate_spine') }}
),

companies as (
    select * from {{ ref('dwd_company') }}
),

final as (
    select
        spine.customer_id,
        {{ tag_value(feeds, 'companies.corp_type_code', 'varchar') }} as corp_type_code,
        {{ tag_value(feeds, 'companies.size_code', 'varchar') }} as corp_size_code,
        {{ tag_value(feeds, 'spine.biz_date - companies.found_date', 'integer') }} as corp_age_days,
        {{ tag_value(feeds, 'companies.staff_cnt', 'integer') }} as corp_staff_cnt
    from spine
    inner join companies on spine.customer_id = companies.customer_id
)

select * from final
