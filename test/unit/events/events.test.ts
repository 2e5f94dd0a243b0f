import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { canonicalBytes, canonicalText, digestOf } from '../../../events/codec/canonical.ts';
import { catalogue, type DomainEvent } from '../../../events/catalogue.ts';
import { decodeEntry, decodeWith, readEnvelope } from '../../../events/codec/decode.ts';
import { UnreadableEntry } from '../../../events/codec/unreadable-entry.ts';
import { holdersAttested } from '../../../events/attestation.ts';
import { refOf, type Document } from '../../../events/documents.ts';
import { draftOf } from '../../../events/draft.ts';
import { entryBytesMax } from '../../../events/entry.ts';
import { deniesPair } from '../../../events/overlay-objects.ts';
import { holdersOfPair, tenantReached, violationKey } from '../../../events/verification.ts';
import { renderCatalogue, renderJsonSchemas } from '../../../events/render.ts';
import { entryOf, goldenFolder, samples } from './samples.ts';

const folder = new URL('../../../events/', import.meta.url);

describe('the catalogue', () => {
  it('is rendered as CATALOGUE.md and json-schema/ say (npm run generate renews them)', () => {
    expect(readFileSync(new URL('CATALOGUE.md', folder), 'utf8')).toBe(renderCatalogue());
    const written = new URL('json-schema/', folder);
    const schemas = renderJsonSchemas();
    expect(readdirSync(written).sort()).toEqual([...schemas.keys()].map((name) => `${name}.json`).sort());
    for (const [name, text] of schemas)
      expect(readFileSync(new URL(`${name}.json`, written), 'utf8')).toBe(text);
  });

  it('has a sample of every kind of event, and names it in the past tense', () => {
    expect(Object.keys(samples).sort()).toEqual(Object.keys(catalogue).sort());
    for (const type of Object.keys(catalogue))
      expect(type).toMatch(/^[A-Z][A-Za-z]+(ed|Gone|Held|Kept|Taken)$/);
  });
});

/** Versions of events that name sets by a digest that nothing computes any longer. */
const digestsBefore = [
  ...['ChangePlanned.v1', 'ChangePlanned.v2', 'ChangePlanned.v3', 'ChangeApplied.v1', 'HostCleared.v1'],
  ...['DriftDetected.v1', 'DriftDetected.v2', 'DriftCorrected.v1'],
];

describe('golden bytes', () => {
  it.each(Object.values(samples))(
    'of $type stay as they were first written, and decode to the same event',
    (event) => {
      const { version } = catalogue[event.type];
      const golden = readFileSync(new URL(`${event.type}.v${version}.json`, goldenFolder));
      expect(new TextDecoder().decode(canonicalBytes(entryOf(event)))).toBe(golden.toString('utf8'));
      const entry = decodeEntry({ seq: 7, bytes: golden });
      expect(entry).toMatchObject({ seq: 7, type: event.type, data: event.data });
    },
  );

  const files = readdirSync(goldenFolder);
  const tooOld = files.filter((file) => digestsBefore.some((name) => file.startsWith(name)));
  it.each(files.filter((file) => !tooOld.includes(file)))(
    'in %s are still read, by way of upcasters where need be',
    (file) => {
      const bytes = readFileSync(new URL(file, goldenFolder));
      expect(decodeEntry({ seq: 7, bytes })).toMatchObject({ type: file.split('.')[0] });
    },
  );

  it.each(tooOld)('in %s are refused, since they name sets by digests of an earlier kind', (file) => {
    const bytes = readFileSync(new URL(file, goldenFolder));
    expect(() => decodeEntry({ seq: 7, bytes })).toThrow(
      /entry 7 cannot be read: [A-Za-z]+ version [123] names sets of objects by digests of an earlier kind/,
    );
    expect(tooOld).toHaveLength(8);
  });
});

