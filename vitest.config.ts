import { defineConfig } from 'vitest/config';

const setup = (name: string) => `test/support/${name}-setup.ts`;

/** Suites by what they need: nothing, real servers on loopback, a Kubernetes API server, a whole local installation, a node. */
export default defineConfig({
  test: {
    reporters: ['default'],
    retry: 0,
    // Most of the time is waiting for servers and conditions, so more files than cores can run.
    maxWorkers: 4,
    passWithNoTests: false,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          globalSetup: ['temporary'].map(setup),
          // Pure tests leave nothing behind in a process; loading every module anew would take two thirds of the time.
          isolate: false,
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          exclude: ['test/integration/kube/**'],
          globalSetup: ['temporary', 'programs', 'image'].map(setup),
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'kube',
          include: ['test/integration/kube/**/*.test.ts'],
          // Builds etcd and kube-apiserver where they are not to be had otherwise: 10 minutes, once.
          globalSetup: ['temporary', 'kube', 'image'].map(setup),
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: ['test/e2e/cluster/**'],
          globalSetup: ['temporary', 'programs', 'image'].map(setup),
          testTimeout: 180_000,
          hookTimeout: 120_000,
          // A whole installation needs the machine: after the other suites, and two at once, of one file.
          sequence: { groupOrder: 1 },
          maxWorkers: 1,
          maxConcurrency: 2,
        },
      },
      {
        extends: true,
        test: {
          name: 'cluster',
          include: ['test/e2e/cluster/**/*.test.ts'],
          // Builds the programs of a node where they are not to be had otherwise, then starts one.
          globalSetup: ['test/e2e/cluster/setup.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          // One release at a time, of one file after another.
          fileParallelism: false,
        },
      },
    ],
  },
});
