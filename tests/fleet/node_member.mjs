/** Loaded before the Node example, in the tests of the fleet only: its clock is wrong by `TEST_ONLY_CLOCK_SHIFT_MS`. */

const shift = Number(process.env.TEST_ONLY_CLOCK_SHIFT_MS);
const trueTime = Date.now;
Date.now = () => trueTime() + shift;
