import { cef } from './cef.ts';
import { cloudEvents } from './cloudevents.ts';
import { ecs } from './ecs/format.ts';
import { entries } from './entries.ts';
import type { EventFormat } from './format.ts';
import { ocsf } from './ocsf/format.ts';
import { defaultOcsfVersion, type OcsfVersion } from './ocsf/versions.ts';
import { syslog } from './syslog.ts';

/** The formats that there are. Each name is what a command, a sink or a reader of the feed asks for. */
export const formatNames = ['entries', 'cloudevents', 'ocsf', 'ecs', 'cef', 'syslog'] as const;
export type FormatName = (typeof formatNames)[number];

/** What can be chosen of a format that has several forms. */
export interface FormatOptions {
  readonly ocsfVersion?: OcsfVersion | undefined;
}

/** The format of a name. */
export function formatNamed(
  name: FormatName,
  { ocsfVersion = defaultOcsfVersion }: FormatOptions = {},
): EventFormat {
  switch (name) {
    case 'entries':
      return entries;
    case 'cloudevents':
      return cloudEvents;
    case 'ocsf':
      return ocsf(ocsfVersion);
    case 'ecs':
      return ecs;
    case 'cef':
      return cef;
    case 'syslog':
      return syslog;
  }
}
