/** Of the code that judges isolation, and of the packages that it uses. Generated: npm run generate. */
export const engineDigest = '219d53a67589366b277def1c44a819c808b5de257b1eda981a6c1897d57d2617';
