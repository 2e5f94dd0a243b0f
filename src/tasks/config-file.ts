import { dirname, isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { isBlank } from '../../events/free-text.ts';
import { defined } from '../../events/codec/defined.ts';
import { isUrlOfServer } from '../runtime/credentials.ts';
import { DocumentReader } from '../policy/document-reader.ts';
import { wordForm, textForm, type FieldDoc, pathForm } from '../policy/field-doc.ts';
import { fieldSet } from '../policy/fields.ts';
import type { LocatedProblem } from '../policy/place.ts';
import { readYaml } from '../policy/yaml/read-yaml.ts';
import { BadConfig, logLevels, type FiledConfig } from '../runtime/config.ts';

const pemFile = z.string().exactOptional();
/** A section for the service: commands pass over what it says, and the service reads it. */
const section = z.unknown().exactOptional();

export const configFields = fieldSet(
  {
    ledger: z.string().exactOptional(),
    logLevel: z.enum(logLevels).exactOptional(),
    switchKey: pemFile,
    switchCertificate: pemFile,
    switchCa: pemFile,
    serve: section,
    nats: section,
    sinks: section,
    http: section,
  },
  {
    ledger: {
      says: 'The URL of the ledger. A path in it is relative to the file; one in a URL that env:NAME or file:PATH leads to, to the folder in which a command is given.',
      form: textForm('sqlite:PATH or esdb://HOST:PORT'),
      example: 'sqlite:./.isoledger/ledger.db',
      absent: 'sqlite:./.isoledger/ledger.db in the folder in which a command is given',
      alsoCalled: ['url', 'database', 'db'],
    },
    logLevel: {
      says: 'What is logged to stderr.',
      form: wordForm(logLevels),
      example: 'warn',
      default: 'warn',
      alsoCalled: ['log', 'level'],
    },
    switchKey: {
      says: 'The private key that belongs to switchCertificate. A path is relative to the file.',
      form: pathForm('the path of a PEM file'),
      example: 'switch-key.pem',
      absent: 'no switch is reached by ssl',
      alsoCalled: ['privateKey', 'switchPrivateKey'],
    },
    switchCertificate: {
      says: 'The certificate that switches which are reached by ssl are shown.',
      form: pathForm('the path of a PEM file'),
      example: 'switch-certificate.pem',
      absent: 'no switch is reached by ssl',
      alsoCalled: ['certificate', 'switchCert'],
    },
    switchCa: {
      says: 'The certificate of the authority that signed those of the switches.',
      form: pathForm('the path of a PEM file'),
      example: 'switch-ca.pem',
      absent: 'no switch is reached by ssl',
      alsoCalled: ['ca', 'caCertificate', 'switchCaCertificate'],
    },
    serve: sectionDoc('How isoledger serve works.', 'all roles run as they do by themselves', {
      roles: ['clock', 'verifier', 'applier'],
    }),
    nats: sectionDoc('The NATS servers to which events are published, and by which roles fail over.', 'none'),
    sinks: sectionDoc('Where events are delivered: sinks by their names.', 'nowhere', {
      archive: { kind: 'file', path: '/var/log/isoledger/events.ndjson' },
    }),
    http: sectionDoc('The address for health, metrics and the event feed.', 'none is listened at'),
  },
);

/** What is said of a section, which has keys of its own. */
function sectionDoc(says: string, absent: string, example: unknown = {}): FieldDoc {
  return { says, form: { is: 'value', words: 'a mapping', json: { type: 'object' } }, example, absent };
}

/**
 * Reads a configuration file as documents are read: every problem is told with its line and key. Paths in it are relative
 * to the file. Throws BadConfig.
 */
export function readConfigFile(file: ConfigText): FiledConfig {
  const opened = openConfig(file);
  if (opened === undefined) return {};
  const { reader, known } = opened;
  if (reader.problems.length > 0) throw badConfig(reader.problems);
  const folder = dirname(file.path);
  const { ledger, logLevel } = known;
  const others = { ...defined({ logLevel }), ...switchesIn(known, folder) };
  if (ledger === undefined) return others;
  const { line, keyPath } = reader.source.placeOf(['ledger']);
  const ledgerAt = `${file.path}:${String(line)}: ${keyPath}`;
  if (isBlank(ledger))
    throw new BadConfig(`${ledgerAt}: this is blank; it is to be a ledger URL, or left out`);
  return { ledger: fromFile(ledger, folder), ledgerAt, ...others };
}

/** A configuration file and its text. */
export interface ConfigText {
  readonly path: string;
  readonly text: string;
}

/** A configuration file and those of its own keys that are right. What is wrong, also in its sections, is reported to the reader. */
interface OpenConfig {
  readonly reader: DocumentReader;
  readonly known: z.infer<typeof configFields.known>;
}

/** Undefined for an empty file. Throws BadConfig for what holds no keys. */
export function openConfig({ path, text }: ConfigText): OpenConfig | undefined {
  const { documents, problems } = readYaml(path, text);
  const [document, second] = documents;
  if (problems.length > 0) throw badConfig(problems);
  if (document === undefined) return undefined;
  if (second !== undefined)
    throw new BadConfig(`${path}: a configuration is one document, and this file holds several`);
  const reader = new DocumentReader(document.source, document.problems);
  const { known } = reader.fields(configFields, document.value, []);
  if (known === undefined) throw badConfig(reader.problems);
  return { reader, known };
}

function switchesIn(
  { switchKey, switchCertificate, switchCa }: z.infer<typeof configFields.known>,
  folder: string,
): Pick<FiledConfig, 'switches'> {
  const from = (file: string | undefined): string | undefined => file && fromFolder(file, folder);
  const switches = defined({
    privateKey: from(switchKey),
    certificate: from(switchCertificate),
    ca: from(switchCa),
  });
  return Object.keys(switches).length === 0 ? {} : { switches };
}

function fromFolder(path: string, folder: string): string {
  return isAbsolute(path) ? path : join(folder, path);
}

/** Everything that is wrong in a configuration file, in one fault. */
export function badConfig(problems: readonly LocatedProblem[]): BadConfig {
  const told = problems.map(({ place: { file, line, keyPath }, message, found, allowed, nearest }) => {
    const key = keyPath === '' ? '' : ` ${keyPath}:`;
    const hint = nearest === undefined ? '' : `; nearest: ${nearest}`;
    return `${file}:${String(line)}:${key} ${message} (found: ${found ?? 'nothing'}; allowed: ${allowed ?? ''}${hint})`;
  });
  return new BadConfig(told.join('; and '));
}

/** Options of a server's URL that name files. */
const filesOfClient = /([?&](?:tlsCAFile|userCertFile|userKeyFile)=)([^&]+)/gi;

/** A ledger's URL, or a reference to one, with its paths as seen from where the command is given. */
function fromFile(url: string, folder: string): string {
  // What is no path stays as it is: as one it would be a URL no more, and its password would be shown with it.
  const from = (path: string): string => (isUrlOfServer(path) ? path : fromFolder(path, folder));
  const [, scheme, path] = /^(sqlite|file):(.+)$/s.exec(url) ?? [];
  if (scheme !== undefined && path !== undefined) return `${scheme}:${from(path)}`;
  return url.replace(filesOfClient, (_all, option: string, file: string) => `${option}${inUrl(file, from)}`);
}

/** A file's name is spelt in a URL as it is in one: only a path that changes is spelt anew. */
function inUrl(file: string, from: (path: string) => string): string {
  const path = from(decoded(file));
  return path === decoded(file) ? file : encodeURIComponent(path).replaceAll('%2F', '/');
}

function decoded(file: string): string {
  try {
    return decodeURIComponent(file);
  } catch {
    return file;
  }
}
