/** Of the code that judges isolation, and of the packages that it uses. Generated: npm run generate. */
export const engineDigest = '2c8739f9f90f6f3596e4e7324a75512a9bdc007ffe9380630d56b210e1705862';
