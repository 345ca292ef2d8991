-- a row is one merchant of the spine; facts about the acquiring contract
{% set feeds = ['mer_info'] %}
{% set owned = ['mer_info', 'ecif_retail', 'ecif_corp'] %}

with spine as (
    select customer_id, biz_date from {{ ref('dws_merchant_spine') }}
),

categories as (
    select mcc, class_code from {{ ref('mcc') }}
),

seasonal as (
    select mcc_seasonal.mcc
    from {{ ref('mcc_seasonal') }} as mcc_seasonal
    cross join {{ source('ops', 'run_context') }} as run_context
    where {{ in_force('mcc_seasonal') }}
    group by mcc_seasonal.mcc
),

merchants as (
    select
        merchants.*,
        spine.biz_date,
        spine.biz_date - merchants.start_date as age_days,
        -- One class for codes that no list knows, so that classes are exhaustive.
        case when merchants.mcc is not null then coalesce(categories.class_code, 'other') end as class_code,
        seasonal.mcc is not null as is_seasonal,
        cast(merchants.fee_rate * 100 as decimal(18, 4)) as fee_percent
    from {{ ref('dwd_merchant') }} as merchants
    inner join spine on merchants.customer_id = spine.customer_id
    left join categories on merchants.mcc = categories.mcc
    left join seasonal on merchants.mcc = seasonal.mcc
),

-- What merchants of the same class pay: of two middle rates the lower one.
class_rates as (
    select class_code, quantile_disc(fee_percent, 0.5) as median_percent
    from merchants
    where status_code = 'normal'
    group by class_code
),

anniversaries as (
    select
        customer_id,
        biz_date,
        cast(start_date + to_years(cast(extract(year from biz_date) - extract(year from start_date) as integer)) as date)
            as this_year,
        cast(start_date + to_years(cast(extract(year from biz_date) - extract(year from start_date) + 1 as integer)) as date)
            as next_year
    from merchants
),

final as (
    select
        spine.customer_id,
        {{ tag_value(feeds, 'merchants.status_code', 'varchar') }} as mer_status_code,
        {{ tag_value(feeds, 'merchants.age_days', 'integer') }} as mer_age_days,
        {{ tag_value(owned, 'merchants.owner_customer_id', 'varchar') }} as mer_owner_customer_id,
        {{ tag_value(owned, 'merchants.owner_entity_code', 'varchar') }} as mer_owner_entity_code,
        {{ tag_value(feeds, "merchants.status_code = 'normal'", 'boolean') }} as mer_is_open,
        {{ tag_value(feeds, 'merchants.kind_code', 'varchar') }} as mer_kind_code,
        {{ tag_value(feeds, 'merchants.mcc', 'varchar') }} as mer_mcc_code,
        {{ tag_value(feeds, 'merchants.class_code', 'varchar') }} as mer_mcc_class_code,
        {{ tag_value(feeds, 'merchants.is_seasonal', 'boolean') }} as mer_is_seasonal,
        {{ tag_value(feeds, 'merchants.region_code', 'varchar') }} as mer_region_code,
        {{ tag_value(feeds, "left(merchants.region_code, 2) || '0000'", 'varchar') }} as mer_province_code,
        {{ tag_value(owned, 'merchants.mng_org', 'varchar') }} as mer_mng_org,
        {{ tag_value(feeds, 'merchants.start_date', 'date') }} as mer_start_date,
        {{ tag_value(feeds, 'merchants.end_date', 'date') }} as mer_end_date,
        {{ tag_value(feeds, 'extract(year from merchants.start_date)', 'integer') }} as mer_start_year,
        {{ tag_value(feeds, cut_code('tenure', 'merchants.age_days'), 'integer') }} as mer_tenure_code,
        {{ tag_value(feeds, 'merchants.age_days <= ' ~ parameter('mer_new_days'), 'boolean') }} as mer_is_new,
        {{ tag_value(feeds, "case when anniversaries.this_year >= anniversaries.biz_date
            then anniversaries.this_year else anniversaries.next_year end - anniversaries.biz_date", 'integer') }} as mer_anniv_days,
        {{ tag_value(feeds, 'merchants.fee_percent', 'decimal(18,4)') }} as mer_fee_rate,
        {{ tag_value(feeds, cut_code('mer_fee_band', 'merchants.fee_percent'), 'integer') }} as mer_fee_band_code,
        {{ tag_value(feeds, '(merchants.fee_percent - class_rates.median_percent) * 100', 'decimal(18,2)') }}
            as mer_fee_peer_gap_bp,
        {{ tag_value(feeds, 'merchants.cycle_code', 'varchar') }} as mer_cycle_code,
        {{ tag_value(feeds, "merchants.cycle_code = 'D0'", 'boolean') }} as mer_is_d0
    from spine
    inner join merchants on spine.customer_id = merchants.customer_id
    left join class_rates on merchants.class_code = class_rates.class_code
    left join anniversaries on spine.customer_id = anniversaries.customer_id
)

select * from final
