import { defined } from '../../events/codec/defined.ts';
import { z } from 'zod';
import type { Policy } from '../../events/estate.ts';
import type { DocumentReader } from './document-reader.ts';
import { fieldSet, header, headerDocs, list } from './fields.ts';
import { Flaw } from './flaw.ts';
import { policyRulesMax } from './limits.ts';
import { name, nameForm } from './names.ts';
import type { Parsed } from './parsed.ts';
import { rate, rateForm } from './quantities.ts';
import { egressFields, identifyRules, ingressFields, readEgress, readIngress } from './rules.ts';

/** A document with one of these keys is a policy, whether or not it says so. */
export const policyKeys = ['egress', 'ingress', 'qos'] as const;

const qosFields = fieldSet(
  { egress: rate.exactOptional(), ingress: rate.exactOptional() },
  {
    egress: { says: 'What each may send.', form: rateForm, example: '100Mbps', absent: 'no limit' },
    ingress: { says: 'What each may be sent.', form: rateForm, example: '2.5Gbps', absent: 'no limit' },
  },
);

export const policyFields = fieldSet(
  {
    ...header,
    tenant: name,
    egress: list.default([]),
    ingress: list.default([]),
    qos: z.unknown().exactOptional(),
  },
  {
    ...headerDocs('Policy'),
    tenant: {
      says: 'The tenant whose policy this is.',
      form: nameForm,
      example: 'acme-corp',
      alsoCalled: ['name'],
    },
    egress: {
      says: 'Whom the tenant may reach. The other side has to agree, unless it is an external.',
      form: { is: 'list', of: { is: 'mapping', fields: egressFields }, itemsMin: 0 },
      example: [{ destination: 'service-x', ports: [443], protocol: 'tcp' }],
      default: [],
      alsoCalled: ['out', 'outbound', 'rules'],
    },
    ingress: {
      says: 'Who may reach the tenant.',
      form: { is: 'list', of: { is: 'mapping', fields: ingressFields }, itemsMin: 0 },
      example: [{ source: 'vpn-gateway', ports: [22, 443], protocol: 'tcp' }],
      default: [],
      alsoCalled: ['in', 'inbound'],
    },
    qos: {
      says: 'The rates that each endpoint of the tenant is limited to: egress, ingress or both.',
      form: { is: 'mapping', fields: qosFields },
      example: { egress: '100Mbps', ingress: '100Mbps' },
      absent: 'no limit',
    },
  },
);

/** Reads a Policy document. A policy without rules is legal and allows nothing. */
export function parsePolicy(reader: DocumentReader, value: unknown): Parsed {
  const { whole, known } = reader.fields(policyFields, value, []);
  const egress = readEgress(reader, known?.egress ?? []);
  const ingress = readIngress(reader, known?.ingress ?? []);
  const qos = known?.qos === undefined ? undefined : readQos(reader, known.qos);
  checkRuleCount(reader, (known?.egress ?? []).length + (known?.ingress ?? []).length);
  if (whole === undefined) return { name: known?.tenant, document: undefined, identities: new Map() };
  const { tenant } = whole;
  const egressById = identifyRules({ tenant, side: 'egress', rules: egress });
  const ingressById = identifyRules({ tenant, side: 'ingress', rules: ingress });
  return {
    name: tenant,
    identities: new Map([
      ['egress', egressById.indexes],
      ['ingress', ingressById.indexes],
    ]),
    document: {
      kind: 'Policy',
      value: {
        apiVersion: 'isoledger/v1',
        tenant,
        egress: egressById.rules,
        ingress: ingressById.rules,
        ...defined({ qos }),
      },
    },
  };
}

function readQos(reader: DocumentReader, value: unknown): Policy['qos'] {
  const { whole } = reader.fields(qosFields, value, ['qos']);
  if (whole !== undefined && Object.keys(whole).length === 0) {
    reader.report(
      ['qos'],
      new Flaw('qos limits nothing', { allowed: 'egress, ingress or both; or no qos at all' }),
    );
  }
  return whole;
}

function checkRuleCount(reader: DocumentReader, rules: number): void {
  if (rules <= policyRulesMax) return;
  const message = `a policy holds at most ${policyRulesMax} rules, egress and ingress together; this one has ${rules}`;
  reader.report([], new Flaw(message, { found: `${rules} rules`, allowed: `at most ${policyRulesMax}` }));
}
