/** What is wrong with a value, before anyone has said where it stands. Returned, never thrown. */
export class Flaw {
  /** One sentence or two for the person who wrote the value: what is wrong, what to do. */
  readonly message: string;
  readonly found: string | undefined;
  /** What may stand there. */
  readonly allowed: string;
  readonly nearest: string | undefined;

  constructor(message: string, hints: Hints) {
    this.message = message;
    this.found = hints.found;
    this.allowed = hints.allowed;
    this.nearest = hints.nearest;
  }
}

interface Hints {
  /** What stands there, where that is not simply the value's own text. */
  readonly found?: string | undefined;
  readonly allowed: string;
  readonly nearest?: string | undefined;
}
