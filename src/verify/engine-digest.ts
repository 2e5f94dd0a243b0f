/** Of the code that judges isolation, and of the packages that it uses. Generated: npm run generate. */
export const engineDigest = '3b3eaf88bd667bd6c395e773451adcb8dc9d417c242546941914b62c8855c574';
