/** Of the code that judges isolation, and of the packages that it uses. Generated: npm run generate. */
export const engineDigest = '06a3a2a2974bb8ffa5944d07bb8b3a4226d959c0fd89369b0ca6182d9be38d80';
