/** Of the code that judges isolation, and of the packages that it uses. Generated: npm run generate. */
export const engineDigest = '4038dc56831376eef364a457be26f84390983520de14094cb657980922a55276';
