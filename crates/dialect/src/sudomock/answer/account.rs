//! Who is asking, and what they may have: `/me` and the public list of plans.

use jiff::ToSpan as _;
use jiff::tz::TimeZone;
use marquetry_job::Timestamp;
use marquetry_model::{ApiKey, Tenant};
use serde::Serialize;

use super::{Answer, Envelope, Number};
use crate::iso8601;

/// What a tenant can have, as the operator of the server decides it. Prices are in US dollars.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// A stable name in lower case.
    pub id: String,
    /// What people read.
    pub name: String,
    /// `free`, `starter`, `pro` or `scale`.
    pub tier: String,
    /// One sentence about it.
    pub description: String,
    /// What a month costs.
    pub price_monthly: f64,
    /// What a year costs.
    pub price_yearly: f64,
    /// How much a month may use; a render uses 1.
    pub credits_per_month: u64,
    /// How many renders may run at once.
    pub renders_at_once: u32,
    /// How many uploads may run at once.
    pub uploads_at_once: u32,
}

impl Default for Plan {
    /// The one plan of a server of one's own: free, and as much as a client library can count.
    fn default() -> Self {
        Self {
            id: "self-hosted".to_owned(),
            name: "Self-hosted".to_owned(),
            tier: "scale".to_owned(),
            description: "Everything this server can do.".to_owned(),
            price_monthly: 0.0,
            price_yearly: 0.0,
            credits_per_month: 1_000_000_000,
            renders_at_once: 25,
            uploads_at_once: 10,
        }
    }
}

/// Everything that `/me` tells.
#[derive(Clone, Copy, Debug)]
pub struct Account<'a> {
    /// Whose key was used.
    pub tenant: &'a Tenant,
    /// The key.
    pub key: &'a ApiKey,
    /// Where the operator can be reached; client libraries insist on one.
    pub email: &'a str,
    /// What the tenant may have.
    pub plan: &'a Plan,
    /// How much was used in the month of `now`.
    pub used_this_month: u64,
    /// The present moment: it decides which month the numbers are of.
    pub now: Timestamp,
}

/// 200: the account behind a key. Months are those of the calendar, in UTC.
pub fn me(account: &Account<'_>) -> Answer {
    let (begin, end) = month_of(account.now);
    let limit = account.plan.credits_per_month;
    Answer::json(
        200,
        &Envelope::of(MeForm {
            account: AccountForm {
                uuid: account.tenant.id.to_string(),
                email: account.email,
                name: &account.tenant.name,
                created_at: iso8601(account.tenant.created_at),
            },
            organization: OrganizationForm {
                id: account.tenant.id.to_string(),
                name: &account.tenant.name,
            },
            subscription: SubscriptionForm {
                plan: &account.plan.id,
                tier: &account.plan.tier,
                status: "active",
                current_period_end: iso8601(end),
                cancel_at_period_end: false,
                billing_channel: "none",
            },
            usage: UsageForm {
                credits_used_this_month: account.used_this_month,
                credits_limit: limit,
                credits_remaining: limit.saturating_sub(account.used_this_month),
                billing_period_start: iso8601(begin),
                billing_period_end: iso8601(end),
                prepaid_balance: 0.0,
                prepaid_balance_currency: "USD",
            },
            api_key: KeyForm {
                name: &account.key.name,
                created_at: iso8601(account.key.created_at),
                last_used_at: account.key.last_used_at.map(iso8601),
                total_requests: account.key.total_requests,
            },
        }),
    )
}

/// 200: the plans, the cheapest month first. Both `/packages/plans` and `/packages/pricing` answer this.
pub fn plans(plans: &[Plan]) -> Answer {
    let mut sorted: Vec<&Plan> = plans.iter().collect();
    sorted.sort_by(|a, b| a.price_monthly.total_cmp(&b.price_monthly));
    Answer::json(
        200,
        &PlansForm {
            plans: sorted.into_iter().map(PlanForm::of).collect(),
        },
    )
}

/// The first moment of the month that `now` is in, and the first of the next.
fn month_of(now: Timestamp) -> (Timestamp, Timestamp) {
    let ends = || {
        let date = jiff::Timestamp::from_microsecond(now.as_micros())
            .ok()?
            .to_zoned(TimeZone::UTC)
            .date();
        let begin = date.first_of_month();
        let end = begin.checked_add(1.month()).ok()?;
        let moment = |date: jiff::civil::Date| {
            let zoned = date.to_zoned(TimeZone::UTC).ok()?;
            Some(Timestamp::from_micros(zoned.timestamp().as_microsecond()))
        };
        Some((moment(begin)?, moment(end)?))
    };
    // Only at the very ends of time is there no next month.
    ends().unwrap_or((now, now))
}

#[derive(Serialize)]
struct MeForm<'a> {
    account: AccountForm<'a>,
    organization: OrganizationForm<'a>,
    subscription: SubscriptionForm<'a>,
    usage: UsageForm,
    api_key: KeyForm<'a>,
}

#[derive(Serialize)]
struct AccountForm<'a> {
    uuid: String,
    email: &'a str,
    name: &'a str,
    created_at: String,
}

#[derive(Serialize)]
struct OrganizationForm<'a> {
    id: String,
    name: &'a str,
}

#[derive(Serialize)]
struct SubscriptionForm<'a> {
    plan: &'a str,
    tier: &'a str,
    status: &'static str,
    current_period_end: String,
    cancel_at_period_end: bool,
    billing_channel: &'static str,
}

#[derive(Serialize)]
struct UsageForm {
    credits_used_this_month: u64,
    credits_limit: u64,
    credits_remaining: u64,
    billing_period_start: String,
    billing_period_end: String,
    prepaid_balance: f64,
    prepaid_balance_currency: &'static str,
}

#[derive(Serialize)]
struct KeyForm<'a> {
    name: &'a str,
    created_at: String,
    last_used_at: Option<String>,
    total_requests: u64,
}

#[derive(Serialize)]
struct PlansForm<'a> {
    plans: Vec<PlanForm<'a>>,
}

#[derive(Serialize)]
struct PlanForm<'a> {
    id: &'a str,
    name: &'a str,
    slug: &'a str,
    tier: &'a str,
    description: &'a str,
    price_monthly: Number,
    price_yearly: Number,
    credits_per_month: u64,
    max_concurrent_requests: u32,
    max_concurrent_uploads: u32,
    stripe_price_id: Option<()>,
    stripe_price_id_yearly: Option<()>,
}

impl<'a> PlanForm<'a> {
    fn of(plan: &'a Plan) -> Self {
        Self {
            id: &plan.id,
            name: &plan.name,
            slug: &plan.id,
            tier: &plan.tier,
            description: &plan.description,
            price_monthly: plan.price_monthly.into(),
            price_yearly: plan.price_yearly.into(),
            credits_per_month: plan.credits_per_month,
            max_concurrent_requests: plan.renders_at_once,
            max_concurrent_uploads: plan.uploads_at_once,
            stripe_price_id: None,
            stripe_price_id_yearly: None,
        }
    }
}
