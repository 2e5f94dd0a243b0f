/** Of the code that judges isolation, and of the packages that it uses. Generated: npm run generate. */
export const engineDigest = 'e05b61604941bde8a0fed7b3f5409c91c031481fcaafc3dd9a06eeb3a843cd6c';
