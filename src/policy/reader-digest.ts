/** Of the code that reads documents, and of the packages that it uses. Generated: npm run generate. */
export const readerDigest = '87e34f788d4b40c464a2aabb6d610903487c9958cb2818cca568ceea61c97613';
