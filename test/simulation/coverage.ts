/** How often what happened, by kind and name. */
export class Coverage {
  readonly #counts = new Map<string, number>();

  note(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  of(what: string): number {
    return this.#counts.get(what) ?? 0;
  }

  /** A line for each, sorted by name. */
  table(): string {
    const width = Math.max(0, ...Array.from(this.#counts.keys(), (name) => name.length));
    return [...this.#counts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, count]) => `${name.padEnd(width)} ${String(count).padStart(8)}`)
      .join('\n');
  }
}
