/** Of the code that judges isolation, and of the packages that it uses. Generated: npm run generate. */
export const engineDigest = 'ccf147a0fddb0a308ecc2dea464944b01d4d6dbfea87ccb824b32507d51fe6ac';
