import type { DomainEvent } from '../../../events/catalogue.ts';
import type { Entry } from '../../../events/entry.ts';
import { digestOfObjects, type OverlayObject } from '../../../events/overlay-objects.ts';
import type { History } from './history.ts';

interface AtHost {
  readonly host: string;
  readonly shard?: string;
  readonly bypass?: number;
}

/** A person begins to change a host by hand. */
export function opened({ host, shard = 'east', bypass = 1 }: AtHost): DomainEvent {
  return { type: 'BypassOpened', data: { shard, host, bypass } };
}

export function closed({ host, shard = 'east', bypass = 1 }: AtHost): DomainEvent {
  return { type: 'BypassClosed', data: { shard, host, bypass } };
}

/** The whole host was seen to hold the objects of a plan, after its bypass was closed. */
export function settled(
  { host, shard = 'east', bypass = 1 }: AtHost,
  objects: readonly OverlayObject[],
  { plan = 1, seenWhole }: { plan?: number; seenWhole: string },
): DomainEvent {
  const digest = digestOfObjects(objects);
  return { type: 'BypassSettled', data: { shard, host, bypass, plan, digest, seenWhole } };
}

/**
 * The hosts at which something may be that a person did by hand, at the end of each batch, as `host shard`. Read off the rule, backwards
 * from each batch to the bypass that was opened last: for histories in which a host keeps its shard.
 */
export function byHand(history: History): Set<string>[] {
  const all = history.batches.map(({ entries }) => entries);
  const places = new Set(
    all
      .flat()
      .flatMap((entry) => (entry.type === 'BypassOpened' ? [`${entry.data.host} ${entry.data.shard}`] : [])),
  );
  return all.map((_, index) => {
    const entries = all.slice(0, index + 1).flat();
    return new Set([...places].filter((place) => isByHand(entries, place)));
  });
}

function isByHand(entries: readonly Entry[], place: string): boolean {
  const [host = '', shard = ''] = place.split(' ');
  const here = entries.filter(
    ({ data }) => 'host' in data && data.host === host && 'shard' in data && data.shard === shard,
  );
  const last = here.findLastIndex(({ type }) => type === 'BypassOpened');
  const opening = here[last];
  if (opening?.type !== 'BypassOpened') return false;
  const { bypass } = opening.data;
  const since = here.slice(last);
  const over = since.findIndex((entry, at) =>
    entry.type === 'HostRetired'
      ? standing(here.slice(0, last + at)) === 'in use'
      : entry.type === 'BypassClosed' && entry.data.bypass === bypass,
  );
  return since.every((entry, at) => {
    const stands = standing(here.slice(0, last + at));
    if (entry.type === 'HostCleared') return stands !== 'leaving';
    if (entry.type !== 'BypassSettled' || over < 0 || at < over || entry.data.bypass !== bypass) return true;
    return stands !== 'in use' || !isPlanned(entries, entry.data);
  });
}

function isPlanned(
  entries: readonly Entry[],
  { shard, plan, digest }: { shard: string; plan: number; digest: string },
): boolean {
  return entries.some(
    ({ type, data }) =>
      type === 'ChangePlanned' && data.shard === shard && data.plan === plan && data.after === digest,
  );
}

export function standingIn(
  { batches }: History,
  { host, shard }: { readonly host: string; readonly shard: string },
): 'in use' | 'leaving' | 'gone' {
  const entries = batches.flatMap((batch) => batch.entries);
  return standing(
    entries.filter(
      ({ data }) => 'host' in data && data.host === host && 'shard' in data && data.shard === shard,
    ),
  );
}

/** What a host is in its shard: one is retired only where it is in use, and cleared only where it was retired. */
function standing(entries: readonly Entry[]): 'in use' | 'leaving' | 'gone' {
  let stands: ReturnType<typeof standing> = 'gone';
  for (const { type } of entries) {
    if (type === 'HostRegistered') stands = 'in use';
    if (type === 'HostRetired' && stands === 'in use') stands = 'leaving';
    if (type === 'HostCleared' && stands === 'leaving') stands = 'gone';
  }
  return stands;
}
