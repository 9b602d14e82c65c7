// What mostly waits for drops, side by side; each suite has a Lapwing of its own.

import { describe } from 'node:test';
import { call } from './call.suite.mjs';
import { carry } from './carry.suite.mjs';
import { enrol } from './enrol.suite.mjs';

describe('by drops, by words and by hand', { timeout: 900_000, concurrency: true }, () => {
  enrol();
  call();
  carry();
});
