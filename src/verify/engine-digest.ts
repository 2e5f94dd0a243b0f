/** Of the code that judges isolation, and of the packages that it uses. Generated: npm run generate. */
export const engineDigest = '890ef83173faf65ccda3832ee87c544abbd2640dd8f3f3e200fabb1dddfdf36b';
