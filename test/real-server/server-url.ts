/** Says where the real server is. */
export const urlVariable = 'ISOLEDGER_TEST_ESDB';

/** The URL of a ledger of its own on that server. */
export function urlOfLedger(name: string): string {
  const url = process.env[urlVariable] ?? '';
  return `${url}${url.includes('?') ? '&' : '?'}ledger=${name}`;
}
