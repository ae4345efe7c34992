import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { bracketMatching, foldGutter, foldKeymap, indentOnInput } from '@codemirror/language';
import { lintKeymap } from '@codemirror/lint';
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search';
import { Compartment, EditorState, type Extension } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, highlightSpecialChars, keymap, lineNumbers } from '@codemirror/view';
import { syntax, type Language } from './languages';
import { theme } from './theme';

export interface Setup {
  parent: HTMLElement;
  text: string;
  language: Language;
  readonly: boolean;
  /** Attributes of the editable element: its label and description. */
  attributes: Record<string, string>;
  extensions: Extension;
  changed: (text: string) => void;
}

export interface Editor {
  view: EditorView;
  setLanguage(language: Language): void;
  setReadonly(readonly: boolean): void;
  setExtensions(extensions: Extension): void;
}

/**
 * Makes an editor in a shadow root of its own. There its styles are constructed style sheets; in the document they would be
 * inline, which the content security policy refuses. The tabulator key leaves it, so that the keyboard is never caught.
 */
export function open(setup: Setup): Editor {
  const root = setup.parent.shadowRoot ?? setup.parent.attachShadow({ mode: 'open' });
  const language = new Compartment();
  const readonly = new Compartment();
  const further = new Compartment();
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: setup.text,
      extensions: [
        lineNumbers(), foldGutter(), highlightSpecialChars(), history(), drawSelection(), indentOnInput(), bracketMatching(),
        closeBrackets(), autocompletion(), highlightActiveLine(), highlightSelectionMatches(),
        keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...foldKeymap, ...completionKeymap, ...lintKeymap]),
        theme,
        language.of([]),
        readonly.of(reading(setup.readonly)),
        further.of(setup.extensions),
        EditorView.contentAttributes.of(setup.attributes),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) setup.changed(update.state.doc.toString());
        }),
      ],
    }),
  });
  let wanted: Language = setup.language;
  const setLanguage = (next: Language) => {
    wanted = next;
    void syntax(next).then((extension) => {
      if (wanted === next) view.dispatch({ effects: language.reconfigure(extension) });
    });
  };
  setLanguage(setup.language);
  return {
    view,
    setLanguage,
    setReadonly: (value) => view.dispatch({ effects: readonly.reconfigure(reading(value)) }),
    setExtensions: (extensions) => view.dispatch({ effects: further.reconfigure(extensions) }),
  };
}

function reading(only: boolean): Extension {
  return [EditorState.readOnly.of(only)];
}
