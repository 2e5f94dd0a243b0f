import { compareNaturally } from '../runtime/natural-order.ts';
import type { DocumentChange } from '../domain/record-documents.ts';
import type { Shown } from '../words/shown.ts';
import { table } from './io.ts';

/** How many names a line of the documents table holds before it says only how many more there are. */
const namesMax = 6;

export function changedDocuments(changes: readonly DocumentChange[]): DocumentChange[] {
  return changes.filter(({ change }) => change !== 'unchanged');
}

/** Documents by kind and by what becomes of them, with the first few names of each. */
export function documentsTable(changes: readonly DocumentChange[]): Shown {
  const groups = new Map<string, DocumentChange[]>();
  for (const change of changes) {
    const key = `${change.kind} ${change.change}`;
    groups.set(key, [...(groups.get(key) ?? []), change]);
  }
  const rows = Array.from(groups.values(), (group) => {
    const names = group
      .map(({ name }) => name)
      .sort(compareNaturally)
      .slice(0, namesMax);
    const more = group.length - names.length;
    const [first] = group;
    return [
      first?.kind ?? '',
      first?.change ?? '',
      String(group.length),
      more > 0 ? `${names.join(', ')} and ${String(more)} more` : names.join(', '),
    ];
  });
  return table(['DOCUMENT', 'CHANGE', 'COUNT', 'NAMES'], rows);
}
