#!/usr/bin/env node
// Who wants numbers only, and runs pid-bench, is spared the 60 MB of what draws the charts.
const lab = await import('../dist/lab-cli.js').catch((error) => {
  if (error.code !== 'ERR_MODULE_NOT_FOUND' || !error.message.includes('echarts')) throw error;
  process.stderr.write('pid-lab draws its charts with echarts, which is not installed: npm install echarts@6\n');
});

process.exitCode = lab === undefined ? 2 : await lab.main(process.argv.slice(2));
