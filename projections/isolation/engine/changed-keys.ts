/** Keys of what changed since they were taken last. Until they are taken for the first time nothing is noted. */
export class ChangedKeys {
  #changed: Set<string> | undefined;

  note(key: string): void {
    this.#changed?.add(key);
  }

  /** `all` is what there is: at first everything counts as changed. */
  take(all: () => Iterable<string>): Iterable<string> {
    const changed = this.#changed ?? all();
    this.#changed = new Set();
    return changed;
  }
}
