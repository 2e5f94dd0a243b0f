/** Of the code that judges isolation, and of the packages that it uses. Generated: npm run generate. */
export const engineDigest = 'ea3503984f9b37193ad5cfe1ab967d57c9fc48264f516c6e29028a1543108824';
