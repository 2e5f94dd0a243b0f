/** Of the code that judges isolation, and of the packages that it uses. Generated: npm run generate. */
export const engineDigest = '9f2e937bf704afeb9d71be8f1a236355377ec10d50eb39ba594667c22233ad73';
