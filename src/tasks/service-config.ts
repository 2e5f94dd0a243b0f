import { dirname } from 'node:path';
import type { NatsSettings } from '../siem/nats-settings.ts';
import type { SinkSettings } from '../siem/sinks/settings.ts';
import { badConfig, openConfig, type ConfigText } from './config-file.ts';
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
  const { reader, whole } = opened;
  const folder = dirname(file.path);
  const config = {
    serve: readServeSection(reader, whole.serve),
    nats: readNatsSection(reader, { value: whole.nats, folder }),
    sinks: readSinksSection(reader, { value: whole.sinks, folder }),
    http: readHttpSection(reader, { value: whole.http, folder }),
  };
  if (reader.problems.length > 0) throw badConfig(reader.problems);
  return config;
}
