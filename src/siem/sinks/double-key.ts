/** What a key, or an object, begins or ends with. Long texts are not matched as a whole: an expression gives up on them. */
const mark = /["{}]/g;
const textEnd = /["\\]/g;
const colon = /\s*:/y;

/** Whether an object within a JSON text has a key twice: readers differ in which of them counts. */
export function hasDoubleKey(json: string): boolean {
  const open: Set<string>[] = [];
  for (let at = next(mark, json, 0); at < json.length; at = next(mark, json, at)) {
    const begin = at;
    at += 1;
    if (json[begin] === '{') open.push(new Set());
    else if (json[begin] === '}') open.pop();
    else {
      at = endOfText(json, begin);
      colon.lastIndex = at;
      if (!colon.test(json)) continue;
      const keys = open.at(-1);
      const key = String(JSON.parse(json.slice(begin, at)));
      if (keys?.has(key) === true) return true;
      keys?.add(key);
    }
  }
  return false;
}

/** Behind the closing quotation mark of a text. */
function endOfText(json: string, begin: number): number {
  let at = next(textEnd, json, begin + 1);
  while (json[at] === '\\') at = next(textEnd, json, at + 2);
  return at + 1;
}

function next(sought: RegExp, text: string, from: number): number {
  sought.lastIndex = from;
  return sought.exec(text)?.index ?? text.length;
}
