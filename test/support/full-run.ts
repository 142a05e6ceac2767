/** Whether everything is to be tested, or a part that covers it (`GOIDSPAN_TEST_FULL=1`). */
export const isFullRun = process.env['GOIDSPAN_TEST_FULL'] === '1';
