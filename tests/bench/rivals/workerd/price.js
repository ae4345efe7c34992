// The pricing function as a JavaScript author writes it: the same rules as `sample-plugins/pricing`, the same bytes.
// Amounts of the benchmark fit a double exactly, so plain numbers do.

export function price(order) {
  const lines = order.lines.map(({ sku, quantity, unit_price, discount }) => {
    const gross = quantity * unit_price;
    const off = reduction(gross, discount);
    return { sku, discount: off, net: gross - off };
  });
  const subtotal = sum(lines.map(line => line.net));
  const discount = reduction(subtotal, order.discount);

  let seen = 0, spread = 0;
  const bases = new Map();
  lines.forEach((line, at) => {
    seen += line.net;
    const due = Math.floor((discount * seen) / Math.max(subtotal, 1));
    const rate = order.lines[at].tax_rate;
    bases.set(rate, (bases.get(rate) ?? 0) + line.net - (due - spread));
    spread = due;
  });
  const taxes = [...bases].sort(([a], [b]) => a - b).map(([rate, base]) => ({ rate, base, tax: portion(base, rate) }));
  const tax = sum(taxes.map(entry => entry.tax));
  return { currency: order.currency, lines, subtotal, discount, taxes, tax, total: subtotal - discount + tax };
}

function reduction(price, discount) {
  const amount = !discount ? 0 : "rate" in discount ? portion(price, discount.rate) : discount.amount;
  if (amount > price) throw new Error("a discount is larger than what it is taken from");
  return amount;
}

const portion = (amount, rate) => Math.floor((amount * rate + 5_000) / 10_000);
const sum = amounts => amounts.reduce((total, amount) => total + amount, 0);
