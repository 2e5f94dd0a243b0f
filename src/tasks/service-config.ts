import { isDeepStrictEqual } from 'node:util';
import { dirname } from 'node:path';
import type { NatsSettings } from '../siem/nats-settings.ts';
import type { SinkSettings } from '../siem/sinks/settings.ts';
import { badConfig, openConfig, type ConfigText } from './config-file.ts';
import { isMapping } from '../policy/mapping.ts';
import { readHttpSection, type HttpSection } from './http-section.ts';
import { readNatsSection } from './nats-section.ts';
import { readServeSection, serveByDefault, type ServeSection } from './serve-section.ts';
import { readSinksSection } from './sinks-section.ts';

/** What a configuration file says to the service alone: each section has a file of its own. */
export interface ServiceConfig {
  readonly serve: ServeSection;
  /** Undefined where no NATS server is used. */
  readonly nats?: NatsSettings | undefined;
  /** Where events are delivered. */
  readonly sinks?: readonly SinkSettings[] | undefined;
  /** Undefined where it is listened nowhere. */
  readonly http?: HttpSection | undefined;
}

/** Reads the sections for the service; what holds without them, where there is no file. Throws BadConfig with everything that is wrong. */
export function readServiceConfig(file: ConfigText | undefined): ServiceConfig {
  const opened = file && openConfig(file);
  if (file === undefined || opened === undefined) return { serve: serveByDefault };
  const { reader, known } = opened;
  const folder = dirname(file.path);
  const config = {
    serve: readServeSection(reader, known.serve),
    nats: readNatsSection(reader, { value: known.nats, folder }),
    sinks: readSinksSection(reader, { value: known.sinks, folder }),
    http: readHttpSection(reader, { value: known.http, folder }),
  };
  if (reader.problems.length > 0) throw badConfig(reader.problems);
  return config;
}

/** What a service takes from its configuration when it starts, and at no later time. */
const lastingKeys = [
  ...['ledger', 'switchKey', 'switchCertificate', 'switchCa'],
  ...['serve', 'nats', 'http'],
] as const;

/** The keys of which a configuration says something else than another one, and that count only once a service starts anew. Throws BadConfig. */
export function keysForRestart(before: ConfigText | undefined, after: ConfigText | undefined): string[] {
  const [one, other] = [asWritten(before), asWritten(after)];
  return lastingKeys.flatMap((key) => {
    const [first, second] = [one[key] ?? {}, other[key] ?? {}];
    if (!isMapping(first) || !isMapping(second)) return isDeepStrictEqual(first, second) ? [] : [key];
    const inner = new Set([...Object.keys(first), ...Object.keys(second)]);
    return [...inner]
      .filter((each) => !isDeepStrictEqual(first[each], second[each]))
      .map((each) => `${key}.${each}`);
  });
}

function asWritten(file: ConfigText | undefined): Readonly<Record<string, unknown>> {
  return (file && openConfig(file)?.known) ?? {};
}
