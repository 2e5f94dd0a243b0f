import type { Gap } from '../hosts/host-states.ts';

/** A gap, and one stretch of time for which it was open: from when it was seen until it was gone. */
export interface GapWindow extends Gap {
  readonly from: string;
  readonly to: string;
}

interface Window {
  readonly gap: Gap;
  readonly from: string;
  to: string | undefined;
}

/** Collects the gaps of one instant after another. One that was gone and comes back is another window. */
export class GapWindows {
  readonly #windows: Window[] = [];
  readonly #open = new Map<string, Window>();

  add(instant: string, gaps: readonly Gap[]): void {
    const now = new Map(gaps.map((gap) => [`${gap.kind} ${gap.about} ${gap.problem}`, gap]));
    for (const [key, window] of this.#open) {
      if (now.has(key)) continue;
      window.to = instant;
      this.#open.delete(key);
    }
    for (const [key, gap] of now) {
      if (this.#open.has(key)) continue;
      const window: Window = { gap, from: instant, to: undefined };
      this.#windows.push(window);
      this.#open.set(key, window);
    }
  }

  /** All of them, in the order in which they opened, up to an instant. */
  until(end: string): GapWindow[] {
    return this.#windows.map(({ gap, from, to }) => ({ ...gap, from, to: to ?? end }));
  }
}
