//! Orders and their price. Only serde is needed here, so the same file also runs outside of Lockgate.
//!
//! Money is a whole number of minor units (cents), a rate is basis points (1,900 = 19%). Each rounding is to the
//! nearest unit, half up. Tax is rounded once per rate and never per line, so the parts always add up.

use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

const WHOLE: u64 = 10_000;

#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// ISO 4217 code, returned as it is.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[A-Z]{3}$")))]
    pub currency: String,
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 1000)))]
    pub lines: Vec<Line>,
    /// Taken from the sum of the lines and spread over them in proportion, before tax.
    pub discount: Option<Discount>,
}

#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Line {
    pub sku: String,
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub quantity: u32,
    /// Price of one piece before tax, in minor units.
    #[cfg_attr(feature = "schema", schemars(range(max = 1_000_000_000_000_u64)))]
    pub unit_price: u64,
    /// Basis points: 1,900 is 19%.
    #[cfg_attr(feature = "schema", schemars(range(max = 10_000)))]
    pub tax_rate: u16,
    /// Taken from this line only.
    pub discount: Option<Discount>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Discount {
    /// Basis points of the price.
    Rate(u16),
    /// Minor units.
    Amount(u64),
}

#[derive(Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Quote {
    pub currency: String,
    pub lines: Vec<PricedLine>,
    /// Sum of the lines after their own discounts.
    pub subtotal: u64,
    /// The order's discount.
    pub discount: u64,
    /// One entry per tax rate, lowest rate first.
    pub taxes: Vec<Tax>,
    pub tax: u64,
    /// `subtotal - discount + tax`
    pub total: u64,
}

#[derive(Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PricedLine {
    pub sku: String,
    /// The line's own discount.
    pub discount: u64,
    /// After the line's own discount, before the order's discount and tax.
    pub net: u64,
}

#[derive(Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Tax {
    pub rate: u16,
    /// What is taxed at this rate, after all discounts.
    pub base: u64,
    pub tax: u64,
}

#[derive(Debug, PartialEq)]
pub enum PriceError {
    /// A discount is larger than what it is taken from; `line` counts from 1, none is the order's own.
    DiscountTooLarge { line: Option<usize> },
    /// A sum does not fit 64 bits.
    AmountTooLarge,
}

impl PriceError {
    pub fn code(&self) -> &'static str {
        match self {
            Self::DiscountTooLarge { .. } => "discount_too_large",
            Self::AmountTooLarge => "amount_too_large",
        }
    }
}

impl fmt::Display for PriceError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DiscountTooLarge { line: Some(line) } => write!(out, "the discount of line {line} exceeds its price"),
            Self::DiscountTooLarge { line: None } => out.write_str("the order's discount exceeds the sum of its lines"),
            Self::AmountTooLarge => out.write_str("the order's total is too large to compute"),
        }
    }
}

impl std::error::Error for PriceError {}

/// Computes an order's totals.
pub fn price(order: Order) -> Result<Quote, PriceError> {
    let rates: Vec<u16> = order.lines.iter().map(|line| line.tax_rate).collect();
    let lines =
        order.lines.into_iter().enumerate().map(|(at, line)| net(at + 1, line)).collect::<Result<Vec<_>, _>>()?;
    let subtotal = sum(lines.iter().map(|line| line.net))?;
    let discount = reduction(subtotal, order.discount, None)?;

    // Shares of a running sum: each is off by less than one unit, and together they are the discount exactly.
    let (mut seen, mut spread, mut bases) = (0_u64, 0_u64, BTreeMap::<u16, u64>::new());
    for (line, rate) in lines.iter().zip(rates) {
        seen += line.net;
        let due = (u128::from(discount) * u128::from(seen) / u128::from(subtotal.max(1))) as u64;
        *bases.entry(rate).or_default() += line.net - (due - spread);
        spread = due;
    }
    let taxes = bases
        .into_iter()
        .map(|(rate, base)| Ok(Tax { rate, base, tax: portion(base, rate)? }))
        .collect::<Result<Vec<_>, _>>()?;
    let tax = sum(taxes.iter().map(|entry| entry.tax))?;
    let total = sum([subtotal - discount, tax])?;
    Ok(Quote { currency: order.currency, lines, subtotal, discount, taxes, tax, total })
}

fn net(number: usize, line: Line) -> Result<PricedLine, PriceError> {
    let gross = line.unit_price.checked_mul(u64::from(line.quantity)).ok_or(PriceError::AmountTooLarge)?;
    let discount = reduction(gross, line.discount, Some(number))?;
    Ok(PricedLine { sku: line.sku, discount, net: gross - discount })
}

fn reduction(price: u64, discount: Option<Discount>, line: Option<usize>) -> Result<u64, PriceError> {
    let amount = match discount {
        None => 0,
        Some(Discount::Rate(rate)) => portion(price, rate)?,
        Some(Discount::Amount(amount)) => amount,
    };
    if amount > price { Err(PriceError::DiscountTooLarge { line }) } else { Ok(amount) }
}

/// `rate` basis points of `amount`, without a wider intermediate: the whole ten-thousands need no rounding.
fn portion(amount: u64, rate: u16) -> Result<u64, PriceError> {
    let rate = u64::from(rate);
    let whole = (amount / WHOLE).checked_mul(rate).ok_or(PriceError::AmountTooLarge)?;
    sum([whole, (amount % WHOLE * rate + WHOLE / 2) / WHOLE])
}

fn sum(amounts: impl IntoIterator<Item = u64>) -> Result<u64, PriceError> {
    amounts.into_iter().try_fold(0_u64, u64::checked_add).ok_or(PriceError::AmountTooLarge)
}
