import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { leafHash } from '../../../src/ledger/merkle/hash.ts';
import { ecs } from '../../../src/siem/formats/ecs/format.ts';
import { ecsSchema } from '../../../src/siem/schemas/ecs.ts';
import { samples } from '../events/samples.ts';
import { context, heartbeat, streamed } from './stream-sample.ts';

/** The types that ECS expects of each category that we use (its page on `event.category`). */
const expectedTypes: Readonly<Record<string, readonly string[]>> = {
  configuration: ['access', 'change', 'creation', 'deletion', 'info'],
  host: ['access', 'change', 'end', 'info', 'start'],
  process: ['access', 'change', 'end', 'info', 'start'],
  network: ['access', 'allowed', 'connection', 'denied', 'end', 'info', 'protocol', 'start'],
};

describe('an event in the Elastic Common Schema', () => {
  it.each(Object.values(samples))('of $type has the fields that we say, and no others', (sample) => {
    const entry = streamed(sample);
    for (const one of [entry, { ...entry, isVoid: true }]) {
      const told: unknown = JSON.parse(ecs.write(one, context));
      const { event } = ecsSchema.parse(told);
      expect(ecsSchema.parse(told)).toEqual(told);
      expect(event.original).toBe(Buffer.from(entry.stored.bytes).toString());
      expect(event.hash).toBe(leafHash(entry.stored.bytes));
      const allowed = event.category.flatMap((category) => expectedTypes[category] ?? []);
      expect(event.type.filter((type) => !allowed.includes(type))).toEqual([]);
    }
  });

  it('is found by tenant, user, host and rule', () => {
    const actor = { name: 'ada', authenticated: 'asserted', account: 'root' };
    expect(JSON.parse(ecs.write(streamed(samples.PolicyEnacted, { actor }), context))).toMatchObject({
      organization: { id: 'acme' },
      user: { name: 'ada', id: 'root' },
      related: { user: ['ada', 'root'] },
      rule: { ruleset: 'acme' },
    });
    expect(JSON.parse(ecs.write(streamed(samples.HostRegistered), context))).toMatchObject({
      host: { name: 'hv-1', ip: ['172.31.0.1'] },
      related: { hosts: ['hv-1'] },
    });
    expect(JSON.parse(ecs.write(streamed(samples.GrantLapsed), context))).toMatchObject({
      '@timestamp': '2026-12-31T17:00:00.000Z',
      rule: { id: 'ffeeddccbbaa998877665544' },
    });
  });

  it('of a heartbeat is a state', () => {
    const told: unknown = JSON.parse(ecs.heartbeat(heartbeat, context));
    expect(ecsSchema.parse(told)).toEqual(told);
    expect(told).toMatchObject({ event: { kind: 'state', hash: heartbeat.root } });
    expect(z.looseObject({ labels: z.looseObject({}) }).parse(told).labels).toEqual({
      ledger: 'a1b2c3d4',
      size: '42',
    });
  });
});
