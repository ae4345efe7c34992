/** How what a plan does with something is shown. */
export const ACTIONS = {
  create: { tone: 'good', text: 'Created' },
  update: { tone: 'warn', text: 'Updated' },
  none: { tone: 'idle', text: 'As it is' },
  delete: { tone: 'bad', text: 'Deleted' },
  conflict: { tone: 'bad', text: 'The name is taken' },
} as const;
