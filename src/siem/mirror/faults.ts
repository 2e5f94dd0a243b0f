import { Fault } from '../../runtime/errors.ts';

/** The servers that keep the mirror do not answer, or cannot take anything. */
export class MirrorUnavailable extends Fault {
  readonly code = 'MirrorUnavailable';
  readonly category = 'unreachable';
}

/** What stands in the mirror is not this ledger. Nothing is renumbered or overwritten: a person has to look. */
export class StreamForked extends Fault {
  readonly code = 'StreamForked';
  readonly category = 'integrity';

  constructor(stream: string, what: string) {
    super(
      `the stream ${stream} is no mirror of this ledger: ${what}. See who wrote to it, or whether this is an older copy of the ledger; once the stream is removed, start serve again or send it SIGHUP: the stream is made anew then`,
    );
  }
}

/** There is a stream of that name with other settings. */
export class MirrorDiffers extends Fault {
  readonly code = 'MirrorDiffers';
  readonly category = 'conflict';

  constructor(stream: string, differences: readonly string[]) {
    super(
      `the stream ${stream} has other settings than a mirror needs, or than the configuration says: ${differences.join('; ')}`,
    );
  }
}
