import type { FolderNotes } from '../tasks/judge-folder.ts';
import { count } from '../words/lists.ts';
import { lines, say, nothing, type Shown } from '../words/shown.ts';

/** How many places or files are named before it is only said how many more there are. */
const namedMax = 5;

/** Files of a folder that were passed over, counted; empty ones by name. */
export function passedOverWords({ passedOver: { hidden, otherEndings, empty } }: FolderNotes): Shown {
  const files = [
    ...(empty.length === 0 ? [] : [`${String(empty.length)} empty (${some(empty)})`]),
    ...(otherEndings.length === 0 ? [] : [`${String(otherEndings.length)} with another ending`]),
    ...(hidden.length === 0 ? [] : [`${String(hidden.length)} hidden`]),
  ];
  return files.length === 0 ? nothing : say`files passed over: ${files.join(', ')}\n`;
}

/** Where a protocol was left out beside ports. */
export function tcpMeantWords({ tcpMeant }: FolderNotes): Shown {
  if (tcpMeant.length === 0) return nothing;
  const places = tcpMeant.map(({ file, line, keyPath }) => `${file}:${String(line)}: ${keyPath}`);
  const rest = places.length - namedMax;
  const more = rest > 0 ? [`  and ${count(rest, 'more place')}`] : [];
  const named = places.slice(0, namedMax).map((place) => `  ${place}`);
  return say`ports without a protocol mean tcp here:\n${lines([...named, ...more])}`;
}

function some(names: readonly string[]): string {
  const rest = names.length - namedMax;
  return [...names.slice(0, namedMax), ...(rest > 0 ? [`${String(rest)} more`] : [])].join(', ');
}
