-- a row is one deposit account, open or closed, with the customer who owns it
-- A plain table: a row is a state at the business date, and no day of its own has made it.
with accounts as (
    select * from {{ ref('stg_core_acct') }}
),

owners as (
    select acct_no, customer_id, entity from {{ ref('dwd_account_person') }} where role_code = 'owner'
),

parties as (
    select customer_id, mng_org from {{ ref('dwd_party') }}
),

-- An account counts for its owner only: sums by customer would otherwise count shared accounts twice.
final as (
    select
        accounts.acct_no,
        owners.customer_id,
        owners.entity,
        accounts.class_code,
        accounts.nature_code,
        accounts.prod_id,
        accounts.kind_code,
        accounts.ccy,
        -- Three organisations, because they answer different questions: who opened it, whose ledger it is in, and who
        -- looks after the customer. Totals by one and by the other differ by design and meet only at bank level.
        accounts.open_org,
        accounts.gl_org,
        parties.mng_org,
        accounts.gl_subject,
        accounts.open_date,
        accounts.close_date,
        accounts.status_code,
        accounts.src_file,
        accounts.src_line
    from accounts
    left join owners on accounts.acct_no = owners.acct_no
    left join parties on owners.customer_id = parties.customer_id
)

select * from final
