/** Of the code that judges isolation, and of the packages that it uses. Generated: npm run generate. */
export const engineDigest = '9625e4177866de675257357f5be1de412fe41bd1a3d90f9ad71c9ea8776b3070';
