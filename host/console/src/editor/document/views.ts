// One value with three views: a form, JSON and YAML. The value is what a view last said without a mistake. A text that was
// not changed elsewhere comes back as it was written, with its comments.
import type { Mistake, Place, Read } from '../../json/parse';
import { parseJson } from '../../json/parse';
import { printJson } from '../../json/print';
import { type Json, identical } from '../../json/value';
import { parseYaml, patchYaml, printYaml } from '../../json/yaml';

export type View = 'form' | 'json' | 'yaml';
export type TextView = Exclude<View, 'form'>;

const READ: Record<TextView, (text: string) => Read> = { json: parseJson, yaml: parseYaml };

/** The state of the views. It is never changed: each step gives the next one. */
export interface Views {
  value: Json;
  /** The texts as they were shown last. */
  texts: Partial<Record<TextView, string>>;
  /** The view whose text can't be read, with the mistakes. The value is the one from before. */
  broken: { view: TextView; text: string; mistakes: Mistake[] } | undefined;
}

export function views(value: Json): Views {
  return { value, texts: {}, broken: undefined };
}

/** The form said something. */
export function formed(state: Views, value: Json): Views {
  return { ...state, value };
}

/** Somebody typed into a text. */
export function typed(state: Views, view: TextView, text: string): Views {
  const read = READ[view](text);
  if ('mistakes' in read) return { ...state, broken: { view, text, mistakes: read.mistakes } };
  return { value: read.value, texts: { ...state.texts, [view]: text }, broken: undefined };
}

/** A text for the value, as near as possible to the one that was there. */
export function shown(state: Views, view: TextView): string {
  if (state.broken?.view === view) return state.broken.text;
  const before = state.texts[view];
  if (view === 'yaml') return before === undefined ? printYaml(state.value) : patchYaml(before, state.value);
  if (before !== undefined) {
    const read = parseJson(before, false);
    if ('value' in read && identical(read.value, state.value)) return before;
  }
  return printJson(state.value);
}

/** Keeps the text that a view shows now. */
export function keep(state: Views, view: TextView): Views {
  if (state.broken?.view === view) return state;
  return { ...state, texts: { ...state.texts, [view]: shown(state, view) } };
}

/** Where the value at a pointer stands in the text of a view; that of the nearest one around it if it has no place. */
export function locate(view: TextView, text: string, pointer: string): Place | undefined {
  const read = READ[view](text);
  if ('mistakes' in read) return undefined;
  for (let at = pointer; ; at = at.slice(0, at.lastIndexOf('/'))) {
    const found = read.places.get(at);
    if (found || at === '') return found;
  }
}
