import type { FormatName } from '../formats/named.ts';
import type { OcsfVersion } from '../formats/ocsf/versions.ts';

/** The kinds of sinks that there are. */
export const sinkKinds = ['file', 'webhook', 'syslog', 'hec', 'elasticsearch'] as const;
export type SinkKind = (typeof sinkKinds)[number];

/**
 * What holds of what is delivered to a kind of sink. `best-effort`: nothing above the connection acknowledges, so that what was under way
 * when it broke may be missing.
 */
export type SinkPromise = 'at-least-once' | 'best-effort';

export function promiseOf(kind: SinkKind): SinkPromise {
  return kind === 'syslog' ? 'best-effort' : 'at-least-once';
}

/** What a configuration says of a sink. */
export type SinkSettings = SinkForm &
  (
    | ({ readonly kind: 'file' } & FileSettings)
    | ({ readonly kind: 'webhook' } & WebhookSettings)
    | ({ readonly kind: 'syslog' } & SyslogSettings)
    | ({ readonly kind: 'hec' } & HecSettings)
    | ({ readonly kind: 'elasticsearch' } & ElasticsearchSettings)
  );

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

/** Paths of PEM files: who may be at the other end, and what this side shows. */
export interface TlsFiles {
  /** The authority that signed the receiver's certificate; those that the system trusts if left out. */
  readonly ca?: string | undefined;
  readonly certificate?: string | undefined;
  readonly privateKey?: string | undefined;
}

/** A receiver that is spoken to by HTTP. */
export interface HttpAccess extends TlsFiles {
  readonly url: string;
  /** How long an answer may take. */
  readonly timeoutSeconds: number;
}

export interface WebhookSettings extends HttpAccess {
  /** The path of the secret by which deliveries are signed; they are not if left out. */
  readonly secretFile?: string | undefined;
}

export interface SyslogSettings extends TlsFiles {
  readonly host: string;
  readonly port: number;
  readonly transport: 'tls' | 'tcp' | 'udp';
  readonly timeoutSeconds: number;
}

export interface HecSettings extends HttpAccess {
  readonly tokenFile: string;
  readonly index?: string | undefined;
  readonly source?: string | undefined;
  readonly sourcetype?: string | undefined;
  /** Whether an event counts only once the indexers have it, which the token has to be made for. */
  readonly acknowledged: boolean;
}

export interface ElasticsearchSettings extends HttpAccess {
  /** The data stream, or index. */
  readonly index: string;
  readonly apiKeyFile?: string | undefined;
  readonly user?: string | undefined;
  readonly passwordFile?: string | undefined;
}

/** What a sink says of where the events come from. */
export interface SinkOrigin {
  readonly ledgerId: string;
  /** The machine that sends them. */
  readonly host: string;
  readonly format: FormatName;
}
