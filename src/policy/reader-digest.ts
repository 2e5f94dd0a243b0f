/** Of the code that reads documents, and of the packages that it uses. Generated: npm run generate. */
export const readerDigest = 'c934dbfad7dd9cb22ba9801bb8d859fdbe728419e74d94fffed8fb02c7b8c833';
