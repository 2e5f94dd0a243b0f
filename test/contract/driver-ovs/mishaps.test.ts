import { describeOnSwitches } from '../driver/on-switches.ts';

describeOnSwitches('mishaps');
