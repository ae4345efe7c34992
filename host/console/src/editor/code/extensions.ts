// What the editors of connectors have beside the common ones: marks of mistakes, completion, and dialects of SQL.
import type { CompletionSource } from '@codemirror/autocomplete';
import { MySQL, PostgreSQL, sql } from '@codemirror/lang-sql';
import { lintGutter, setDiagnostics } from '@codemirror/lint';
import { EditorState, type Extension, type TransactionSpec } from '@codemirror/state';
import { EditorView, highlightSpecialChars } from '@codemirror/view';

import type { Mistake } from '../../json/parse';

export type Dialect = 'postgresql' | 'redshift' | 'mysql';

/** Marks of direction and what else can be written and not seen, beside those that CodeMirror knows. */
const UNSEEN = /[\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffc]/g;

export const base: Extension = [
  lintGutter(),
  highlightSpecialChars({ addSpecialChars: UNSEEN }),
  EditorView.lineWrapping,
  EditorView.theme({
    '&': { minHeight: 'var(--editor-min, 8rem)', maxHeight: 'var(--editor-max, 32rem)', height: 'auto' },
    '.cm-scroller': { overflow: 'auto' },
    '.cm-content, .cm-gutters': { minHeight: 'var(--editor-min, 8rem)' },
    '.cm-specialChar': { color: 'var(--bad)', fontWeight: '700' },
    // In place of pictures in the style sheet, which the content security policy refuses.
    '.cm-lintRange-error': { backgroundImage: 'none', textDecoration: 'underline wavy var(--bad)', textUnderlineOffset: '0.2em' },
    '.cm-lint-marker-error': { content: 'normal', width: '0.55em', height: '0.55em', margin: '0.5em 0.2em', borderRadius: '50%', backgroundColor: 'var(--bad)' },
    '.cm-diagnostic': { padding: '0.25rem 0.625rem' },
    '.cm-completionInfo': { maxWidth: '24rem', padding: '0.5rem 0.75rem', fontFamily: 'var(--sans)' },
    '.cm-completionDetail': { fontStyle: 'normal', opacity: '0.8' },
  }),
];

/** Completion beside that of the language. */
export function completing(source: CompletionSource): Extension {
  return EditorState.languageData.of(() => [{ autocomplete: source }]);
}

/** Statements, with the names of tables and columns. */
export function statements(dialect: Dialect, tables: Record<string, string[]>): Extension {
  return sql({ dialect: dialect === 'mysql' ? MySQL : PostgreSQL, schema: tables, upperCaseKeywords: true });
}

/** Shows mistakes where they stand, within the text. */
export function marks(state: EditorState, mistakes: readonly Mistake[]): TransactionSpec {
  const end = state.doc.length;
  const shown = mistakes.map((one) => {
    const from = Math.min(one.from, end);
    return { from, to: Math.min(Math.max(one.to, from), end), message: one.message, severity: 'error' as const };
  });
  return setDiagnostics(state, shown);
}
