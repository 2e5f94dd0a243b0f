import { classifications } from '../../events/names.ts';
import { wordForm, type FieldDoc } from './field-doc.ts';

/** What is said of the classification of a tenant, and of an external. */
export const classificationDoc: FieldDoc = {
  says: 'How secret its data are. A grant between two classifications needs a guard on the higher side.',
  form: wordForm(classifications),
  example: 'confidential',
  default: 'internal',
  alsoCalled: ['class', 'level'],
};
