/** Why a role does not run: the code of what was thrown, and its words. */
export interface RoleFailure {
  readonly code: string;
  readonly words: string;
}

/** What is told of something that was thrown. */
export function failureOf(error: unknown): RoleFailure {
  if (!(error instanceof Error)) return { code: 'Error', words: String(error) };
  return { code: 'code' in error ? String(error.code) : error.name, words: error.message };
}
