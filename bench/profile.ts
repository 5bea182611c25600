import * as z from 'zod';

/** What `node --cpu-prof` writes, in us: `timeDeltas[i]` is what passed before `samples[i]`, the id of a node, was taken. */
const Profile = z.object({
  startTime: z.number(),
  endTime: z.number(),
  nodes: z.array(z.object({ id: z.int(), callFrame: z.object({ functionName: z.string(), url: z.string() }) })),
  samples: z.array(z.int()),
  timeDeltas: z.array(z.number()),
});

export interface Share {
  readonly name: string;
  /** Of the time in which the main thread did anything, 0 to 1. */
  readonly share: number;
}

export interface Shares {
  /** By file of ours, package, or module of Node's. */
  readonly groups: readonly Share[];
  readonly functions: readonly Share[];
}

/** A part of a profile, by how long before its end it began and ended: our clock and the profiler's are not the same. */
export interface Window {
  readonly beganBeforeEndMs: number;
  readonly endedBeforeEndMs: number;
}

/**
 * Where a profile's time went, itself and not what it called: the largest first.
 * @param root of our sources, with a slash at its end
 * @throws ZodError where it is no profile
 */
export function sharesOf(text: string, window: Window, root: string): Shares {
  const { nodes, samples, timeDeltas, startTime, endTime } = Profile.parse(JSON.parse(text));
  const fromUs = endTime - window.beganBeforeEndMs * 1000;
  const toUs = endTime - window.endedBeforeEndMs * 1000;
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const groups = new Map<string, number>();
  const functions = new Map<string, number>();
  let busyUs = 0;
  let atUs = startTime;
  for (const [i, id] of samples.entries()) {
    const frame = frames.get(id);
    const us = timeDeltas[i] ?? 0;
    atUs += us;
    if (frame === undefined || frame.functionName === '(idle)' || atUs < fromUs || atUs > toUs) continue;
    const group = groupOf(frame, root);
    const name = frame.functionName === '' ? '(anonymous)' : frame.functionName;
    groups.set(group, (groups.get(group) ?? 0) + us);
    const label = group === name ? name : `${name}  ${group}`;
    functions.set(label, (functions.get(label) ?? 0) + us);
    busyUs += us;
  }
  const ranked = (of: Map<string, number>): Share[] =>
    Array.from(of, ([name, us]) => ({ name, share: us / busyUs })).toSorted((a, b) => b.share - a.share);
  return { groups: ranked(groups), functions: ranked(functions) };
}

interface Frame {
  readonly functionName: string;
  readonly url: string;
}

/** Functions without a file are V8's own: `(garbage collector)`, `(program)` for what is not JavaScript, built-ins. */
function groupOf({ functionName, url }: Frame, root: string): string {
  if (url === '') return functionName.startsWith('(') ? functionName : 'built-in';
  if (url.startsWith('node:')) return url;
  const path = url.replace(/^file:\/\//, '');
  const inPackages = /.*\/node_modules\/(?<name>(?:@[^/]+\/)?[^/]+)/.exec(path)?.groups?.['name'];
  return inPackages ?? (path.startsWith(root) ? path.slice(root.length) : path);
}
