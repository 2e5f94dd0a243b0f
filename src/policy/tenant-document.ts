import { defined } from '../../events/codec/defined.ts';
import { z } from 'zod';
import type { Service } from '../../events/estate.ts';
import { classification } from '../../events/names.ts';
import type { DocumentReader, Indexed, ReadFields } from './document-reader.ts';
import { classificationDoc } from './classification-doc.ts';
import { wordForm } from './field-doc.ts';
import { fieldSet, header, headerDocs, list } from './fields.ts';
import { Flaw } from './flaw.ts';
import { tenantSegmentsMax } from './limits.ts';
import { name, nameForm } from './names.ts';
import { nearestWord } from './nearest-word.ts';
import type { Parsed } from './parsed.ts';
import { compareText, type KeyPath } from './place.ts';
import { trafficDocs, trafficShape } from './ports.ts';
import { readPorts, trafficOf } from './traffic.ts';

const serviceFields = fieldSet(
  { name, segment: name, ...trafficShape },
  {
    name: {
      says: 'The name of the service. Tenants, services and externals share one namespace.',
      form: nameForm,
      example: 'acme-api',
      alsoCalled: ['service'],
    },
    segment: { says: 'The segment that offers it, one of this tenant.', form: nameForm, example: 'web' },
    ...trafficDocs('it offers everything'),
  },
);

const isolations = ['logical', 'air-gapped'] as const;
const withinTenant = ['allow', 'segments'] as const;

export const tenantFields = fieldSet(
  {
    ...header,
    tenant: name,
    classification: classification.default('internal'),
    isolation: z.enum(isolations).default('logical'),
    shard: name.exactOptional(),
    intraTenant: z.enum(withinTenant).default('allow'),
    segments: list.min(1),
    services: list.default([]),
  },
  {
    ...headerDocs('Tenant'),
    tenant: {
      says: 'The name of the tenant. Tenants, services and externals share one namespace.',
      form: nameForm,
      example: 'acme-corp',
      alsoCalled: ['name', 'id'],
    },
    classification: classificationDoc,
    isolation: {
      says: 'If it is air-gapped, no rule may name the tenant, and its policy may have no rule.',
      form: wordForm(isolations),
      example: 'air-gapped',
      default: 'logical',
    },
    shard: {
      says: 'The shard that the tenant is placed in.',
      form: nameForm,
      example: 'shard-1',
      absent:
        'it stays where it is; a new tenant is placed where its endpoints are, or where there is most room',
    },
    intraTenant: {
      says: "Traffic between the tenant's own segments: all of it, or what rules of its policy allow.",
      form: wordForm(withinTenant),
      example: 'segments',
      default: 'allow',
    },
    segments: {
      says: 'The parts that the tenant is made of, each an isolated network.',
      form: { is: 'list', of: nameForm, itemsMin: 1, itemsMax: tenantSegmentsMax },
      example: ['web', 'database'],
      alsoCalled: ['segment', 'networks', 'subnets'],
    },
    services: {
      says: 'What the tenant offers to others under a name.',
      form: { is: 'list', of: { is: 'mapping', fields: serviceFields }, itemsMin: 0 },
      example: [{ name: 'acme-api', segment: 'web', ports: [443], protocol: 'tcp' }],
      default: [],
    },
  },
);

/** Reads a Tenant document. */
export function parseTenant(reader: DocumentReader, value: unknown): Parsed {
  const { whole, known } = reader.fields(tenantFields, value, []);
  checkSegmentCount(reader, known?.segments?.length ?? 0);
  const segments = reader.items(name, known?.segments ?? [], ['segments']);
  const segmentIndexes = reader.indexByName(['segments'], segments);
  const own = known?.segments === undefined ? undefined : [...segmentIndexes.keys()];
  const { services, indexes } = readServices(reader, known?.services ?? [], own);
  return {
    name: known?.tenant,
    identities: new Map([
      ['segments', segmentIndexes],
      ['services', indexes],
    ]),
    document: whole && {
      kind: 'Tenant',
      value: {
        tenant: whole.tenant,
        classification: whole.classification,
        isolation: whole.isolation,
        intraTenant: whole.intraTenant,
        segments: [...segmentIndexes.keys()].sort(compareText),
        services,
        ...defined({ shard: whole.shard }),
      },
    },
  };
}

function checkSegmentCount(reader: DocumentReader, segments: number): void {
  if (segments <= tenantSegmentsMax) return;
  const message = `a tenant has at most ${tenantSegmentsMax} segments; this one has ${segments}`;
  const hints = { found: `${segments} segments`, allowed: `at most ${tenantSegmentsMax}` };
  reader.report(['segments'], new Flaw(message, hints));
}

function readServices(
  reader: DocumentReader,
  values: readonly unknown[],
  segments: readonly string[] | undefined,
): { services: Service[]; indexes: Map<string, number> } {
  const services: Service[] = [];
  const names: Indexed<string | undefined>[] = [];
  for (const [index, value] of values.entries()) {
    const path = ['services', index];
    const read = reader.fields(serviceFields, value, path);
    const service = readService(reader, read, path);
    if (service !== undefined) services.push(service);
    names.push({ value: read.known?.name, index });
    checkSegment(reader, { segment: read.known?.segment, segments, path: [...path, 'segment'] });
  }
  services.sort((a, b) => compareText(a.name, b.name));
  return { services, indexes: reader.indexByName(['services'], names, 'name') };
}

function readService(
  reader: DocumentReader,
  { whole, known }: ReadFields<typeof serviceFields.whole.shape>,
  path: KeyPath,
): Service | undefined {
  const ranges = readPorts(reader, known ?? {}, path);
  return whole && { name: whole.name, segment: whole.segment, ...trafficOf(whole, ranges) };
}

function checkSegment(
  reader: DocumentReader,
  at: { segment: string | undefined; segments: readonly string[] | undefined; path: KeyPath },
): void {
  const { segment, segments, path } = at;
  if (segment === undefined || segments === undefined || segments.includes(segment)) return;
  const flaw = new Flaw('a service stands in one of the segments of its own tenant', {
    allowed: segments.length === 0 ? 'a name that stands under segments' : segments.join(', '),
    nearest: nearestWord(segment, segments),
  });
  reader.report(path, flaw);
}
