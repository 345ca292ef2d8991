-- a row is one leg of a posting on a customer's deposit account, seen from the customer's side
{{ config(
    materialized='daily', date_column='acct_date', part='acct_no', owner='customer_id',
    keyed=[
        {'to': 'dwd_account', 'key': 'acct_no', 'reads': ['customer_id', 'entity'], 'by': 'acct_no'},
        {
            'to': 'dwd_account', 'key': 'acct_no', 'reads': ['customer_id'],
            'by': "case when coalesce(nullif(cp_bank_code, ''), 'OWN') = 'OWN' then cp_acct_no end",
        },
        {'to': 'dwd_party', 'key': 'customer_id', 'reads': ['name_key'], 'by': 'customer_id'},
    ],
    dated=[{'to': 'dwd_fx_rate', 'date': 'rate_date'}]
) }}
with legs as (
    select * from {{ ref('stg_core_txn') }} where {{ daily_rows('acct_date', 'acct_no') }}
),

accounts as (
    select acct_no, customer_id, entity from {{ ref('dwd_account') }}
),

parties as (
    select customer_id, nullif(name_key, '') as name_key from {{ ref('dwd_party') }}
),

institutions as (
    select cp_institution.cp_bank_prefix, cp_institution.cp_class
    from {{ ref('cp_institution') }} as cp_institution
    cross join {{ source('ops', 'run_context') }} as run_context
    where {{ in_force('cp_institution') }}
),

bank_codes as (
    select distinct cp_bank_code from legs where cp_bank_code is not null
),

-- The longest prefix wins, so that one institution may be told apart from its kind.
institution_codes as (
    select bank_codes.cp_bank_code, institutions.cp_class
    from bank_codes
    inner join institutions on starts_with(bank_codes.cp_bank_code, institutions.cp_bank_prefix)
    qualify row_number() over (
        partition by bank_codes.cp_bank_code order by length(institutions.cp_bank_prefix) desc
    ) = 1
),

-- Only names at other banks are compared, and each of them is folded once: folding is dear, and names repeat.
names as (
    select
        distinct_names.cp_name,
        {{ name_key('distinct_names.cp_name') }} as cp_name_key
    from (
        select distinct cp_name
        from legs
        where cp_name is not null and coalesce(nullif(cp_bank_code, ''), 'OWN') <> 'OWN'
    ) as distinct_names
),

-- A posting and the red entry that undoes it on the same day: both vanish from tags, and stay here for the ledger.
same_day_pairs as (
    select distinct
        originals.txn_no as original_no,
        reversals.txn_no as reversal_no,
        originals.acct_no,
        originals.acct_date,
        originals.dc_flag,
        originals.amt as original_amt
    from legs as reversals
    inner join legs as originals
        on
            reversals.orig_txn_no = originals.txn_no
            and reversals.acct_no = originals.acct_no
            and reversals.acct_date = originals.acct_date
            and reversals.dc_flag = originals.dc_flag
            and reversals.amt = -originals.amt
    where reversals.is_reversal
),

void_legs as (
    select original_no as txn_no, acct_no, acct_date, dc_flag, original_amt as amt from same_day_pairs
    union
    select reversal_no as txn_no, acct_no, acct_date, dc_flag, -original_amt as amt from same_day_pairs
),

-- A number of another bank's account may be that of an account here, so only numbers here are looked up. As a second condition
-- of the join the bank code would have every leg compared with every account.
located as (
    select
        *,
        coalesce(nullif(cp_bank_code, ''), 'OWN') = 'OWN' as is_cp_here,
        case when coalesce(nullif(cp_bank_code, ''), 'OWN') = 'OWN' then cp_acct_no end as cp_here_acct_no
    from legs
),

owned as (
    select
        located.*,
        accounts.customer_id,
        accounts.entity,
        -- No bank code and no account: the bank tells nothing about the other side.
        nullif(located.cp_bank_code, '') is null and nullif(located.cp_acct_no, '') is null as is_cp_unknown,
        cp_accounts.customer_id as cp_customer_id
    from located
    left join accounts on located.acct_no = accounts.acct_no
    left join accounts as cp_accounts on located.cp_here_acct_no = cp_accounts.acct_no
),

classed as (
    select
        owned.*,
        void_legs.txn_no is not null as is_void,
        -- First match wins (order of tests: own account, own name at another bank, institutions, cash, the bank itself).
        -- An institution is no bank: money to one's own securities account is securities, although the name is the same.
        case
            when owned.cp_customer_id = owned.customer_id then 'own'
            when owned.is_cp_here and owned.purpose_code = 'invest' and owned.mode_code <> 'cash' then 'own'
            when
                not owned.is_cp_here
                and institution_codes.cp_class is null
                and names.cp_name_key = parties.name_key
                then 'other_bank_same_name'
            when institution_codes.cp_class is not null then institution_codes.cp_class
            when owned.mode_code = 'cash' then 'cash'
            when owned.init_code = 'B' or owned.purpose_code in ('interest', 'fee', 'penalty') then 'bank_gl'
            when owned.cp_bank_code = 'OWN' or (owned.is_cp_here and not owned.is_cp_unknown) then 'same_bank_other'
            else 'other_bank_other'
        end as cp_class
    from owned
    left join parties on owned.customer_id = parties.customer_id
    left join names on owned.cp_name = names.cp_name
    left join institution_codes on owned.cp_bank_code = institution_codes.cp_bank_code
    left join void_legs
        on
            owned.txn_no = void_legs.txn_no
            and owned.acct_no = void_legs.acct_no
            and owned.acct_date = void_legs.acct_date
            and owned.dc_flag = void_legs.dc_flag
            and owned.amt = void_legs.amt
),

fx_rates as (
    select ccy, rate_date, rate from {{ ref('dwd_fx_rate') }}
),

-- A currency that is not on the price list is the bank's own.
fx_ccys as (
    select ccy from {{ ref('dwd_fx_ccy') }}
),

final as (
    select
        classed.txn_no,
        classed.leg,
        classed.acct_no,
        classed.customer_id,
        classed.entity,
        classed.acct_date,
        classed.txn_time,
        -- The ledger's side turned into the customer's, once and for all: C on a deposit account is money in.
        case classed.dc_flag when 'C' then 'in' when 'D' then 'out' end as direction,
        -- A flow is valued at the middle rate of its posting date.
        case
            when fx_ccys.ccy is null then classed.amt
            else cast(cast(classed.amt as decimal(38, 2)) * fx_rates.rate as decimal(18, 2))
        end as amt,
        classed.ccy,
        classed.amt as amt_orig,
        coalesce(classed.channel_code, 'other') as channel,
        coalesce(classed.mode_code, 'other') as mode,
        coalesce(classed.purpose_code, 'other') as purpose,
        classed.init_code,
        classed.cp_class,
        classed.cp_acct_no,
        classed.cp_bank_code,
        classed.cp_customer_id,
        coalesce(classed.init_code = 'C', false) as is_self,
        coalesce(classed.is_reversal, false) as is_reversal,
        classed.is_void,
        classed.orig_txn_no,
        classed.org_id,
        classed.src_file,
        classed.src_line
    from classed
    left join fx_ccys on classed.ccy = fx_ccys.ccy
    left join fx_rates on classed.ccy = fx_rates.ccy and classed.acct_date = fx_rates.rate_date
)

select * from final
