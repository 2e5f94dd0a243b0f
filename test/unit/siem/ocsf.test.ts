import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { digestOf } from '../../../events/codec/canonical.ts';
import type { EventType } from '../../../events/catalogue.ts';
import { formatNamed } from '../../../src/siem/formats/named.ts';
import {
  defaultOcsfVersion,
  ocsfVersions,
  type OcsfVersion,
} from '../../../src/siem/formats/ocsf/versions.ts';
import { ocsfSchema } from '../../../src/siem/schemas/ocsf.ts';
import { renderFormatsPage } from '../../../src/siem/schemas/page.ts';
import { renderFormatSchemas } from '../../../src/siem/schemas/render.ts';
import type { StreamEntry } from '../../../src/siem/event-stream.ts';
import { samples } from '../events/samples.ts';
import { context, heartbeat, streamed } from './stream-sample.ts';

const attested = z.looseObject({
  attestation: z.looseObject({ fingerprint: z.looseObject({ value: z.string() }) }),
});

function inOcsf(entry: StreamEntry, version: OcsfVersion = defaultOcsfVersion): unknown {
  return JSON.parse(formatNamed('ocsf', { ocsfVersion: version }).write(entry, context));
}

describe('an event in OCSF', () => {
  it.each(ocsfVersions)('has in version %s what its class has, and nothing else', (version) => {
    const schema = ocsfSchema(version);
    const entries = Object.values(samples).map((sample) => streamed(sample));
    const told = entries.flatMap((entry) => [
      inOcsf(entry, version),
      inOcsf({ ...entry, isVoid: true }, version),
    ]);
    const beat: unknown = JSON.parse(
      formatNamed('ocsf', { ocsfVersion: version }).heartbeat(heartbeat, context),
    );
    for (const event of [...told, beat]) expect(schema.parse(event)).toEqual(event);
    expect(schema.safeParse({ ...z.looseObject({}).parse(told[0]), more: 1 }).success).toBe(false);
  });

  it('has the number that its class and activity come to', () => {
    const numbered = z.looseObject({ class_uid: z.int(), activity_id: z.int(), type_uid: z.int() });
    for (const sample of Object.values(samples)) {
      const { class_uid, activity_id, type_uid } = numbered.parse(inOcsf(streamed(sample)));
      expect(type_uid).toBe(class_uid * 100 + activity_id);
    }
  });

  it.each<[EventType, number, object]>([
    ['PolicyEnacted', 300403, { entity: { type_id: 5, name: 'acme' }, severity_id: 1 }],
    ['PolicyRevoked', 300404, { entity: { type_id: 5 } }],
    ['TenantRegistered', 300401, { entity: { type_id: 4 } }],
    ['ExternalChanged', 300403, { entity: { type_id: 7 } }],
    ['ChangeApplied', 300410, { status_id: 1 }],
    ['HostCleared', 300411, { status_id: 1 }],
    ['ChangeFailed', 300410, { status_id: 2, status_detail: 'it holds a later plan' }],
    ['DriftDetected', 200301, { compliance: { status_id: 3 }, severity_id: 4 }],
    ['DriftCorrected', 700103, { command_uid: 'shard-1/7' }],
    ['TenantQuarantined', 300412, { severity_id: 4, metadata: { tenant_uid: 'acme' } }],
    ['SegmentQuarantined', 300412, { entity: { name: 'acme/web' } }],
    ['ExternalReleased', 300413, { severity_id: 4 }],
    ['DropsObserved', 400105, { action_id: 2, traffic: { packets: 11 }, src_endpoint: { name: 'several' } }],
    ['IsolationViolated', 200401, { is_alert: true, severity_id: 5, status_id: 1 }],
    ['IsolationRestored', 200403, { severity_id: 1, status_id: 4 }],
    ['IsolationAttested', 200301, { status_id: 1, compliance: { status_id: 3 } }],
    ['RoleTaken', 600203, { app: { name: 'isoledger applier/shard-1' }, device: { hostname: 'control-1' } }],
    ['StateKept', 99, {}],
  ])('of %s has the number %i', (type, typeUid, more) => {
    expect(inOcsf(streamed(samples[type]))).toMatchObject({ type_uid: typeUid, ...more });
  });

  it('closes a finding under the name that opened it', () => {
    const opened = z.looseObject({ finding_info: z.looseObject({ uid: z.string() }) });
    const { uid } = opened.parse(inOcsf(streamed(samples.DriftDetected))).finding_info;
    expect(inOcsf(streamed(samples.DriftCorrected))).toMatchObject({ unmapped: { finding_uid: uid } });
    const violated = opened.parse(inOcsf(streamed(samples.IsolationViolated))).finding_info;
    expect(inOcsf(streamed(samples.IsolationRestored))).toMatchObject({
      finding_info: { uid: violated.uid },
    });
  });

  it('names both ends of a single counter, and leaves out since when it never was read', () => {
    const event = {
      type: 'DropsObserved',
      data: {
        ...samples.DropsObserved.data,
        ...{ shard: 'shard-1', host: 'hv-1', readAt: '2026-03-01T11:59:59.000Z', since: null },
        drops: [{ from: null, to: 'acme/web', by: 'quarantine', packets: 7, total: 7 }],
      },
    } as const;
    const told = z
      .looseObject({})
      .parse(inOcsf(streamed({ ...event, data: { ...event.data, drops: [...event.data.drops] } })));
    expect(told).toMatchObject({ src_endpoint: { name: 'anybody' }, dst_endpoint: { name: 'acme/web' } });
    expect(told).not.toHaveProperty('start_time');
  });

  it('of 1.9.0 has a fingerprint of all that it says, the event before it included', () => {
    const { attestation, ...rest } = attested.parse(inOcsf(streamed(samples.PolicyEnacted), '1.9.0'));
    const { fingerprint, ...chain } = attestation;
    expect(chain).toEqual({
      chain_uid: 'a1b2c3d4',
      prev_event: { uid: '0199c0de-0000-7000-8000-000000000000' },
    });
    expect(fingerprint.value).toBe(digestOf({ ...rest, attestation: chain }));
    const first = attested.parse(
      inOcsf({ ...streamed(samples.PolicyEnacted), previous: undefined }, '1.9.0'),
    );
    expect(first.attestation).not.toHaveProperty('prev_event');
  });

  it('leaves out of metadata what is not known', () => {
    const bare = { ledgerId: 'id', version: '1' };
    const told: unknown = JSON.parse(formatNamed('ocsf').write(streamed(samples.ShardResumed), bare));
    expect(z.looseObject({ metadata: z.looseObject({}) }).parse(told).metadata).not.toHaveProperty('loggers');
  });
});

describe('what is published of the formats', () => {
  it('is the page that the tables give', () => {
    const page = readFileSync(new URL('../../../src/siem/FORMATS.md', import.meta.url), 'utf8');
    expect(page, 'run `npm run generate`').toBe(renderFormatsPage());
    for (const type of [...Object.keys(samples), 'void']) expect(page).toContain(`\n| ${type} | `);
  });

  it.each([...renderFormatSchemas()])('%s is published as it is', (name, schema) => {
    const file = new URL(`../../../src/siem/json-schema/${name}.json`, import.meta.url);
    expect(readFileSync(file, 'utf8'), 'run `npm run generate`').toBe(schema);
  });
});
