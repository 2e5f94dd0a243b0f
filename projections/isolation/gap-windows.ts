import type { Gap } from './host-states.ts';

/** A gap, and the time for which it was open: from when it was first seen until it was gone for good. */
export interface GapWindow extends Gap {
  readonly from: string;
  readonly to: string;
}

/** Collects the gaps of one instant after another, each distinct one once. */
export class GapWindows {
  readonly #gaps = new Map<string, { readonly gap: Gap; readonly from: string; to: string | undefined }>();

  add(instant: string, gaps: readonly Gap[]): void {
    const open = new Map(gaps.map((gap) => [`${gap.kind} ${gap.about} ${gap.problem}`, gap]));
    for (const [key, known] of this.#gaps) {
      if (open.has(key)) known.to = undefined;
      else known.to ??= instant;
    }
    for (const [key, gap] of open) {
      if (!this.#gaps.has(key)) this.#gaps.set(key, { gap, from: instant, to: undefined });
    }
  }

  /** All of them, up to an instant. */
  until(end: string): GapWindow[] {
    return Array.from(this.#gaps.values(), ({ gap, from, to }) => ({ ...gap, from, to: to ?? end }));
  }
}
