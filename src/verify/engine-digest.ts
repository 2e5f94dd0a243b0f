/** Of the code that judges isolation, and of the packages that it uses. Generated: npm run generate. */
export const engineDigest = 'f00ce1bd04d40ab3f2e549bd847559e73bdef7de4f7de3634108f46cc8626bfc';
