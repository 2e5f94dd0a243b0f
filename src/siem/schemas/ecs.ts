import { z } from 'zod';
import { digest, instant } from '../../../events/names.ts';

const text = z.string();
const one = z.array(text).min(1);

const event = z.strictObject({
  id: text,
  sequence: z.int().min(0).optional(),
  action: text,
  code: text,
  kind: z.enum(['alert', 'event', 'metric', 'state']),
  category: z.array(z.enum(['configuration', 'host', 'network', 'process'])).min(1),
  type: z
    .array(z.enum(['access', 'allowed', 'change', 'creation', 'deletion', 'denied', 'info', 'start']))
    .min(1),
  outcome: z.enum(['success', 'failure', 'unknown']),
  severity: z.int().min(0).max(10),
  created: instant,
  module: z.literal('isoledger'),
  dataset: text,
  provider: z.literal('isoledger'),
  hash: digest,
  original: text.optional(),
  reason: text.optional(),
});

/** What we write by the Elastic Common Schema: nothing that is not said here is written. */
export const ecsSchema = z.strictObject({
  '@timestamp': instant,
  message: text,
  ecs: z.strictObject({ version: text }),
  event,
  organization: z.strictObject({ id: text }).optional(),
  user: z.strictObject({ name: text, id: text.optional() }).optional(),
  host: z.strictObject({ name: text, ip: one.optional() }).optional(),
  rule: z
    .strictObject({ category: text, ruleset: text, version: text.optional(), id: text.optional() })
    .optional(),
  related: z.strictObject({ user: one.optional(), hosts: one.optional(), hash: one }),
  observer: z.strictObject({
    vendor: text,
    product: text,
    type: text,
    version: text,
    hostname: text.optional(),
  }),
  labels: z.record(text, text),
});
