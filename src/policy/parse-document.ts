import { canonicalBytes, digestOf } from '../../events/codec/canonical.ts';
import type { Document, DocumentKind, DocumentRef } from '../../events/documents.ts';
import { DocumentReader } from './document-reader.ts';
import { parseEndpoints } from './endpoints-document.ts';
import { notAmong } from './explain-issue.ts';
import { parseExternal } from './external-document.ts';
import { excerpt } from './excerpt.ts';
import { Flaw } from './flaw.ts';
import { parseHost } from './host-document.ts';
import { eventBytesMax } from './limits.ts';
import type { Installation } from './installation.ts';
import { isMapping, type Mapping } from './mapping.ts';
import { nearestWord } from './nearest-word.ts';
import type { Identities, Parsed } from './parsed.ts';
import type { LocatedProblem, Place } from './place.ts';
import { parsePolicy, policyKeys } from './policy-document.ts';
import type { WrittenDocument } from './yaml/yaml-walk.ts';
import { parseShard } from './shard-document.ts';
import type { SourceMap } from './yaml/source-map.ts';
import { parseTenant } from './tenant-document.ts';

/** A document without problems, and the places of its parts. */
export interface SourcedDocument {
  readonly document: Document;
  /**
   * The place of a part, by identity: `['egress', ruleId, 'destination']`, `['services', name, 'ports']`,
   * `['endpoints', name, 'ip']`, `['segments', name]`, `['cidrs', cidr]`, `['gateway', 'host']`, `['shard']`. If only
   * the beginning of the path was written, the place is that of the beginning.
   */
  locate(path: readonly string[]): Place;
  /** Where ports stand without a protocol: tcp is meant. */
  readonly tcpMeant: readonly Place[];
}

/** The result for one document: either it has problems, or `sourced` is there. */
export interface ParsedDocument {
  /** Kind and name, and the place of the name, as far as they could be read. */
  readonly about: { readonly ref: DocumentRef; readonly place: Place } | undefined;
  readonly sourced: SourcedDocument | undefined;
  readonly problems: readonly LocatedProblem[];
  /** The names that the document declares, as far as they could be read: its own, and those of its services. */
  readonly declares: readonly string[];
}

interface Kind {
  readonly parse: (reader: DocumentReader, value: unknown, installation: Installation) => Parsed;
  readonly nameKey: string;
  /** For kinds that refuse network keys. The key `except`, and all below it, may hold them. */
  readonly logicalNames?: { readonly except: string | undefined };
}

const kinds: Readonly<Record<DocumentKind, Kind>> = {
  Tenant: { parse: parseTenant, nameKey: 'tenant', logicalNames: { except: undefined } },
  External: { parse: parseExternal, nameKey: 'external', logicalNames: { except: 'gateway' } },
  Endpoints: { parse: parseEndpoints, nameKey: 'tenant' },
  Host: { parse: parseHost, nameKey: 'host' },
  Shard: { parse: parseShard, nameKey: 'shard' },
  Policy: { parse: parsePolicy, nameKey: 'tenant', logicalNames: { except: undefined } },
};
const kindNames = [
  'Tenant',
  'External',
  'Endpoints',
  'Host',
  'Shard',
  'Policy',
] as const satisfies DocumentKind[];

/** Judges a document by itself, and normalises it. Never throws. */
export function parseDocument(
  { value, source, problems, doubts }: WrittenDocument,
  installation: Installation,
): ParsedDocument {
  const reader = new DocumentReader(source, problems);
  const kindName = readKind(reader, value);
  if (kindName === undefined) {
    reader.reportDoubts(doubts);
    return { about: undefined, sourced: undefined, problems: reader.problems, declares: [] };
  }
  const { parse, nameKey, logicalNames } = kinds[kindName];
  if (logicalNames !== undefined) reader.refuseNetworkKeys(value, { kind: kindName, ...logicalNames });
  const { name, document, identities } = parse(reader, value, installation);
  if (document !== undefined) checkSize(reader, document);
  reader.reportDoubts(doubts);
  const isWhole = document !== undefined && reader.problems.length === 0;
  return {
    about:
      name === undefined ? undefined : { ref: { kind: kindName, name }, place: source.placeOf([nameKey]) },
    sourced: isWhole
      ? { document, locate: (path) => locate(source, identities, path), tcpMeant: reader.tcpMeant }
      : undefined,
    problems: reader.problems,
    declares: [...(name === undefined ? [] : [name]), ...serviceNames(value)],
  };
}

function serviceNames(value: unknown): string[] {
  const services = isMapping(value) ? value['services'] : undefined;
  if (!Array.isArray(services)) return [];
  return services.flatMap((service: unknown) => {
    const name = isMapping(service) ? service['name'] : undefined;
    return typeof name === 'string' ? [name] : [];
  });
}

/**
 * The kind that a document names. A misspelt kind is reported, and the nearest kind is read instead, so that the rest
 * of the document is judged too.
 */
function readKind(reader: DocumentReader, value: unknown): DocumentKind | undefined {
  if (!isMapping(value)) {
    reader.report(
      [],
      new Flaw('a document is a mapping of keys with values, and this is none', {
        found: Array.isArray(value) ? 'a list' : excerpt(String(value)),
        allowed: 'keys with values, as kind: Policy',
      }),
    );
    return undefined;
  }
  const { kind } = value;
  if (kind === undefined) return impliedKind(reader, value);
  const known = kindNames.find((each) => each === kind);
  if (known !== undefined) return known;
  reader.report(['kind'], notAmong(kindNames, kind));
  const nearest = typeof kind === 'string' ? nearestWord(kind, kindNames) : undefined;
  return kindNames.find((each) => each === nearest);
}

function impliedKind(reader: DocumentReader, value: Mapping): DocumentKind | undefined {
  // A misspelt key is told as one, and the rest is judged.
  if (Object.keys(value).some((key) => nearestWord(key, policyKeys) !== undefined)) return 'Policy';
  const allowed = `${kindNames.join(', ')}; it may be left out only beside egress, ingress or qos`;
  reader.report(['kind'], new Flaw('kind is missing', { allowed }));
  return undefined;
}

/** A document must fit into the one event that records it. Only endpoints are divided among events. */
function checkSize(reader: DocumentReader, document: Document): void {
  if (document.kind === 'Endpoints') return;
  const bytes = canonicalBytes(eventData(document)).length;
  if (bytes <= eventBytesMax) return;
  const message = `this document takes ${bytes} bytes in the ledger, at most ${eventBytesMax} are allowed: divide it, or say less`;
  reader.report(
    [],
    new Flaw(message, { found: `${bytes} bytes`, allowed: `at most ${eventBytesMax} bytes` }),
  );
}

function eventData(document: Document): unknown {
  if (document.kind !== 'Policy') return document.value;
  return { policy: document.value, digest: digestOf(document.value) };
}

function locate(source: SourceMap, identities: Identities, path: readonly string[]): Place {
  const [list = ''] = path;
  const written = path.map((step, depth) => (depth === 1 ? (identities.get(list)?.get(step) ?? step) : step));
  return source.placeOf(source.longestKnown(written));
}
