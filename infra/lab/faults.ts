import { Fault } from '../../src/runtime/errors.ts';

/** Something that the lab would make is there already, or a lab of that name is. */
export class LabConflict extends Fault {
  readonly code = 'LabConflict';
  readonly category = 'conflict';
}

/** This machine lacks something that the lab needs, or a program that it started did not do its work. */
export class LabUnavailable extends Fault {
  readonly code = 'LabUnavailable';
  readonly category = 'unreachable';
}

/** The lab was asked to stop while it was at work. */
export class LabInterrupted extends Fault {
  readonly code = 'LabInterrupted';
  readonly category = 'unreachable';

  constructor() {
    super('interrupted: what was made until then is taken down');
  }
}
