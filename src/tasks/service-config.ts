import { badConfig, openConfig, type ConfigText } from './config-file.ts';
import { readServeSection, serveByDefault, type ServeSection } from './serve-section.ts';

/** What a configuration file says to the service alone: each section has a file of its own. */
export interface ServiceConfig {
  readonly serve: ServeSection;
}

/** Reads the sections for the service; what holds without them, where there is no file. Throws BadConfig with everything that is wrong. */
export function readServiceConfig(file: ConfigText | undefined): ServiceConfig {
  const opened = file && openConfig(file);
  if (opened === undefined) return { serve: serveByDefault };
  const { reader, whole } = opened;
  const config = { serve: readServeSection(reader, whole.serve) };
  if (reader.problems.length > 0) throw badConfig(reader.problems);
  return config;
}
