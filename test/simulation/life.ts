import { Crash } from './failures.ts';

/** Whether a process is there still. What it does side by side ends with it: no call comes after the one that was its last. */
export class Life {
  readonly #say: (line: string) => void;
  #isOver = false;

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Ends the process, and returns what its call comes to. */
  crash(where: string): Crash {
    this.#say(`crash ${where}`);
    this.#isOver = true;
    return new Crash(where);
  }

  requireOn(): void {
    if (this.#isOver) throw new Crash('before this call');
  }

  /** It begins anew. */
  begin(): void {
    this.#isOver = false;
  }
}
