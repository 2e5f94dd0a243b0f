import { z } from 'zod';
import { envelope } from '../../../events/entry.ts';
import { digest, instant } from '../../../events/names.ts';
import { classes, type OcsfClass } from '../formats/ocsf/rows.ts';
import type { OcsfVersion } from '../formats/ocsf/versions.ts';

const text = z.string();
/** Milliseconds since 1970. */
const time = z.int().min(0);
const content = z.record(text, z.unknown());

const server = z.strictObject({ hostname: text, type_id: z.literal(1), type: z.literal('Server') });
const device = server.extend({ uid: text });

function metadata(version: OcsfVersion): z.ZodObject {
  return z.strictObject({
    version: z.literal(version),
    product: z.strictObject({ name: text, vendor_name: text, version: text }),
    log_name: text,
    log_provider: text,
    loggers: z.array(z.strictObject({ name: text, device: server })).optional(),
    profiles: z.array(z.enum(['host', 'security_control', 'record_integrity'])).optional(),
    uid: text,
    sequence: z.int().min(0).optional(),
    event_code: text,
    original_time: instant,
    logged_time: time.optional(),
    correlation_uid: text.optional(),
    tenant_uid: text.optional(),
  });
}

const actor = z.strictObject({
  user: z.strictObject({ name: text, uid: text.optional(), type_id: z.literal(99), type: text }),
});

const attestation = z.strictObject({
  chain_uid: text,
  prev_event: z.strictObject({ uid: text }).optional(),
  fingerprint: z.strictObject({
    algorithm_id: z.literal(3),
    algorithm: z.literal('SHA-256'),
    value: digest,
    serialization_id: z.literal(2),
    serialization: z.literal('JCS'),
  }),
});

const recorded = {
  subject: text,
  recorded_type: text,
  schema_version: z.int().min(1),
  batch: envelope.shape.batch,
  leaf_hash: digest,
  about: text.optional(),
  reason: text.optional(),
  source: text.optional(),
  causation: text.optional(),
};

/** The activities that we tell of a class, by the numbers and names that OCSF gives them. */
const activities: Readonly<Record<OcsfClass, Readonly<Record<number, string>>>> = {
  base: { 99: 'Other' },
  compliance: { 1: 'Create', 2: 'Update', 3: 'Close' },
  detection: { 1: 'Create', 3: 'Close' },
  entity: {
    ...{ 1: 'Create', 3: 'Update', 4: 'Delete', 5: 'Move', 6: 'Enroll', 7: 'Unenroll' },
    ...{ 10: 'Activate', 11: 'Deactivate', 12: 'Suspend', 13: 'Resume', 99: 'Other' },
  },
  lifecycle: { 3: 'Start' },
  network: { 5: 'Refuse' },
  remediation: { 3: 'Restore' },
};

/** What every class has. */
function shared(of: OcsfClass, version: OcsfVersion): z.ZodRawShape {
  const { uid, name, category, categoryName } = classes[of];
  const numbers = Object.keys(activities[of]).map(Number);
  return {
    activity_id: z.literal(numbers),
    activity_name: text,
    category_uid: z.literal(category),
    category_name: z.literal(categoryName),
    class_uid: z.literal(uid),
    class_name: z.literal(name),
    type_uid: z.literal(numbers.map((number) => uid * 100 + number)),
    type_name: text,
    severity_id: z.literal([1, 2, 3, 4, 5]),
    severity: z.enum(['Informational', 'Low', 'Medium', 'High', 'Critical']),
    time,
    message: text,
    status_id: z.literal([0, 1, 2, 4]),
    status: z.enum(['Unknown', 'Success', 'Failure', 'New', 'Resolved']),
    status_detail: text.optional(),
    metadata: metadata(version),
  };
}

const entity = z.strictObject({
  name: text,
  uid: text,
  type: z.enum(['Device', 'Organization', 'Policy', 'Network Zone']),
  type_id: z.literal([1, 4, 5, 7]),
  version: text.optional(),
  data: content,
  device: device.optional(),
  org: z.strictObject({ name: text, uid: text }).optional(),
  policy: z.strictObject({ name: text, uid: text, version: text.optional() }).optional(),
});

const finding = {
  finding_info: z.strictObject({
    uid: text,
    title: text,
    desc: text,
    types: z.array(text),
    created_time: time,
  }),
  compliance: z.strictObject({
    control: text,
    status_id: z.literal([0, 1, 3]),
    status: z.enum(['Unknown', 'Pass', 'Fail']),
  }),
  resources: z.array(z.strictObject({ name: text, uid: text, type: text })),
};

const packetEnd = z.strictObject({
  name: text,
  ip: text.optional(),
  port: z.int().min(0).max(65_535).optional(),
});
const violation = {
  finding_info: finding.finding_info.extend({ first_seen_time: time, last_seen_time: time.optional() }),
  is_alert: z.literal(true).optional(),
  evidences: z.array(
    z.strictObject({
      src_endpoint: packetEnd,
      dst_endpoint: packetEnd,
      connection_info: z
        .strictObject({ direction_id: z.literal(0), direction: z.literal('Unknown'), protocol_name: text })
        .optional(),
      data: content.optional(),
    }),
  ),
};

const endpoint = z.strictObject({ name: text });
const dropped = {
  action_id: z.literal(2),
  action: z.literal('Denied'),
  disposition_id: z.literal(6),
  disposition: z.literal('Dropped'),
  is_alert: z.literal(false),
  src_endpoint: endpoint,
  dst_endpoint: endpoint,
  traffic: z.strictObject({ packets: z.int().min(1) }),
  start_time: time.optional(),
  end_time: time,
};

const restored = { command_uid: text, remediation: z.strictObject({ desc: text }) };

/** What we write in a version of OCSF, class by class: nothing that is not said here is written. */
export function ocsfSchema(version: OcsfVersion): z.ZodType {
  const entry = { actor, ...(version === '1.9.0' ? { attestation } : {}) };
  const told = z.strictObject({ ...recorded, event: content });
  const kept = { entity, comment: text.optional(), unmapped: z.strictObject(recorded) };
  const mended = { device, ...restored, unmapped: told.extend({ finding_uid: text }) };
  const named = z.strictObject({ name: text, uid: text });
  const started = {
    app: named.extend({ vendor_name: text }),
    ...(version === '1.9.0' ? { application: named } : {}),
  };
  const heartbeat = z.strictObject({ ledger_id: text, size: z.int().min(0), root: digest });
  return z.union([
    z.strictObject({ ...shared('entity', version), ...entry, ...kept }),
    z.strictObject({
      ...shared('compliance', version),
      ...entry,
      device: device.optional(),
      ...finding,
      unmapped: told,
    }),
    z.strictObject({ ...shared('detection', version), ...entry, ...violation, unmapped: told }),
    z.strictObject({ ...shared('lifecycle', version), ...entry, device, ...started, unmapped: told }),
    z.strictObject({ ...shared('network', version), ...entry, device, ...dropped, unmapped: told }),
    z.strictObject({ ...shared('remediation', version), ...entry, ...mended }),
    z.strictObject({ ...shared('base', version), ...entry, unmapped: told.partial({ event: true }) }),
    z.strictObject({ ...shared('base', version), unmapped: heartbeat }),
  ]);
}
