import { isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';
import { defined } from '../../events/codec/defined.ts';
import { sinkPattern } from '../../events/service.ts';
import type { DocumentReader } from '../policy/document-reader.ts';
import { Flaw } from '../policy/flaw.ts';
import { isMapping } from '../policy/mapping.ts';
import { nearestWord } from '../policy/nearest-word.ts';
import type { KeyPath } from '../policy/place.ts';
import {
  sinkKinds,
  type HttpAccess,
  type SinkForm,
  type SinkKind,
  type SinkSettings,
  type TlsFiles,
} from '../siem/sinks/settings.ts';
import {
  elasticsearchFields,
  fileFields,
  formatsByDefault,
  hecFields,
  rotateMegabytesDefault,
  syslogFields,
  timeoutSecondsDefault,
  webhookFields,
} from './sink-fields.ts';

/** Reads the section `sinks`. Paths are relative to a folder. What is wrong in it is reported to the reader. */
export function readSinksSection(
  reader: DocumentReader,
  { value, folder }: { value: unknown; folder: string },
): readonly SinkSettings[] {
  if (value === undefined) return [];
  if (!isMapping(value)) {
    reader.report(['sinks'], new Flaw('sinks are named', { allowed: 'a mapping from names to sinks' }));
    return [];
  }
  const byPath = new Map<string, string>();
  const sinks = Object.entries(value).flatMap(([name, each]) => {
    if (!sinkPattern.test(name))
      reader.report(
        ['sinks', name],
        new Flaw('this is no name of a sink', { allowed: 'a-z, 0-9, dots and dashes inside, 63 at most' }),
      );
    return readSink(new SinkReader(reader, { name, folder }), each) ?? [];
  });
  for (const sink of sinks) {
    if (sink.kind !== 'file') continue;
    const path = resolve(sink.path);
    const other = byPath.get(path);
    if (other !== undefined)
      reader.report(
        ['sinks', sink.name, 'path'],
        new Flaw(`the sink ${other} writes that file`, { allowed: 'a file of its own' }),
      );
    byPath.set(path, sink.name);
  }
  return sinks;
}

function readSink(from: SinkReader, value: unknown): SinkSettings | undefined {
  switch (from.kindOf(value)) {
    case 'file':
      return readFileSink(from, value);
    case 'webhook':
      return readWebhook(from, value);
    case 'syslog':
      return readSyslog(from, value);
    case 'hec':
      return readHec(from, value);
    case 'elasticsearch':
      return readElasticsearch(from, value);
    case undefined:
      return undefined;
  }
}

function readFileSink(from: SinkReader, value: unknown): SinkSettings | undefined {
  const { whole } = from.reader.fields(fileFields, value, from.at);
  if (whole === undefined) return undefined;
  const { path, rotateMegabytes = rotateMegabytesDefault, keepFiles: keep } = whole;
  const rotateBytes = rotateMegabytes * 1_000_000;
  return {
    ...{ kind: 'file', ...from.formOf(whole), path: from.path(path) },
    ...{ rotateBytes, ...defined({ keep }) },
  };
}

function readWebhook(from: SinkReader, value: unknown): SinkSettings | undefined {
  const { whole } = from.reader.fields(webhookFields, value, from.at);
  if (whole === undefined) return undefined;
  const secretFile = from.pathIf(whole.secretFile);
  return { kind: 'webhook', ...from.formOf(whole), ...from.httpOf(whole), ...defined({ secretFile }) };
}

function readSyslog(from: SinkReader, value: unknown): SinkSettings | undefined {
  const { whole } = from.reader.fields(syslogFields, value, from.at);
  if (whole === undefined) return undefined;
  const { transport = 'tls', timeoutSeconds = timeoutSecondsDefault } = whole;
  const [, host = '', port = ''] = /^\[?([A-Za-z0-9.:-]+?)\]?:([1-9]\d{0,4})$/.exec(whole.address) ?? [];
  if (host === '' || Number(port) > 65_535)
    from.report('address', new Flaw('this is no address', { allowed: 'HOST:PORT' }));
  return {
    ...{ kind: 'syslog', ...from.formOf(whole), host, port: Number(port) },
    ...{ transport, timeoutSeconds, ...from.tlsOf(whole) },
  };
}

function readHec(from: SinkReader, value: unknown): SinkSettings | undefined {
  const { whole } = from.reader.fields(hecFields, value, from.at);
  if (whole === undefined) return undefined;
  const { tokenFile, index, source, sourcetype, acknowledged = false } = whole;
  return {
    ...{ kind: 'hec', ...from.formOf(whole), ...from.httpOf(whole), tokenFile: from.path(tokenFile) },
    ...{ acknowledged, ...defined({ index, source, sourcetype }) },
  };
}

/** Neither upper case nor what has a meaning in a path or a list, and no dot, dash, underscore or plus in front. */
const indexPattern = /^[^A-Z\s"*\\<>|,#:?/+_.-][^A-Z\s"*\\<>|,#:?/]*$/u;
const indexWords = 'lower case, without spaces and " * \\ < > | , # : ? /, not beginning with - _ + or a dot';

function readElasticsearch(from: SinkReader, value: unknown): SinkSettings | undefined {
  const { whole } = from.reader.fields(elasticsearchFields, value, from.at);
  if (whole === undefined) return undefined;
  const { index, user } = whole;
  const apiKeyFile = from.pathIf(whole.apiKeyFile);
  const passwordFile = from.pathIf(whole.passwordFile);
  from.requireBoth('user', 'passwordFile', [user, passwordFile]);
  if (!indexPattern.test(index) || Buffer.byteLength(index) > 255)
    from.report('index', new Flaw('Elasticsearch takes no index of that name', { allowed: indexWords }));
  return {
    ...{ kind: 'elasticsearch', ...from.formOf(whole), ...from.httpOf(whole), index },
    ...defined({ apiKeyFile, user, passwordFile }),
  };
}

/** One sink of the section, while it is read. */
class SinkReader {
  readonly reader: DocumentReader;
  readonly at: KeyPath;
  readonly #name: string;
  readonly #folder: string;

  constructor(reader: DocumentReader, { name, folder }: { name: string; folder: string }) {
    this.reader = reader;
    this.at = ['sinks', name];
    this.#name = name;
    this.#folder = folder;
  }

  /** Undefined for what is no kind, which is reported. */
  kindOf(value: unknown): SinkKind | undefined {
    const found = isMapping(value) ? value['kind'] : undefined;
    const { data: kind } = z.enum(sinkKinds).safeParse(found);
    if (kind !== undefined) return kind;
    const nearest = typeof found === 'string' ? nearestWord(found, sinkKinds) : undefined;
    this.reader.report(
      [...this.at, 'kind'],
      new Flaw('a sink has a kind', { allowed: sinkKinds.join(', '), ...defined({ nearest }) }),
    );
    return undefined;
  }

  formOf({
    kind,
    format,
    ocsfVersion,
  }: Pick<Partial<SinkForm>, 'format' | 'ocsfVersion'> & { kind: SinkKind }): SinkForm {
    return { name: this.#name, format: format ?? formatsByDefault[kind], ...defined({ ocsfVersion }) };
  }

  report(key: string, flaw: Flaw): void {
    this.reader.report([...this.at, key], flaw);
  }

  /** Two keys of which neither says something without the other. */
  requireBoth(one: string, other: string, [first, second]: readonly [unknown, unknown]): void {
    if ((first === undefined) === (second === undefined)) return;
    const [there, missing] = first === undefined ? [other, one] : [one, other];
    this.report(there, new Flaw(`this needs ${missing} beside it`, { allowed: 'both, or neither' }));
  }

  tlsOf({ ca, certificate, privateKey }: TlsFiles): TlsFiles {
    this.requireBoth('certificate', 'privateKey', [certificate, privateKey]);
    return defined({
      ca: this.pathIf(ca),
      certificate: this.pathIf(certificate),
      privateKey: this.pathIf(privateKey),
    });
  }

  httpOf({ url, plaintext, timeoutSeconds, ...files }: HttpFields): HttpAccess {
    const parsed = URL.parse(url);
    if (parsed === null || !['http:', 'https:'].includes(parsed.protocol))
      this.report('url', new Flaw('this is no address', { allowed: 'https://HOST:PORT/PATH' }));
    else if (parsed.username !== '' || parsed.password !== '')
      this.report(
        'url',
        new Flaw('secrets stand in files', { allowed: 'an address without user and password' }),
      );
    else if (parsed.protocol === 'http:' && plaintext !== true && !isOwn(parsed.hostname))
      this.report(
        'url',
        new Flaw('what is sent could be read and changed on the way', {
          allowed: 'https, or plaintext: true',
        }),
      );
    return { url, timeoutSeconds: timeoutSeconds ?? timeoutSecondsDefault, ...this.tlsOf(files) };
  }

  pathIf(path: string | undefined): string | undefined {
    return path === undefined ? undefined : this.path(path);
  }

  path(path: string): string {
    return isAbsolute(path) ? path : join(this.#folder, path);
  }
}

interface HttpFields extends TlsFiles {
  readonly url: string;
  readonly plaintext?: boolean | undefined;
  readonly timeoutSeconds?: number | undefined;
}

/** True of an address of this machine alone. */
function isOwn(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}
