import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  isMap,
  isScalar,
  parseAllDocuments,
  Scalar,
  type Document as YamlDocument,
  type ToStringOptions,
  type YAMLMap,
} from 'yaml';

/** What the lab puts into documents. */
export interface Edits {
  /** By host: its switch's database socket, as `unix:PATH`. */
  readonly ovsdb: ReadonlyMap<string, string>;
  /** By external with a gateway: the MAC address of its next hop. */
  readonly gatewayMacs: ReadonlyMap<string, string>;
}

/**
 * Copies the files of an estate to a folder that is there, and makes of it an estate that the lab can build: every shard's
 * overlay is `ovs`, every host has the socket at which the lab listens, every gateway a MAC address. Comments and
 * order stay; a file in which nothing changes stays as it is, byte for byte.
 */
export function writeWorkingCopy(
  { root, files, to }: { root: string; files: readonly string[]; to: string },
  edits: Edits,
): void {
  for (const file of files) {
    const target = join(to, file);
    mkdirSync(dirname(target), { recursive: true });
    const documents = [...parseAllDocuments(readFileSync(join(root, file), 'utf8'))];
    if (!documents.map((each) => edit(each, edits)).some(Boolean))
      cpSync(join(root, file), target, { dereference: true });
    else writeFileSync(target, textOf(documents, { isJson: file.toLowerCase().endsWith('.json') }));
  }
}

/** Whether anything of it changed. */
function edit({ contents }: YamlDocument, { ovsdb, gatewayMacs }: Edits): boolean {
  if (!isMap(contents)) return false;
  switch (kindOf(contents)) {
    case 'Shard':
      return put(contents, 'overlay', 'ovs');
    case 'Host': {
      const isKept = isHere(textAt(contents, 'ovsdb')) && isHere(textAt(contents, 'openflow'));
      const changed = put(contents, 'ovsdb', ovsdb.get(textAt(contents, 'host') ?? ''));
      return (!isKept && contents.delete('openflow')) || changed;
    }
    case 'External': {
      const gateway = contents.get('gateway');
      return isMap(gateway) && put(gateway, 'mac', gatewayMacs.get(textAt(contents, 'external') ?? ''));
    }
    default:
      return false;
  }
}

/** What is at an address, or beside another socket, is not in this lab: flows are reached beside the database then. */
function isHere(reach: string | undefined): boolean {
  return reach?.startsWith('unix:') === true;
}

function put(map: YAMLMap, key: string, value: string | undefined): boolean {
  if (value === undefined || textAt(map, key) === value) return false;
  const there = map.get(key, true);
  // One that is there keeps the comment behind it.
  const scalar = isScalar(there) ? there : new Scalar<unknown>(value);
  scalar.value = value;
  // Unquoted, a MAC address of digits only is a number to some readers of YAML.
  scalar.type = Scalar.QUOTE_DOUBLE;
  map.set(key, scalar);
  return true;
}

function kindOf(map: YAMLMap): string | undefined {
  return textAt(map, 'kind');
}

function textAt(map: YAMLMap, key: string): string | undefined {
  const value = map.get(key, true);
  return isScalar(value) && typeof value.value === 'string' ? value.value : undefined;
}

function textOf(documents: readonly YamlDocument[], { isJson }: { isJson: boolean }): string {
  const quoted: ToStringOptions = isJson ? { defaultKeyType: 'QUOTE_DOUBLE' } : {};
  return documents.map((each) => each.toString({ lineWidth: 0, ...quoted })).join('');
}
