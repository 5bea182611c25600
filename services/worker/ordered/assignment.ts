import { hash } from 'node:crypto';

/**
 * Who pulls which partition: one member for each, the same answer wherever it is asked. Rendezvous hashing, so that few
 * partitions move when a member comes or goes; bounded, so that no member has two more than another. Pure.
 * @param members in any order, each once
 * @returns the member of each partition; nobody's where there are no members
 */
export function assign(partitions: number, members: readonly string[]): (string | null)[] {
  const least = Math.floor(partitions / members.length);
  let extra = members.length === 0 ? 0 : partitions % members.length;
  const loads = new Map(members.map((member) => [member, 0]));
  return Array.from({ length: partitions }, (_, partition) => {
    for (const member of ranked(partition, members)) {
      const load = loads.get(member) ?? 0;
      if (load > least || (load === least && extra === 0)) continue;
      if (load === least) extra -= 1;
      loads.set(member, load + 1);
      return member;
    }
    return null;
  });
}

function ranked(partition: number, members: readonly string[]): string[] {
  const weights = new Map(members.map((member) => [member, hash('sha256', `${partition}/${member}`)]));
  return members.toSorted((a, b) => ((weights.get(a) ?? '') < (weights.get(b) ?? '') ? 1 : -1));
}
