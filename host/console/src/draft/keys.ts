// Which keys go back and forth in a document that is edited by a form.

const TYPING = 'input:not([type=checkbox], [type=radio], [type=button], [type=file]), textarea, select';

/**
 * What a press of a key asks of the form's document. Editors of code keep their own history, dialogs and fields outside of
 * the form that of the browser. Where a pressed button is gone, the focus is on nothing, and the form is meant.
 */
export function stepOf(event: KeyboardEvent, form: HTMLElement | null | undefined): 'undo' | 'redo' | null {
  if (event.defaultPrevented || event.altKey || !(event.ctrlKey || event.metaKey)) return null;
  const key = event.key.toLowerCase();
  const step = key === 'y' || (key === 'z' && event.shiftKey) ? 'redo' : key === 'z' ? 'undo' : null;
  if (step === null || !form) return null;
  const path = event.composedPath().filter((one) => one instanceof Element);
  if (path.some((one) => one.matches('.cm-editor, dialog, [role=dialog], [role=menu]'))) return null;
  const within = path.includes(form);
  return within || path[0]?.matches(TYPING) !== true ? step : null;
}
