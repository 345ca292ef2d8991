-- a row is one corporate customer of the spine; the lists of good companies on which it stands
{% set list = ['ecif_corp', 'ext_list'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_corporate_spine') }}
),

entries as (
    select
        entries.*,
        night.biz_date,
        entries.from_date <= night.biz_date
        and (entries.to_date is null or entries.to_date > night.biz_date) as is_in_force
    from {{ ref('dwd_company_list') }} as entries
    cross join night
    where entries.from_date <= night.biz_date
),

-- Of several batches of a list in force the newest counts.
newest as (
    select *
    from entries
    where is_in_force
    qualify row_number() over (partition by customer_id, list_code order by from_date desc, batch desc) = 1
),

lists as (
    select
        customer_id,
        {% for code in ['above_scale', 'listed', 'innovative', 'srdi', 'little_giant', 'high_tech'] %}
        max(case when list_code = '{{ code }}' then batch end) as {{ code }}_batch,
        max(case when list_code = '{{ code }}' then from_date end) as {{ code }}_date,
        max(case when list_code = '{{ code }}' then to_date - biz_date end) as {{ code }}_days,
        bool_or(list_code = '{{ code }}') as is_{{ code }},
        {% endfor %}
        cast(count(*) as integer) as list_cnt,
        min(to_date - biz_date) as expiry_days,
        bool_or(level_code = 'nation') as has_nation
    from newest
    group by customer_id
),

-- Lists on which a company was within a year, and is no more: of several batches the one that ended last counts.
lapsed as (
    select customer_id, cast(count(*) as integer) as lapsed_cnt
    from (
        select customer_id, list_code
        from entries
        group by customer_id, list_code
        having not bool_or(is_in_force) and min(biz_date - to_date) < 365
    )
    group by customer_id
),

firsts as (
    select customer_id, min(from_date) as first_date from entries group by customer_id
),

final as (
    select
        spine.customer_id,
        {{ tag_value(list, 'lists.is_above_scale', 'boolean', 'false') }} as corp_is_above_scale,
        {{ tag_value(list, 'lists.above_scale_batch', 'varchar') }} as list_above_scale_batch,
        {{ tag_value(list, 'lists.above_scale_date', 'date') }} as list_above_scale_date,
        {{ tag_value(list, 'lists.above_scale_days', 'integer') }} as list_above_scale_expiry_days,
        {{ tag_value(list, 'lists.is_listed', 'boolean', 'false') }} as corp_is_listed,
        {{ tag_value(list, 'lists.listed_batch', 'varchar') }} as list_listed_batch,
        {{ tag_value(list, 'lists.listed_date', 'date') }} as list_listed_date,
        {{ tag_value(list, 'lists.listed_days', 'integer') }} as list_listed_expiry_days,
        {{ tag_value(list, 'lists.is_innovative', 'boolean', 'false') }} as corp_is_innovative,
        {{ tag_value(list, 'lists.innovative_batch', 'varchar') }} as list_innovative_batch,
        {{ tag_value(list, 'lists.innovative_date', 'date') }} as list_innovative_date,
        {{ tag_value(list, 'lists.innovative_days', 'integer') }} as list_innovative_expiry_days,
        {{ tag_value(list, 'lists.is_srdi', 'boolean', 'false') }} as corp_is_srdi,
        {{ tag_value(list, 'lists.srdi_batch', 'varchar') }} as list_srdi_batch,
        {{ tag_value(list, 'lists.srdi_date', 'date') }} as list_srdi_date,
        {{ tag_value(list, 'lists.srdi_days', 'integer') }} as list_srdi_expiry_days,
        {{ tag_value(list, 'lists.is_little_giant', 'boolean', 'false') }} as corp_is_littlegiant,
        {{ tag_value(list, 'lists.little_giant_batch', 'varchar') }} as list_littlegiant_batch,
        {{ tag_value(list, 'lists.little_giant_date', 'date') }} as list_littlegiant_date,
        {{ tag_value(list, 'lists.little_giant_days', 'integer') }} as list_littlegiant_expiry_days,
        {{ tag_value(list, 'lists.is_high_tech', 'boolean', 'false') }} as corp_is_hightech,
        {{ tag_value(list, 'lists.high_tech_batch', 'varchar') }} as list_hightech_batch,
        {{ tag_value(list, 'lists.high_tech_date', 'date') }} as list_hightech_date,
        {{ tag_value(list, 'lists.high_tech_days', 'integer') }} as list_hightech_expiry_days,
        {{ tag_value(list, 'lists.list_cnt', 'integer', '0') }} as list_cnt,
        {{ tag_value(
            list,
            'case when lists.is_little_giant then 3 when lists.is_srdi then 2 when lists.is_innovative then 1 end',
            'integer',
            '0'
        ) }} as list_ladder_code,
        {{ tag_value(list, 'lists.has_nation', 'boolean', 'false') }} as list_has_nation,
        {{ tag_value(list, 'lists.expiry_days', 'integer') }} as list_next_expiry_days,
        {{ tag_value(list, 'firsts.first_date', 'date') }} as list_first_date,
        {{ tag_value(list, 'lapsed.lapsed_cnt', 'integer', '0') }} as list_lapsed_cnt_365d
    from spine
    left join lists on spine.customer_id = lists.customer_id
    left join lapsed on spine.customer_id = lapsed.customer_id
    left join firsts on spine.customer_id = firsts.customer_id
)

select * from final
