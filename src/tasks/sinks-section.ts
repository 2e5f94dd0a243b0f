import { isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { defined } from '../../events/codec/defined.ts';
import type { DocumentReader } from '../policy/document-reader.ts';
import { Flaw } from '../policy/flaw.ts';
import { isMapping } from '../policy/mapping.ts';
import { nearestWord } from '../policy/nearest-word.ts';
import type { KeyPath } from '../policy/place.ts';
import { sinkKinds, type SinkForm, type SinkSettings } from '../siem/sinks/settings.ts';
import { fileFields, formatsByDefault, rotateMegabytesDefault, type SinkKind } from './sink-fields.ts';

/** A name that is part of a role's and of a file's. */
const namePattern = /^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/;

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
  return Object.entries(value).flatMap(([name, each]) => {
    if (!namePattern.test(name))
      reader.report(
        ['sinks', name],
        new Flaw('this is no name of a sink', { allowed: 'a-z, 0-9, dots and dashes inside, 63 at most' }),
      );
    return readSink(new SinkReader(reader, { name, folder }), each) ?? [];
  });
}

function readSink(from: SinkReader, value: unknown): SinkSettings | undefined {
  switch (from.kindOf(value)) {
    case 'file':
      return readFileSink(from, value);
    case undefined:
      return undefined;
  }
}

function readFileSink(from: SinkReader, value: unknown): SinkSettings | undefined {
  const { whole } = from.reader.fields(fileFields, value, from.at);
  if (whole === undefined) return undefined;
  const { kind, path, rotateMegabytes = rotateMegabytesDefault, keepFiles: keep } = whole;
  const rotateBytes = rotateMegabytes * 1_000_000;
  return { kind, ...from.formOf(whole), path: from.path(path), rotateBytes, ...defined({ keep }) };
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

  path(path: string): string {
    return isAbsolute(path) ? path : join(this.#folder, path);
  }
}
