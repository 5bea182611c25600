import type { Selector } from './objects.ts';

/** Whether a label selector takes labels. The empty one takes everything. Pure. */
export function isSelected(selector: Selector, labels: Readonly<Record<string, string>>): boolean {
  const named = Object.entries(selector.matchLabels).every(([key, value]) => labels[key] === value);
  return named && selector.matchExpressions.every((expression) => isMet(expression, labels[expression.key]));
}

function isMet({ operator, values }: Selector['matchExpressions'][number], value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
}
