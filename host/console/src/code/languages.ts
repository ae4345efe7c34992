import type { Extension } from '@codemirror/state';

export type Language = 'json' | 'yaml' | 'javascript' | 'typescript' | 'sql' | 'text';

/** The syntax of a language; each is loaded when it is first needed. */
export async function syntax(language: Language): Promise<Extension> {
  switch (language) {
    case 'json':
      return (await import('@codemirror/lang-json')).json();
    case 'yaml':
      return (await import('@codemirror/lang-yaml')).yaml();
    case 'javascript':
      return (await import('@codemirror/lang-javascript')).javascript();
    case 'typescript':
      return (await import('@codemirror/lang-javascript')).javascript({ typescript: true });
    case 'sql':
      return (await import('@codemirror/lang-sql')).sql();
    case 'text':
      return [];
  }
}
