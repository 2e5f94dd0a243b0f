import type { FormatName } from '../formats/named.ts';
import type { OcsfVersion } from '../formats/ocsf/versions.ts';

/** What a configuration says of a sink. */
export type SinkSettings = SinkForm & { readonly kind: 'file' } & FileSettings;

/** What is said of every sink. */
export interface SinkForm {
  readonly name: string;
  readonly format: FormatName;
  readonly ocsfVersion?: OcsfVersion | undefined;
}

export interface FileSettings {
  readonly path: string;
  /** A file is set aside before it has more bytes. A delivery that has more by itself has a file of its own. */
  readonly rotateBytes: number;
  /** How many files that were set aside are kept; all if left out. */
  readonly keep?: number | undefined;
}

/** The kinds of sinks that there are. */
export const sinkKinds = ['file'] as const;
