import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

// Colours are the custom properties of the page, which reach into the editor's shadow root.
const frame = EditorView.theme({
  '&': { color: 'var(--text)', backgroundColor: 'var(--surface)', fontSize: '0.875rem', height: '100%' },
  '&.cm-focused': { outline: '2px solid var(--accent)', outlineOffset: '-1px' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.55' },
  '.cm-content': { caretColor: 'var(--text)', padding: '0.5rem 0' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-gutters': { backgroundColor: 'var(--sunken)', color: 'var(--muted)', border: 'none' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'color-mix(in srgb, var(--hover) 55%, transparent)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    background: 'color-mix(in srgb, var(--accent) 30%, transparent)',
  },
  '.cm-tooltip, .cm-panels': { backgroundColor: 'var(--surface)', color: 'var(--text)', border: '1px solid var(--line)' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { background: 'var(--accent)', color: 'var(--on-accent)' },
  '.cm-textfield, .cm-button': { background: 'var(--surface)', color: 'var(--text)', border: '1px solid var(--line-strong)' },
});

const words = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.modifier], color: 'light-dark(#7a2fa0, #d2a6f5)' },
  { tag: [tags.string, tags.special(tags.string), tags.regexp], color: 'light-dark(#17713f, #8fd9ae)' },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: 'light-dark(#96400a, #f0b486)' },
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'light-dark(#1d4fb8, #9dbcff)' },
  { tag: [tags.comment, tags.meta], color: 'var(--muted)', fontStyle: 'italic' },
  { tag: [tags.typeName, tags.className], color: 'light-dark(#0d6675, #7fd0dd)' },
  { tag: tags.invalid, color: 'var(--bad)' },
]);

export const theme = [frame, syntaxHighlighting(words)];
