/** An end of a finding; where its port had another holder, whose grant is revoked, that one too. */
export function holderWords(end: string, former: string | undefined): string {
  return former === undefined || former === end ? end : `${end} (its port was held by ${former})`;
}
