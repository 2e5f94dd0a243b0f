import { foundText } from '../../../runtime/found-text.ts';
import type { FoundFlow } from '../pipeline/flow.ts';
import { lastVerdictTable } from '../pipeline/tables.ts';
import { flowWords } from './flows.ts';
import type { HostSwitch } from './host-switch.ts';
import type { OthersSettings } from './settings.ts';

/** Why what a host has cannot be said in objects, in words. `isOthers`: see HostMark. */
export interface Unfit {
  readonly kind: 'unreadable';
  readonly problem: string;
  readonly isOthers?: true;
}

/** The most characters that are quoted of one thing that was found. */
export const quoteMax = 300;

/** So many things that cannot be said in objects are quoted. */
const quotesMax = 5;

/**
 * What to say of flows of others that may decide about packets, and of settings of others that copy or stop them; undefined where
 * there are none. They are never touched.
 */
export function meddlingAmong(
  at: HostSwitch,
  { flows, settings }: { flows: readonly FoundFlow[]; settings: Pick<OthersSettings, 'packets'> },
): Unfit | undefined {
  const meddling = flows.filter(({ table }) => table <= lastVerdictTable);
  const { packets } = settings;
  if (meddling.length + packets.length === 0) return undefined;
  const things = [
    ...(meddling.length === 0
      ? []
      : ['flows that somebody else put where they may change what is let through']),
    ...(packets.length === 0
      ? []
      : ['settings that somebody else made and that may copy packets elsewhere or stop them']),
  ];
  const what = `${things.join(', and ')}, and that only they take away`;
  return { ...unreadableFor(at, what, [...packets, ...meddling.map(flowWords)]), isOthers: true };
}

/** A host that has such things, which are quoted. */
export function unreadableFor(at: HostSwitch, what: string, quotes: readonly string[]): Unfit {
  const shown = quotes.slice(0, quotesMax).map((words) => foundText(words, quoteMax));
  const more = quotes.length > quotesMax ? [`and ${String(quotes.length - quotesMax)} more`] : [];
  return { kind: 'unreadable', problem: `${at.words} has ${what}: ${[...shown, ...more].join('; ')}` };
}
