import { describeOnSwitches } from '../driver/on-switches.ts';

describeOnSwitches('driving');
