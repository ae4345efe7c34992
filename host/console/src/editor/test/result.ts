// What a test answered, for showing.
import type { ProblemDocument, Violation } from '../../api/problem';
import { violations } from '../connector/requests';
import { printJson } from '../../json/print';
import { type Json, type JsonObject, Num, isArray, isObject, member, textOf } from '../../json/value';

export interface LogLine {
  level: string;
  message: string;
  fields: Json | undefined;
}

/** A call that the code of another one made. */
export interface InnerCall {
  /** The entry of `uses`. */
  name: string;
  connector: string;
  outcome: string;
  detail: string | undefined;
  milliseconds: number;
  logs: LogLine[];
  exchanges: JsonObject[];
  calls: InnerCall[];
}

export interface Tested {
  output: Json | undefined;
  problem: ProblemDocument | null;
  call: string;
  milliseconds: number;
  usage: { name: string; text: string }[];
  logs: LogLine[];
  exchanges: JsonObject[];
  dropped: number;
  /** The calls of other connectors that its code made. */
  calls: InnerCall[];
  callsDropped: number;
  withheld: boolean;
  input: Violation[];
  outputViolations: Violation[];
}

function number(value: Json | undefined): number {
  return value instanceof Num ? Number(value.text) : 0;
}

function listed(value: Json | undefined): readonly Json[] {
  return isArray(value) ? value : [];
}

function lines(answer: Json): LogLine[] {
  return listed(member(answer, 'logs')).map((line) => ({
    level: textOf(line, 'level') ?? '',
    message: textOf(line, 'message') ?? '',
    fields: member(line, 'fields'),
  }));
}

function made(answer: Json): InnerCall[] {
  return listed(member(answer, 'calls')).map((call) => ({
    name: textOf(call, 'name') ?? '',
    connector: textOf(call, 'connector') ?? '',
    outcome: textOf(call, 'outcome') ?? '',
    detail: textOf(call, 'detail'),
    milliseconds: number(member(call, 'duration_us')) / 1000,
    logs: lines(call),
    exchanges: listed(member(call, 'exchanges')).filter(isObject),
    calls: made(call),
  }));
}

/** Reads an answer of `…/test` or `tests/run`. */
export function tested(answer: Json): Tested {
  const problem = member(answer, 'problem');
  const usage = member(answer, 'usage');
  const found = member(answer, 'violations');
  return {
    output: member(answer, 'output'),
    problem: isObject(problem) ? (JSON.parse(printJson(problem, 0)) as ProblemDocument) : null,
    call: textOf(answer, 'call') ?? '',
    milliseconds: number(member(answer, 'duration_us')) / 1000,
    usage: [
      { name: 'CPU', text: duration(number(member(usage, 'cpu_us')) / 1000) },
      { name: 'Memory', text: bytes(number(member(usage, 'peak_memory_bytes'))) },
      { name: 'Host calls', text: String(number(member(usage, 'host_calls'))) },
    ],
    logs: lines(answer),
    exchanges: listed(member(answer, 'exchanges')).filter(isObject),
    calls: made(answer),
    callsDropped: number(member(answer, 'calls_dropped')),
    dropped: number(member(answer, 'exchanges_dropped')),
    withheld: member(answer, 'credentials_withheld') === true,
    input: violations(member(found, 'input')),
    outputViolations: violations(member(found, 'output')),
  };
}

export function duration(milliseconds: number): string {
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(2)} s`;
  return `${milliseconds >= 100 ? milliseconds.toFixed(0) : milliseconds.toFixed(1)} ms`;
}

export function bytes(count: number): string {
  if (count < 1024) return `${count} B`;
  if (count < 1024 * 1024) return `${(count / 1024).toFixed(1)} KiB`;
  return `${(count / 1024 / 1024).toFixed(1)} MiB`;
}

/** How much of a text a page shows at once. */
export const SHOWN_MAX = 100_000;

/** The beginning of a text, and how much is left out. */
export function beginning(text: string, max = SHOWN_MAX): { text: string; more: number } {
  if (text.length <= max) return { text, more: 0 };
  // Not in the middle of a pair of surrogates.
  const end = /[\ud800-\udbff]/.test(text.charAt(max - 1)) ? max - 1 : max;
  return { text: text.slice(0, end), more: text.length - end };
}

/** One line of an exchange: what was asked and what came. */
export function headline(exchange: JsonObject): { what: string; came: string; failed: boolean } {
  const what =
    textOf(exchange, 'url') === undefined
      ? [textOf(exchange, 'service'), textOf(exchange, 'method')].filter(Boolean).join('/') || (textOf(exchange, 'statement') ?? textOf(exchange, 'target') ?? textOf(exchange, 'purpose') ?? 'exchange')
      : `${textOf(exchange, 'method') ?? ''} ${textOf(exchange, 'url') ?? ''}`;
  const status = member(exchange, 'status');
  const error = textOf(exchange, 'error');
  const code = status instanceof Num ? status.text : typeof status === 'string' ? status : '';
  const failed = error !== undefined || (status instanceof Num && Number(code) >= 400);
  return { what, came: error ?? code, failed };
}
