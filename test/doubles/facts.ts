import type { EventDraft } from '../../events/draft.ts';
import type { Actor, StoredEntry } from '../../events/entry.ts';

export const tester: Actor = { name: 'tester', authenticated: 'asserted' };

/** An event of the catalogue about a tenant. */
export function placed(tenant: string, shard = 'east'): EventDraft {
  return {
    subject: `tenant/${tenant}`,
    type: 'TenantPlaced',
    schemaVersion: 1,
    tenant,
    data: { tenant, shard },
  };
}

/** An event about any subject, which no catalogue knows: the port carries bytes, not meanings. */
export function fact(subject: string, text = ''): EventDraft {
  return { subject, type: 'TestFact', schemaVersion: 1, data: { text } };
}

export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const collected: Item[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

export async function seqs(entries: AsyncIterable<StoredEntry>): Promise<number[]> {
  return (await collect(entries)).map(({ seq }) => seq);
}
