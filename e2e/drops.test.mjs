// What mostly waits for drops; each suite has a Lapwing of its own. Enrolment has the machine for itself: it does most.

import { describe } from 'node:test';
import { call } from './call.suite.mjs';
import { carry } from './carry.suite.mjs';
import { enrol } from './enrol.suite.mjs';

enrol();

describe('by words and by hand, side by side', { timeout: 900_000, concurrency: true }, () => {
  call();
  carry();
});
