// A pure transformation: the total of an order, by lines and as CSV for a spreadsheet.

import { Failure } from "lockgate";
import { stringify } from "lockgate/csv";

/** One line of an order. */
interface Line {
  /** What is bought. */
  sku: string;
  count: number;
  /** In cents, for one. */
  price: number;
  /** The rate of its tax. */
  tax: Tax;
}

const RATES = { none: 0, reduced: 7, full: 19 } as const;
type Tax = keyof typeof RATES;

/** What is ordered. */
interface Order {
  lines: Line[];
  /** Percent that are taken off. */
  discount?: number;
}

/** The totals, in cents. */
interface Totals {
  net: number;
  tax: number;
  gross: number;
  /** A row for each line. */
  csv: string;
}

/** Adds up an order. */
export default function (order: Order): Totals {
  const discount = order.discount ?? 0;
  if (discount < 0 || discount > 100) throw new Failure("bad_discount", `a discount of ${discount}% is none`);
  const rows = order.lines.map(({ sku, count, price, tax }) => {
    const net = Math.round(count * price * (1 - discount / 100));
    return { sku, count, net, tax: Math.round((net * RATES[tax]) / 100) };
  });
  const net = rows.reduce((sum, row) => sum + row.net, 0);
  const tax = rows.reduce((sum, row) => sum + row.tax, 0);
  return { net, tax, gross: net + tax, csv: stringify(rows) };
}
