/** A value with one of the values or keys in it another text: one after the other. */
export function* withOneChanged(value: unknown, text: string): Generator {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries())
      for (const changed of withOneChanged(item, text)) yield value.with(index, changed);
  } else if (typeof value === 'object' && value !== null) {
    yield { ...value, [text]: 1 };
    for (const [key, item] of Object.entries(value))
      for (const changed of withOneChanged(item, text)) yield { ...value, [key]: changed };
  }
  yield text;
}
