export type Theme = 'system' | 'light' | 'dark';
const KEY = 'lockgate.theme';

class Choice {
  theme = $state<Theme>(read());

  choose(theme: Theme): void {
    this.theme = theme;
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // It holds for this page.
    }
    applyTheme();
  }
}

function read(): Theme {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === 'light' || kept === 'dark' ? kept : 'system';
  } catch {
    return 'system';
  }
}

export const choice = new Choice();

export function applyTheme(): void {
  if (choice.theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice.theme;
}