describe('a quarantine acl', () => {
  it('drops what enters or leaves the segment that it names, and spares its own tenant', () => {
    const shape = {
      kind: 'acl',
      id: 'ab'.repeat(12),
      protocol: 'any',
      action: 'deny',
      tier: 'quarantine',
    } as const;
    const out = { ...shape, side: 'egress', from: 'acme/web', to: '*' } as const;
    const into = { ...shape, side: 'ingress', from: '*', to: 'acme/web' } as const;
    expect(deniesPair(out, { from: 'acme/web', to: 'globex/app' })).toBe(true);
    expect(deniesPair(out, { from: 'acme/web', to: 'internet' })).toBe(true);
    expect(deniesPair(out, { from: 'acme/web', to: 'acme/database' })).toBe(false);
    expect(deniesPair(out, { from: 'globex/app', to: 'acme/web' })).toBe(false);
    expect(deniesPair(into, { from: 'internet', to: 'acme/web' })).toBe(true);
    expect(deniesPair(into, { from: 'globex/app', to: 'acme/database' })).toBe(false);
  });

  it('that cuts a segment off wholly spares nothing but the segment itself', () => {
    const shape = { kind: 'acl', id: 'ab'.repeat(12), protocol: 'any', action: 'deny' } as const;
    const wholly = { ...shape, tier: 'quarantine', wholly: true } as const;
    const out = { ...wholly, side: 'egress', from: 'acme/web', to: '*' } as const;
    const into = { ...wholly, side: 'ingress', from: '*', to: 'acme/web' } as const;
    for (const peer of ['acme/database', 'globex/app', 'internet']) {
      expect(deniesPair(out, { from: 'acme/web', to: peer })).toBe(true);
      expect(deniesPair(into, { from: peer, to: 'acme/web' })).toBe(true);
      expect(deniesPair(out, { from: peer, to: 'acme/web' })).toBe(false);
    }
    expect(deniesPair(out, { from: 'acme/web', to: 'acme/web' })).toBe(false);
    expect(deniesPair(into, { from: 'globex/app', to: 'acme/database' })).toBe(false);
  });

  it('of an external spares nobody', () => {
    const shape = { kind: 'acl', id: 'ab'.repeat(12), protocol: 'any', action: 'deny' } as const;
    const out = { ...shape, tier: 'quarantine', side: 'egress', from: 'internet', to: '*' } as const;
    expect(deniesPair(out, { from: 'internet', to: 'acme/web' })).toBe(true);
    expect(deniesPair(out, { from: 'internet', to: 'internet' })).toBe(false);
  });
});

describe('a draft', () => {
  it.each<[DomainEvent, string, string | undefined]>([
    [samples.TenantRegistered, 'tenant/acme', 'acme'],
    [samples.VniAllocated, 'tenant/acme', 'acme'],
    [
      { type: 'VniReleased', data: { shard: 'shard-1', vni: 5000, segment: 'internet' } },
      'external/internet',
      undefined,
    ],
    [samples.ExternalChanged, 'external/internet', undefined],
    [samples.HostRegistered, 'host/hv-1', undefined],
    [samples.ShardChanged, 'shard/shard-1', undefined],
    [samples.PolicyEnacted, 'tenant/acme', 'acme'],
    [samples.ChangeFailed, 'overlay/shard-1', undefined],
    [samples.DriftDetected, 'observed/shard-1', undefined],
    [samples.DropsObserved, 'observed/shard-1', undefined],
    [samples.IsolationViolated, 'verify', 'acme'],
    [samples.IsolationRestored, 'verify', 'acme'],
    [samples.IsolationAttested, 'verify', undefined],
  ])('is addressed to what it is about', (event, subject, tenant) => {
    const draft = draftOf(event);
    expect([draft.subject, draft.tenant]).toEqual([subject, tenant]);
  });

  it('is refused where its data is against the schema', () => {
    expect(() => draftOf({ type: 'VniAllocated', data: { shard: 's', vni: 0, segment: 'a/b' } })).toThrow(
      z.ZodError,
    );
  });
});

describe('a draft of a time bound that passed', () => {
  it('takes effect when the bound passed, whenever it is recorded', () => {
    expect(draftOf(samples.GrantLapsed)).toMatchObject({
      subject: 'tenant/acme',
      tenant: 'acme',
      effectiveAt: '2026-12-31T17:00:00.000Z',
    });
  });
});

describe('a violation of isolation', () => {
  const at = { seq: 38, id: '0199c0de-0000-7000-8000-000000000008', type: 'ChangeApplied' };
  const openedBy = { ...at, time: '2026-03-01T11:58:00.000Z' };
  const data = { kind: 'isolation' as const, from: 'globex/app', to: 'acme/web', openedBy };
  const bound = { seq: null, id: null, type: 'TimeBound', time: '2026-03-01T11:58:00.000Z' };

  it('takes effect when it began, and its end when it ended, whenever they are recorded', () => {
    expect(draftOf(samples.IsolationViolated).effectiveAt).toBe('2026-03-01T11:58:00.000Z');
    expect(draftOf(samples.IsolationRestored).effectiveAt).toBe('2026-03-01T11:59:30.000Z');
    const never = draftOf({ type: 'IsolationRestored', data: { ...data, violation: 39, closedBy: null } });
    expect(never.effectiveAt).toBe('2026-03-01T11:58:00.000Z');
  });

  it('is the same one if kind, ends and opening are', () => {
    const keys = [
      data,
      { ...data, kind: 'airgap' as const },
      { ...data, from: data.to, to: data.from },
      { ...data, openedBy: { ...data.openedBy, seq: 39 } },
      { ...data, openedBy: bound },
      { ...data, openedBy: { ...bound, time: '2026-03-01T11:58:00.001Z' } },
    ].map(violationKey);
    expect(new Set(keys).size).toBe(keys.length);
    expect(violationKey({ ...data, from: 'globex/app' })).toBe(keys[0]);
  });

  it('is of the tenant that is reached, else of the one that reaches', () => {
    expect(tenantReached({ from: 'a/s', to: 'b/s' })).toBe('b');
    expect(tenantReached({ from: 'a/s', to: 'internet' })).toBe('a');
    expect(tenantReached({ from: 'vpn', to: 'internet' })).toBeUndefined();
  });

  it('tells of all at its ends', () => {
    const former = { from: 'c/s', to: 'internet' };
    expect([...holdersOfPair({ from: 'a/s', to: 'b/s', former })]).toEqual(['a', 'b', 'c', 'internet']);
    expect([...holdersOfPair({ from: 'a/s', to: 'b/s', former: null })]).toEqual(['a', 'b']);
    expect([...holdersOfPair({ from: 'a/s', to: 'b/s' })]).toEqual(['a', 'b']);
  });
});

describe('an attestation', () => {
  it('is about whoever was asked about, or about nobody by name', () => {
    expect([...holdersAttested({ tenant: 'acme', peer: 'globex/app' })]).toEqual(['acme', 'globex']);
    expect([...holdersAttested({ tenant: 'internet', peer: null })]).toEqual(['internet']);
    expect([...holdersAttested({ tenant: null, peer: null })]).toEqual([]);
  });
});

describe('decoding', () => {
  const kinds = {
    DoorOpened: {
      version: 3,
      schema: z.strictObject({ door: z.string(), wide: z.boolean(), by: z.string() }),
      upcasters: {
        1: ({ name }: Record<string, unknown>) => ({ door: name, wide: false }),
        2: (data: Record<string, unknown>) => ({ ...data, by: 'unknown' }),
      },
    },
  };
  const bytesOf = (change: object): Uint8Array =>
    canonicalBytes({ ...entryOf(samples.TenantRegistered), type: 'DoorOpened', schemaVersion: 3, ...change });
  const decode = (change: object): unknown => decodeWith(kinds, { seq: 5, bytes: bytesOf(change) }).data;

  it('brings retired versions up one by one, and leaves the stored bytes alone', () => {
    const up = { door: 'front', wide: false, by: 'unknown' };
    expect(decode({ schemaVersion: 1, data: { name: 'front' } })).toEqual(up);
    expect(decode({ schemaVersion: 2, data: { door: 'front', wide: true } })).toEqual({ ...up, wide: true });
    expect(decode({ data: up })).toEqual(up);
  });

  it.each<[string, object, RegExp]>([
    ['an unknown type', { type: 'DoorPainted' }, /entry 5 cannot be read: unknown event type DoorPainted/],
    ['a type that every object has', { type: 'constructor' }, /unknown event type constructor/],
    ['a newer version', { schemaVersion: 4 }, /version 4 is newer than this program \(3\)/],
    ['data against the schema', { data: { door: 1 } }, /data of DoorOpened is not as its schema says/],
    ['an envelope with something else in it', { more: true }, /its envelope is not as it should be/],
  ])('stops at %s', (_what, change, message) => {
    expect(() => decode(change)).toThrow(message);
    expect(() => decode(change)).toThrow(UnreadableEntry);
  });

  it('takes a shard with any driver that has a name, so that a driver never changes the contract', () => {
    const withDriver = (overlay: string): unknown => {
      const text = canonicalText(entryOf(samples.ShardRegistered)).replace('"embedded"', `"${overlay}"`);
      return decodeEntry({ seq: 5, bytes: new TextEncoder().encode(text) }).data;
    };
    expect(withDriver('ovs')).toMatchObject({ overlay: 'ovs' });
    expect(() => withDriver('Open vSwitch')).toThrow(UnreadableEntry);
  });

  it('stops at a version without a way up, at bytes that are no JSON, and at too many of them', () => {
    const stuck = { Stuck: { version: 2, schema: z.unknown() } };
    const bytes = bytesOf({ type: 'Stuck', schemaVersion: 1 });
    expect(() => decodeWith(stuck, { seq: 5, bytes })).toThrow(/Stuck version 1 has no way up/);
    expect(() => readEnvelope({ seq: 5, bytes: Uint8Array.of(0xff) })).toThrow(/it is not JSON in UTF-8/);
    expect(() => readEnvelope({ seq: 5, bytes: new Uint8Array(entryBytesMax + 1) })).toThrow(
      /65536 bytes, at most 65535/,
    );
  });
});

describe('canonical text', () => {
  it('sorts keys and has no blanks (RFC 8785)', () => {
    expect(canonicalText({ b: 1, a: [1.0, 'é', null] })).toBe('{"a":[1,"é",null],"b":1}');
    expect(digestOf({})).toBe('44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
    expect(() => canonicalText(undefined)).toThrow(TypeError);
  });
});

describe('a document', () => {
  it('goes by its kind and name', () => {
    const documents: Document[] = [
      { kind: 'Endpoints', value: { tenant: 'acme', endpoints: [] } },
      { kind: 'External', value: { external: 'internet', classification: 'public', cidrs: [] } },
      { kind: 'Host', value: { host: 'hv-1', shard: 'shard-1', tunnelIp: '10.0.0.1' } },
    ];
    expect(documents.map((document) => refOf(document).name)).toEqual(['acme', 'internet', 'hv-1']);
  });
});
